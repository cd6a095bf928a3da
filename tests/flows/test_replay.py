"""A message that was given up and is replayed has one effect, however often it is replayed."""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tests.flows.town import Town

from bridge.demo.environment import Addresses
from bridge.demo.stack import Stack

UNREADABLE: list[dict[str, Any]] = [
    {"match": "/comment$", "method": "GET", "kind": "status", "times": None},
    {"match": "/search$", "kind": "status", "times": None},
]
"""Jira cannot be asked whether it was done, so that the message is given up."""
WRITE = {"match": "/rest/api/2/issue(/[^/]+/comment)?$", "method": "POST"}
DONE = [WRITE | {"kind": "lost_answer"}, *UNREADABLE]
NOT_DONE = [WRITE | {"kind": "status", "times": None}, *UNREADABLE]


@pytest.fixture(scope="module", autouse=True)
def impatient(processes: tuple[Stack, Addresses]) -> Iterator[None]:
    """A jira-actor that gives up at once."""
    stack, _ = processes
    actor = next(service for service in stack._services if service.name == "jira-actor")
    actor.stop()
    actor.env["BRIDGE_RETRY_BUDGET"] = "PT0.3S"
    actor.start()
    yield
    actor.stop()
    del actor.env["BRIDGE_RETRY_BUDGET"]
    actor.start()


async def bridge(town: Town, *arguments: str) -> Any:
    """Run the command as an operator does."""
    argv = [sys.executable, "-m", "bridge.main", *arguments, "-o", "json"]
    env = town.stack._services[0].env
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=-1, stderr=-1)
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    return json.loads(out)


async def letter_of(town: Town, event_type: str) -> dict[str, Any]:
    """Wait for the one dead letter of this type that was not replayed."""
    async with asyncio.timeout(30):
        while True:
            found = await bridge(town, "dlq", "list", "--service", "jira-actor", "--reason", "unavailable")
            new = [letter for letter in found if letter["event_type"] == event_type and letter["replayed"] is None]
            if new:
                [letter] = new
                return dict(letter)


async def answers(town: Town, intent_id: str, event_type: str, count: int) -> None:
    """Wait until an intent has this many answers of a type."""
    async with asyncio.timeout(30):
        steps: list[dict[str, Any]] = []
        while sum(step["event_type"] == event_type for step in steps) < count:
            steps = (await bridge(town, "trace", intent_id))["steps"]


@pytest.mark.parametrize("faults", [DONE, NOT_DONE], ids=["done already", "not done"])
@pytest.mark.parametrize(
    ("said", "asked", "answered"),
    [
        ("comment OPS-1 given up {}", "bridge.comment-asked.v1", "bridge.comment-added.v1"),
        ("create OPS Given up {}", "bridge.create-asked.v1", "bridge.issue-created.v1"),
    ],
)
async def test_what_is_replayed_three_times_is_done_once(
    town: Town, said: str, asked: str, answered: str, faults: list[dict[str, Any]]
) -> None:
    text = said.format("after it was done" if faults is DONE else "before it was done")
    for fault in faults:
        (await town.http.post(f"{town.at.jira}/_control/faults", json=fault)).raise_for_status()
    await town.chat.say("ada", text)
    letter = await letter_of(town, asked)
    (await town.http.delete(f"{town.at.jira}/_control/faults")).raise_for_status()

    for times in (1, 2, 3):
        await bridge(town, "dlq", "replay", letter["id"], "--yes", *(["--again"] if times > 1 else []))
        await answers(town, letter["correlation_id"], answered, times)

    assert str((await town.state())["issues"]).count(text.split(maxsplit=2)[2]) == 1
