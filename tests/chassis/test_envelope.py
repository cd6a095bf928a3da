"""Events as Kafka messages: CloudEvents in binary mode, read tolerantly."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chassis.records import Record

from chassis.dead_letters import dead_letter, shortened
from chassis.envelope import Attributes, answer_id, attributes, decode, encode
from chassis.errors import Poison
from chassis.parking import Waiting
from contracts.event import Conversation, Origin
from contracts.teams import CommentAsked

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ASKED = CommentAsked(
    origin=Origin(
        intent_id="intent-1",
        teams_tenant="tenant",
        user="ada",
        user_mri="29:ada",
        user_name="Ada",
        conversation=Conversation(conversation_id="a:1", service_url="https://teams.example", teams_tenant="tenant"),
        asked_at=NOW,
    ),
    issue="OPS-7",
    text="שלום 👩‍🚀 {code}",
)
CAUSE = Attributes(id="event-1", type="bridge.comment-asked.v1", source="/bridge/x", correlation_id="intent-1")


def test_an_event_comes_back_as_it_was() -> None:
    message = encode(ASKED, "bot-gateway", event_id="event-1")
    headers = [(name, value.encode()) for name, value in message.headers.items()]

    told = attributes(headers)

    assert (told.id, told.type) == ("event-1", "bridge.comment-asked.v1")
    assert decode(told, message.value) == ASKED
    assert message.headers["ce_specversion"] == "1.0"
    assert message.headers["ce_source"] == "/bridge/bot-gateway"
    assert message.key == b"tenant|ada"
    assert message.correlation_id == "intent-1"


def test_the_same_answer_to_the_same_event_has_the_same_id() -> None:
    assert answer_id(CAUSE, "0", ASKED) == answer_id(CAUSE, "0", ASKED)
    assert answer_id(CAUSE, "0", ASKED) != answer_id(CAUSE, "1", ASKED)


@given(st.text(max_size=40))
def test_an_answers_id_is_the_standard_librarys_name_based_one(event_id: str) -> None:
    """Versions of Bridge that run side by side must give the same ids."""
    cause = Attributes(id=event_id, type="x", source="y", correlation_id="z")

    assert answer_id(cause, "0", ASKED) == uuid5(NAMESPACE_URL, f"{event_id}/0/bridge.comment-asked.v1").hex


@pytest.mark.parametrize(
    ("headers", "value", "reason"),
    [
        ([], b"{}", "bad_header"),
        ([("ce_id", b"1")], b"{}", "bad_header"),
        ([("ce_id", None), ("ce_type", b"bridge.comment-asked.v1")], b"{}", "bad_header"),
        ([("ce_id", b"1"), ("ce_type", b"\xff\xfe")], b"{}", "bad_header"),
        ([("ce_id", b"1"), ("ce_type", b"bridge.comment-asked.v99")], b"{}", "unknown_type"),
        ([("ce_id", b"1"), ("ce_type", b"bridge.comment-asked.v1")], None, "null_value"),
        ([("ce_id", b"1"), ("ce_type", b"bridge.comment-asked.v1")], b"not json", "invalid"),
        ([("ce_id", b"1"), ("ce_type", b"bridge.comment-asked.v1")], b'{"issue": "hunter2"}', "invalid"),
        ([("ce_id", b"1"), ("ce_type", b"bridge.comment-asked.v1")], b"\xff", "invalid"),
    ],
)
def test_what_cannot_be_read_is_poison_with_a_reason(
    headers: list[tuple[str, bytes | None]], value: bytes | None, reason: str
) -> None:
    with pytest.raises(Poison) as poison:
        decode(attributes(headers), value)

    assert poison.value.reason == reason
    assert "hunter2" not in str(poison.value)


@given(st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5))), st.none() | st.binary(max_size=50))
def test_nothing_but_poison_is_raised_whatever_arrives(
    headers: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    with pytest.raises(Poison):
        decode(attributes([*headers, ("ce_type", b"bridge.comment-asked.v1")]), value)


def test_a_dead_letter_keeps_the_original_whole() -> None:
    record = Record(key=b"k", value=None, headers=[("ce_id", b"1"), ("broken", b"\xff"), ("empty", None)])

    came_from = Waiting("teams.intents.v1", 2, 41, 3, NOW, NOW)
    letter = dead_letter(record, "jira-actor", Poison("null_value", "the value is null"), came_from, attempts=3)

    assert letter.topic == "dead-letters.v1"
    assert letter.key == b"k"
    assert letter.headers["ce_id"] == "1"
    assert letter.headers["dlq_raw_headers"] == '{"broken": "/w==", "empty": null}'
    assert letter.headers["dlq_null_value"] == "true"
    assert letter.headers["dlq_attempts"] == "3"
    assert letter.headers["dlq_topic"] == "teams.intents.v1"
    assert (letter.headers["dlq_partition"], letter.headers["dlq_offset"]) == ("2", "41")


def test_a_shortened_dead_letter_fits_whatever_it_was_made_of() -> None:
    huge = Record(key=b"k" * 5_000_000, value=b"v" * 5_000_000, headers=[("ce_id", b"h" * 5_000_000), ("note", b"n")])
    came_from = Waiting("teams.intents.v1", 2, 41, 3, NOW, NOW)
    letter = shortened(dead_letter(huge, "jira-actor", Poison("invalid", "no"), came_from, attempts=1))

    assert len(letter.key or b"") == len(letter.value or b"") == 65536
    assert letter.headers["dlq_truncated"] == "5000000"
    assert (letter.headers["dlq_reason"], letter.headers["note"]) == ("invalid", "n")
    assert "ce_id" not in letter.headers
