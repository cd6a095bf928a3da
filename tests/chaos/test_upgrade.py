"""The roll-out's own parts: the door, what subscribers heard, and where a previous version comes from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from chaos.judge import Verdict
from chaos.ledger import Command
from chaos.upgrade import requirements
from chaos.upgrade_contracts import Understood
from chaos.upgrade_door import Door
from chaos.upgrade_people import Told, told
from chaos.upgrade_plan import ORDER, SHORT, WHOLE, Plan, Step, only
from chaos.upgrade_run import Played, Stage
from chaos.upgrade_versions import ROOT, NoSuchVersion, Version, exported, resolved
from chaos.wire import DeadLetter, Place

from contracts.topics import SERVICES

HEARD = Command(1, "ada", "ada", 0, "comment", "OPS-1", "intent-1", 100.0, 100.1)
CLEAN = Played(Verdict(1), Told(1, (), ()), [], [Stage(("key-vault",), "new")], {1: HEARD}, {})
CLEAN = replace(CLEAN, more={"ended_alone": {}, "unclean_ends": []})
LETTER = DeadLetter(Place("teams.intents.v1", 0, 7), "unknown_type", "", "jira-actor")


@asynccontextmanager
async def replica(name: str) -> AsyncIterator[int]:
    """Serve one answer that says who gave it and what was asked; gives the port."""

    async def answer(here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        asked = await here.readuntil(b"\r\n\r\n")
        said = f"{name} {asked.splitlines()[0].decode()}".encode()
        back.write(b"HTTP/1.1 201 Created\r\nX-Who: %s\r\nContent-Length: %d\r\n\r\n" % (name.encode(), len(said)))
        back.write(said)
        await back.drain()
        back.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def door() -> AsyncIterator[tuple[Door, httpx.AsyncClient]]:
    door = Door()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{await door.start()}", trust_env=False) as http:
        yield door, http
    await door.stop()


async def test_the_door_passes_requests_to_the_replicas_in_turn(door: tuple[Door, httpx.AsyncClient]) -> None:
    opened, http = door
    async with replica("old") as old, replica("new") as new:
        opened.add(old)
        opened.add(new)
        answers = [await http.post("/a%20b?c=d", content=b"body") for _ in range(4)]

    assert [answer.headers["x-who"] for answer in answers] == ["old", "new", "old", "new"]
    assert answers[0].text == "old POST /a%20b?c=d HTTP/1.1"
    assert answers[0].status_code == 201


async def test_a_replica_that_was_taken_off_the_door_gets_no_more_requests(
    door: tuple[Door, httpx.AsyncClient],
) -> None:
    opened, http = door
    async with replica("old") as old, replica("new") as new:
        opened.add(old)
        opened.add(new)
        opened.remove(old)

        assert {(await http.get("/")).headers["x-who"] for _ in range(3)} == {"new"}


async def test_what_no_replica_answers_is_a_failed_request(door: tuple[Door, httpx.AsyncClient]) -> None:
    opened, http = door

    assert (await http.get("/")).status_code == 502
    assert opened.failed == 1


def test_who_did_not_hear_of_a_change_or_heard_twice_is_seen() -> None:
    commands = {1: HEARD, 2: replace(HEARD, number=2), 3: replace(HEARD, number=3, heard_at=None)}

    assert told(commands, {1: 2}) == Told(2, untold=(2,), twice=(1,))


@pytest.mark.parametrize("plan", [SHORT, WHOLE], ids=["short", "whole"])
def test_a_plan_takes_every_service_to_the_new_version_rolls_back_and_ends_with_the_new_one(plan: Plan) -> None:
    last = {service: step.to for step in plan.steps for service in step.services}

    assert set(ORDER) == set(SERVICES)
    assert last == dict.fromkeys(SERVICES, "new")
    assert "old" in {step.to for step in plan.steps}


def test_a_plan_for_one_service_takes_it_there_back_and_there_again() -> None:
    assert only(WHOLE, ["jira-actor"]).steps == tuple(Step(("jira-actor",), to) for to in ("new", "old", "new"))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(CLEAN, verdict=Verdict(1, lost=(1,))),
        replace(CLEAN, verdict=Verdict(1, doubled=(1,))),
        replace(CLEAN, verdict=Verdict(2, out_of_order=((2, 1),))),
        replace(CLEAN, verdict=Verdict(1, wrong_author=(1,))),
        replace(CLEAN, verdict=Verdict(1, wrong_place=(1,))),
        replace(CLEAN, verdict=Verdict(1, unknown=(2,))),
        replace(CLEAN, told=Told(0, (1,), ())),
        replace(CLEAN, told=Told(2, (), (1,))),
        replace(CLEAN, letters=[LETTER]),
        replace(CLEAN, stages=[Stage(("key-vault",), "new", failures=["was not ready"])]),
        replace(CLEAN, more={"ended_alone": {"01-key-vault-old": 1}, "unclean_ends": []}),
        replace(CLEAN, more={"ended_alone": {}, "unclean_ends": ["01-key-vault-old ended with -9"]}),
    ],
)
def test_one_thing_that_went_wrong_is_enough_to_fail(wrong: Played) -> None:
    assert all(one.met for one in requirements(CLEAN, []))
    assert sum(not one.met for one in requirements(wrong, [])) == 1


def test_an_event_that_the_other_version_refuses_fails_and_one_that_it_does_not_know_is_only_told() -> None:
    unknown = Understood("old", {"bridge.new.v1": ["jira-actor"]}, {})
    refused = Understood("new", {}, {"bridge.comment-asked.v1": ["thread: missing"]})

    assert all(one.met for one in requirements(CLEAN, [unknown]))
    assert not all(one.met for one in requirements(CLEAN, [refused]))


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs Git's history")
def test_a_revision_that_is_not_here_is_answered_with_what_to_do() -> None:
    with pytest.raises(NoSuchVersion, match=r"Run `git fetch .* name another with --previous"):
        resolved("no-such-release")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs Git's history")
def test_an_exported_version_without_a_virtual_environment_is_not_run(tmp_path: Path) -> None:
    exported(resolved("HEAD"), tmp_path / "tree", "contracts")

    with pytest.raises(NoSuchVersion, match="run `make setup` there"):
        Version("old", "HEAD", tmp_path / "tree").check()
