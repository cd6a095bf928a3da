"""Dead letters: what they were made of, which are meant, and which may go again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.bridge.fakes import StoredRecord

from bridge.dead_letters import DeadLetter, NotReplayable, Which, marked, original, place_of, read_letter
from bridge.dlq import rate
from bridge.dlq_output import plain
from bridge.kafka_admin import KafkaAdminError
from bridge.kafka_log import RawMessage
from bridge.moments import moment
from bridge.replay import Replayed, Run, plan, replay, with_twins
from chassis.dead_letters import dead_letter, shortened
from chassis.envelope import Outgoing
from chassis.errors import Poison
from chassis.parking import Waiting
from contracts.operator import DeadLettersReplayed, Operator, Replay, ReplayBegun

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WAITING = Waiting("teams.intents.v1", 4, 99, 2, NOW, NOW)
LETTER = DeadLetter(
    id="3-17",
    at=NOW,
    service="jira-actor",
    reason="unavailable",
    detail="jira is down",
    attempts=7,
    event_type="bridge.comment-asked.v1",
    tenant="0d9c1f5b7a3e",
    topic="teams.intents.v1",
    origin="4-99",
    correlation_id="c0ffee",
    size=12,
)


def letter_of(record: StoredRecord) -> StoredRecord:
    """Set a record aside as a service does, and give it as Kafka then holds it."""
    letter = dead_letter(record, "jira-actor", Poison("invalid", "value: missing"), WAITING, 1)
    return stored(letter)


def stored(letter: Outgoing) -> StoredRecord:
    """Give a dead letter as Kafka holds it."""
    return StoredRecord("dead-letters.v1", 3, 17, letter.key, letter.value, letter.raw_headers())


def test_a_letter_of_which_only_the_beginning_was_kept_is_not_replayed() -> None:
    headers = [("ce_type", b"bridge.comment-asked.v1")]
    record = StoredRecord("teams.intents.v1", 4, 99, b"t|u", b"x" * 3_000_000, headers)
    letter = dead_letter(record, "jira-actor", Poison("invalid", "value: missing"), WAITING, 1)

    with pytest.raises(NotReplayable, match="3000000"):
        original(stored(shortened(letter)))


@pytest.mark.parametrize(
    "headers",
    [
        [("ce_id", b"1"), ("ce_type", b"bridge.comment-asked.v1"), ("correlation_id", b"c0ffee")],
        [("ce_id", b"1"), ("content-type", b"application/json"), ("note", "naïve 日本".encode())],
        [("ce_id", b"\xff\xfe"), ("empty", b""), ("null", None)],
        [],
    ],
    ids=["plain", "words", "raw", "none"],
)
@pytest.mark.parametrize("value", [b'{"issue": "OPS-7"}', b"\x00\xff", b"", None])
def test_what_is_replayed_is_the_original_to_the_byte(headers: list[Any], value: bytes | None) -> None:
    parked = [("retry_topic", b"teams.intents.v1"), ("retry_due", b"2026-11-21"), ("replayed_from", b"1-1")]
    record = StoredRecord("teams.intents.v1", 4, 99, b"t|ada", value, [*headers, *parked])

    message = marked(original(letter_of(record)), "3-17")

    assert (message.topic, message.partition, message.key, message.value) == ("teams.intents.v1", None, b"t|ada", value)
    assert sorted(message.headers) == sorted([*headers, ("replayed_from", b"3-17")])


def test_a_message_without_a_key_goes_to_its_own_partition() -> None:
    message = original(letter_of(StoredRecord("teams.intents.v1", 4, 99, None, b"{}", [])))

    assert message.partition == 4


@pytest.mark.parametrize(
    "topic", ["registry.tenants.v1", "jira-actor.retry.v1", "dead-letters.v1", "operator.audit.v1", "elsewhere", ""]
)
def test_only_ordinary_input_of_services_can_be_replayed(topic: str) -> None:
    record = StoredRecord("dead-letters.v1", 3, 17, b"k", b"{}", [("dlq_topic", topic.encode())])

    with pytest.raises(NotReplayable):
        original(record)
    [planned] = plan([read_letter(record)], {}, again=True)
    assert planned.left_out


@pytest.mark.parametrize("raw", [b"[]", b"no json", b'{"a": 1}', b'{"a": "%%"}'])
def test_headers_that_cannot_be_restored_stop_a_replay(raw: bytes) -> None:
    headers = [("dlq_topic", b"teams.intents.v1"), ("dlq_raw_headers", raw)]

    with pytest.raises(NotReplayable):
        original(StoredRecord("dead-letters.v1", 3, 17, b"k", b"{}", headers))


def test_a_dead_letter_that_nobody_of_ours_wrote_is_listed_all_the_same() -> None:
    letter = read_letter(StoredRecord("dead-letters.v1", 0, 0, None, None, [("dlq_attempts", b"\xff")]))

    assert (letter.id, letter.attempts, letter.reason) == ("0-0", None, "")


@pytest.mark.parametrize(
    ("which", "meant"),
    [
        (Which(), True),
        (Which(ids=("3-17",)), True),
        (Which(ids=("3-18",)), False),
        (Which(reason="unavailable", service="jira-actor", tenant="0d9c"), True),
        (Which(reason="invalid"), False),
        (Which(service="key-vault"), False),
        (Which(tenant="9c1f"), False),
        (Which(since=NOW), True),
        (Which(since=NOW + timedelta(seconds=1)), False),
        (Which(until=NOW), False),
    ],
)
def test_letters_are_chosen_by_all_that_is_asked_for(which: Which, meant: bool) -> None:
    assert which.means(LETTER) is meant


def test_what_was_replayed_is_left_out_and_goes_again_only_when_asked() -> None:
    done = {"3-17": Replayed(NOW, "ada", confirmed=True), "3-18": Replayed(NOW, "ada", confirmed=False)}
    letters = [replace(LETTER, id="3-18", origin="4-100"), LETTER]

    assert [(one.letter.id, bool(one.left_out)) for one in plan(letters, done, again=False)] == [
        ("3-17", True),
        ("3-18", False),
    ]
    assert not any(one.left_out for one in plan(letters, done, again=True))


@pytest.mark.parametrize("done", [{}, {"3-18": Replayed(NOW, "ada", confirmed=True)}])
def test_a_message_that_two_services_set_aside_is_replayed_once(done: dict[str, Replayed]) -> None:
    letters = [LETTER, replace(LETTER, id="3-18", service="tenant-registry")]

    planned = plan(letters, with_twins(letters, done), again=False)

    assert sum(one.left_out is None for one in planned) == 1 - len(done)
    assert sum(one.left_out is None for one in plan(letters, with_twins(letters, done), again=True)) == 1


class FullKafka:
    """Takes the audit, and of the messages only the first."""

    def __init__(self) -> None:
        self.audit: list[RawMessage] = []
        self.taken: list[RawMessage] = []

    async def send(self, message: RawMessage) -> None:
        if message.topic == Replay.topic:
            self.audit.append(message)
        elif self.taken:
            raise KafkaAdminError("Kafka did not confirm a message: KafkaTimeoutError.")
        else:
            self.taken.append(message)


class OneLetter:
    """A log in which every letter is the same."""

    async def at(self, topic: str, partition: int, offset: int) -> StoredRecord:
        return StoredRecord(topic, partition, offset, b"k", b"{}", [("dlq_topic", b"teams.intents.v1")])


async def test_what_was_sent_before_kafka_failed_is_in_the_audit() -> None:
    kafka, run = FullKafka(), Run(Operator(user="ops", host="here"), timedelta())

    await replay([LETTER, replace(LETTER, id="3-18")], run, OneLetter(), kafka, lambda _: None)

    assert (run.replayed, run.stopped) == (["3-17"], "Kafka did not confirm a message: KafkaTimeoutError.")
    begun = ReplayBegun.model_validate_json(kafka.audit[0].value or b"")
    ended = DeadLettersReplayed.model_validate_json(kafka.audit[1].value or b"")
    assert (begun.letters, ended.letters) == (("3-17", "3-18"), ("3-17",))


def test_what_nobody_waits_for_any_more_is_not_replayed() -> None:
    letter = replace(LETTER, topic="registry.requests.v1", event_type="bridge.code-exchange-asked.v1")

    assert plan([letter], {}, again=True)[0].left_out == "nobody waits for its answer any more"


def test_a_question_to_key_vault_is_never_asked_by_an_operators_command() -> None:
    letter = replace(LETTER, topic="keys.requests.v1", event_type="bridge.calls-authorization-asked.v1")

    assert plan([letter], {}, again=True)[0].left_out == "messages of keys.requests.v1 cannot be replayed"


def test_times_are_read_as_people_write_them() -> None:
    assert moment("2h", NOW) == NOW - timedelta(hours=2)
    assert moment("2026-11-21T09:30", NOW) == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert moment("2026-11-21T09:30+02:00", NOW) == datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="no time"):
        moment("yesterday", NOW)


@pytest.mark.parametrize(("text", "pause"), [("10/s", 0.1), ("10", 0.1), ("60/m", 1.0), ("1/s", 1.0)])
def test_a_rate_becomes_a_pause(text: str, pause: float) -> None:
    assert rate(text).total_seconds() == pause


@pytest.mark.parametrize("wrong", ["3", "3-", "-3", "3-17-1", "a-b", "3 - 17", ""])
def test_an_id_is_a_partition_and_an_offset(wrong: str) -> None:
    with pytest.raises(ValueError, match="no dead letter's id"):
        place_of(wrong)


def test_what_is_printed_cannot_command_the_terminal() -> None:
    assert plain("a\x1b[31mb\nc – é") == "a\\x1b[31mb\\nc – é"
