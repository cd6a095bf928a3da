"""The fuzzer must see what it is there to see."""

import json
import re
import time
from collections import Counter
from dataclasses import astuple
from io import StringIO
from typing import Any

import httpx
import pytest
from fuzz import activities, cards, grammar, intake, webhooks
from fuzz.by_design import MEANT, by_design
from fuzz.crowd import SOMEBODY, Crowd
from fuzz.events import data_of
from fuzz.found import FAILURES_TOLD, SLOWEST_ALLOWED, Found
from fuzz.posting import Posted, post
from fuzz.report import TELL_EVERY, Progress
from fuzz.strange import ANYTHING, TEXT, mutated
from fuzz.trying import Amount, hold, tried
from hypothesis import strategies as st
from rich.console import Console

from bot_gateway.card_model import AdaptiveCard, OpenUrl, TextBlock, TextRun
from bot_gateway.commands import DidYouMean, Unknown, Usage
from bot_gateway.grammar import parse
from bot_gateway.verbs import VERBS
from contracts.catalogue import EVENTS
from devstack.connector.activities import Activities
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World

FEW = Amount(60, 1)


@pytest.mark.parametrize("part", [grammar, webhooks, cards])
def test_the_parts_without_processes_find_nothing(part: Any) -> None:
    found = part.fuzz(FEW)

    assert found.failures == {}
    assert found.cases >= FEW.cases


def test_whatever_is_raised_is_found_with_its_place_and_its_shortest_example() -> None:
    found = Found("numbers")

    def small(number: int) -> None:
        assert number < 100, "too large"

    hold(found, FEW, st.integers(0, 1_000_000), small)

    [(what, example)] = found.failures.items()
    assert "too large" in what
    assert "test_fuzz.py" in what
    assert 100 <= int(example) <= 1_000_000
    assert found.counts[what] > 1
    assert not found.ok


def test_what_takes_long_every_time_is_found_and_what_only_did_once_is_not() -> None:
    found = Found("times")

    found.took(SLOWEST_ALLOWED * 2, "once", again=lambda: 0.01)
    assert found.ok

    found.took(SLOWEST_ALLOWED * 2, "always", again=lambda: SLOWEST_ALLOWED * 3)
    assert not found.ok


def test_a_long_run_says_now_and_then_how_far_it_is() -> None:
    written, now = StringIO(), 0.0
    progress = Progress(Console(file=written, width=80), lambda: now)
    progress.begin("times")
    found = Found("times", tell=progress.tell)

    for _ in range(25):
        now += TELL_EVERY / 10
        found.took(0, "quick")

    assert written.getvalue().splitlines() == ["  times …", "    10 cases", "    20 cases"]


def test_the_time_of_a_case_is_its_own_and_not_that_of_a_busy_machine() -> None:
    found = Found("sleeping")

    hold(found, Amount(1, 1), st.none(), lambda _: time.sleep(0.2))

    assert found.slowest < 0.1


def test_a_seed_draws_the_same_cases_again() -> None:
    def drawn() -> list[Any]:
        cases: list[Any] = []
        tried(FEW, ANYTHING, cases.append)
        return cases

    assert drawn() == drawn()


def test_what_is_mutated_is_json_and_the_good_one_stays_as_it_was() -> None:
    good = {"a": [1, {"b": "c"}], "d": None}
    cases: list[Any] = []

    tried(FEW, mutated(good), cases.append)

    assert good == {"a": [1, {"b": "c"}], "d": None}
    assert sum(case != good for case in cases) > len(cases) / 2
    assert all(json.dumps(case) for case in cases)


