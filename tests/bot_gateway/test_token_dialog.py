"""The dialog for a personal access token: its owner's alone, and the token is nowhere in clear."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.bot_gateway.fakes import TICKETS, heard, invoke, origin, words
from tests.bot_gateway.test_hearing import Scene

from bot_gateway.decide import decide
from bot_gateway.tickets import LONGEST, Ticket, Tickets
from bot_gateway.token_dialog import EMPTY, NO_TOKEN, NOT_NOW, TICKET, TOKEN
from chassis import logs
from contracts.teams import TokenBrought

CANARY = "Q0FOQVJZLXRva2VuLTAxMjM0NTY3ODkwMTIzNDU2Nzg5"
OWNED = Ticket(origin().person, "intent-1", "jira.example.com", tenant_id="t1", resumes=True)


def fetch(ticket: Ticket = OWNED, **changes: Any) -> dict[str, Any]:
    """Press the card's button."""
    data = {"msteams": {"type": "task/fetch"}, TICKET: TICKETS.issue(ticket)}
    return invoke("task/fetch", {"data": data, "context": {"theme": "dark"}}, **changes)


def submit(token: Any = CANARY, ticket: Ticket = OWNED, **changes: Any) -> dict[str, Any]:
    """Enter a token."""
    return invoke("task/submit", {"data": {TICKET: TICKETS.issue(ticket), TOKEN: token}}, **changes)


def dialog(answer: Any) -> Any:
    """Give the card of a dialog that is shown."""
    assert answer["task"]["type"] == "continue"
    return answer["task"]["value"]["card"]["content"]


async def test_the_button_opens_a_dialog_with_a_field_that_hides_what_is_typed() -> None:
    scene = Scene()
    card = dialog(await scene.hear(fetch()))
    [field] = [part for part in card["body"] if part["type"] == "Input.Text"]

    assert (field["id"], field["style"], field["isRequired"], field["maxLength"]) == (TOKEN, "Password", True, 1000)
    assert "value" not in field
    assert card["version"] == "1.5"
    assert "jira.example.com" in words(card)
    assert TICKETS.read(card["actions"][0]["data"][TICKET]) == OWNED
    assert scene.log.events == []


async def test_an_entered_token_is_brought_sealed_and_the_dialog_closes() -> None:
    scene = Scene()
    closed = await scene.hear(submit(f" {CANARY}\n"))

    assert closed["task"]["type"] == "message"
    [brought] = scene.log.events
    assert isinstance(brought, TokenBrought)
    assert scene.log.ids == [brought.origin.intent_id]
    assert (brought.resume, brought.origin.person) == ("intent-1", OWNED.person)
    header, token = scene.vault.opened(brought.token)
    assert (header["tenant"], header["purpose"], token) == ("t1", "secret", CANARY)


async def test_where_nothing_waits_nothing_is_resumed() -> None:
    scene = Scene()
    await scene.hear(submit(ticket=replace(OWNED, resumes=False)))

    [brought] = scene.log.events
    assert isinstance(brought, TokenBrought)
    assert brought.resume is None


async def test_a_token_delivered_twice_is_brought_once() -> None:
    scene = Scene()
    answers = [await scene.hear(submit()) for _ in range(2)]

    assert answers[0] == answers[1]
    assert len(scene.log.events) == 1


@pytest.mark.parametrize(
    ("entered", "problem"),
    [
        ("", EMPTY),
        ("  \n", EMPTY),
        (None, EMPTY),
        (5, EMPTY),
        ([CANARY], EMPTY),
        (f"Bearer {CANARY}", NO_TOKEN),
        (f"{CANARY}\r\nX-Evil: 1", NO_TOKEN),
        (f"{CANARY}é", NO_TOKEN),
        (f"=={CANARY}", NO_TOKEN),
        (CANARY * 30, NO_TOKEN),
    ],
)
async def test_what_can_be_no_token_gives_the_dialog_again_and_is_not_echoed(entered: Any, problem: str) -> None:
    scene = Scene()
    card = dialog(await scene.hear(submit(entered)))

    assert words(card).strip().startswith(problem)
    assert CANARY not in json.dumps(card)
    assert scene.log.events == []


async def test_while_kafka_or_key_vault_is_away_the_dialog_stays_open_and_says_so() -> None:
    scene = Scene()
    scene.vault.announced = False
    first = dialog(await scene.hear(submit()))
    scene.vault.announced, scene.log.down = True, True
    second = dialog(await scene.hear(submit()))
    scene.log.down = False
    closed = await scene.hear(submit())

    assert [words(card).strip().startswith(NOT_NOW) for card in (first, second)] == [True, True]
    assert closed["task"]["type"] == "message"
    assert len(scene.log.events) == 1


def test_a_ticket_is_good_in_every_replica_and_nothing_else_is_one() -> None:
    text = TICKETS.issue(OWNED)
    said, _, mac = text.partition(".")

    assert Tickets(TICKETS.secret).read(text) == OWNED
    assert Tickets(b"another").read(text) is None
    for wrong in (said, f"{said}.", f".{mac}", f"{said}x.{mac}", f"{said}.{mac[::-1]}", "", "é.é", None, 5, [text]):
        assert TICKETS.read(wrong) is None
    assert TICKETS.read(TICKETS.issue(replace(OWNED, site="x" * LONGEST))) is None
    assert "secret=" not in repr(TICKETS)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG."""
    root, before, out = logging.getLogger(), logging.getLogger().handlers[:], io.StringIO()
    level, disabled = root.level, {name: logging.getLogger(name).level for name in logs.QUIET}
    was = structlog.get_config()
    logs.configure("bot-gateway", "DEBUG")
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    for name, quiet in disabled.items():
        logging.getLogger(name).setLevel(quiet)
    structlog.configure(**was)


async def test_a_token_is_nowhere_in_clear(written: io.StringIO) -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    scene, answers = Scene(), []
    scene.hearing = replace(scene.hearing, tracer=provider.get_tracer("tests"))
    other: dict[str, Any] = {"id": "29:eve", "name": "Eve", "aadObjectId": "eeeeeeee-0000-4000-8000-000000000002"}
    answers.append(await scene.hear(fetch()))
    for number, activity in enumerate(
        (
            submit(),
            submit(f"Bearer {CANARY}"),
            submit(CANARY * 30),
            {**submit(), "from": other},
            submit(kind="groupChat"),
            submit(ticket=replace(OWNED, person="somebody|else")),
            invoke("task/submit", {"data": {TOKEN: CANARY}}),
            invoke("task/other", {"data": {TOKEN: CANARY}}),
        )
    ):
        answers.append(await scene.hear({**activity, "id": f"f:{number}"}))
    answers.append(await scene.hear(submit(id="f:0")))
    scene.log.down = True
    answers.append(await scene.hear(submit(id="f:20")))
    scene.vault.announced = False
    answers.append(await scene.hear(submit(id="f:21")))

    assert len(scene.log.events) == 1
    logged = written.getvalue()
    assert "activity_repeated" in logged
    assert "nothing_brought" in logged
    everything = {
        "logs": logged,
        "spans": "".join(span.to_json() for span in spans.get_finished_spans()),
        "events": "".join(event.model_dump_json() for event in scene.log.events),
        "answers": json.dumps(answers),
        "posts": repr(scene.chats.posts),
        "memory": repr(scene.hearing.heard.__dict__) + repr(scene.hearing.places.__dict__),
        "decision": repr(decide(heard(submit()))),
        "metrics": repr(list(scene.counted.registry.collect())),
    }
    assert len(spans.get_finished_spans()) >= 10
    assert [where for where, text in everything.items() if CANARY in text] == []