def test_everybody_writes_in_turn_and_the_first_where_teams_knows_the_places() -> None:
    bot = ConnectorSettings(extra_people=20)
    world = World(bot)
    crowd = Crowd(world)
    write = Activities(bot, world)
    body = json.dumps([write.message(place, "help", "1", mention=True) for place in crowd.places()]).encode()

    written = [json.loads(crowd.of_the_next(body)) for _ in range(2 * len(world.people))]

    chats = [{activity["conversation"]["id"] for activity in told} for told in written]
    assert chats[0] == {world.conversation(name).id for name in ("ada", "general", "group")}
    assert len(set.union(*chats)) == 3 * len(world.people)
    assert [{told["from"]["id"] for told in turn} for turn in written] == [
        {one.mri} for one in world.people.values()
    ] * 2
    assert not any(mark in json.dumps(written) for mark in astuple(SOMEBODY))


def test_every_verb_is_typed_and_nothing_that_is_none() -> None:
    typed = activities.COMMANDS

    assert not [line for line in typed if isinstance(parse(line), DidYouMean | Unknown | Usage)]
    assert [verb for verb in VERBS if not any(re.match(rf"{verb}\b", line) for line in typed)] == []


def test_most_webhooks_can_be_read_and_say_a_time_that_is_now() -> None:
    now, cases = 1_800_000_000_000, Counter[bool]()

    def read(body: bytes) -> None:
        try:
            said = json.loads(body.decode())
        except (ValueError, RecursionError):
            said = None
        cases[isinstance(said, dict) and said.get("timestamp") == now] += 1

    tried(FEW, intake.bodies(now), read)

    assert cases[True] > cases[False] > 0


def test_a_forged_webhook_never_has_the_signature_of_its_body() -> None:
    senders = intake.Senders("http://a", "http://b", b"secret")
    bodies = [b"x" * length for length in range(50)]

    assert all(senders.forging(body).header != senders.signing(body).header for body in bodies)


def test_a_status_that_was_not_expected_and_no_answer_are_found() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.content == b"silence":
            raise httpx.ReadTimeout("no answer")
        return httpx.Response(500 if b"bad" in request.content else 202)

    found = Found("posted")
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        for body in (b"good", b"bad", b"silence"):
            post(http, Posted("http://a", body, (b"X", b"y")), intake.TAKEN, found)

    assert set(found.failures) == {"HTTP 500", "no answer: ReadTimeout"}
    assert found.failures["HTTP 500"] == "b'bad' with b'y'"


@pytest.mark.parametrize("kind", EVENTS)
def test_drawn_events_are_mostly_ones_that_can_be_read(kind: Any) -> None:
    readable = []

    def read(data: Any) -> None:
        readable.append(cards.event(kind, data) is not None)

    tried(Amount(10, 1), data_of(kind, TEXT.filter(lambda text: "\ud800" not in text)), read)

    assert any(readable)


def card(**parts: Any) -> AdaptiveCard:
    return AdaptiveCard(fallback_text="x", **{"body": (), **parts})


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (card(body=(TextBlock(text=f"Hello {cards.MARK}"),)), "Markdown"),
        (card(body=({"type": "RichTextBlock", "inlines": (TextRun(text="{{DATE(x)}}"),)},)), "date"),
        (card(actions=(OpenUrl(title="x", url="javascript:alert(1)"),)), "web address"),
        (card(body=(TextBlock(text="x" * 30_000),)), "larger"),
        (card(version="1.5"), "version"),
    ],
)
def test_a_bad_card_is_seen(bad: AdaptiveCard, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        cards.inspect(bad)


def test_the_report_is_json_and_tells_of_not_too_many_failures() -> None:
    found = Found("many")
    for number in range(FAILURES_TOLD * 2):
        found.fail(f"failure {number}", "\ud800" * 9000)

    told = json.loads(json.dumps(found.as_json()))

    assert len(told["failures"]) == FAILURES_TOLD
    assert not told["ok"]


def test_what_is_by_design_has_a_reason_and_is_no_excuse_for_anything_else() -> None:
    assert all(len(one.why) > 20 for one in MEANT)
    assert by_design("not_a_server_error", "GET /v1/tenants", 500) is None
    assert by_design("ignored_auth", "GET /v1/tenants/{tenant_id}", 200, "got `404 Not Found`")
    assert by_design("ignored_auth", "GET /v1/tenants/{tenant_id}", 200, "got `200 OK`") is None
