"""`bridge dlq` on a broker: what is listed, shown and replayed is what a service set aside."""

from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from tests.bridge.terminal import Bridge
from tests.chassis.cluster import Cluster, asked, until
from typer.testing import CliRunner

from bridge.main import app
from chassis.attempt import perhaps_done
from contracts.operator import DeadLettersReplayed, ReplayBegun
from contracts.teams import CommentAsked

INTENTS = "teams.intents.v1"
LETTERS = "dead-letters.v1"
AUDIT = "operator.audit.v1"
RAW = [("ce_id", b"\xff\xfe"), ("ce_type", b"bridge.comment-asked.v1"), ("null", None), ("empty", b"")]


class Comments:
    """A handler with a bug that somebody mends."""

    def __init__(self) -> None:
        self.mended = False
        self.done: list[tuple[str, bool]] = []

    async def __call__(self, event: CommentAsked) -> None:
        if not self.mended:
            raise KeyError("a bug")
        self.done.append((event.text, perhaps_done.get()))


def by_place(records: "list[ConsumerRecord[Any, Any]]") -> "list[ConsumerRecord[Any, Any]]":
    return sorted(records, key=lambda record: (record.partition, record.offset))


async def test_what_failed_is_listed_and_after_a_replay_is_done_and_marked_as_replayed(
    cluster: Cluster, bridge: Bridge
) -> None:
    comments = Comments()
    await cluster.replica(comments)
    kafka = await cluster.kafka()
    for text in ("one", "two"):
        await kafka.publish(asked("ada", text))
    await cluster.records(LETTERS, 2)

    listed = await bridge.json("dlq", "list", "--reason", "handler_failed", "--tenant", "t", "--since", "10m")
    dry = await bridge.json("dlq", "replay", "--all")
    comments.mended = True
    replayed = await bridge.json("dlq", "replay", "--all", "--yes", "--rate", "100/s", "--as", "Ada")
    await until(lambda: len(comments.done) == 2)

    ids = [letter["id"] for letter in listed]
    assert [letter["detail"] for letter in listed] == ["KeyError in the handler of bridge.comment-asked.v1"] * 2
    assert (dry["dry_run"], [one["id"] for one in dry["chosen"]], dry["replayed"]) == (True, ids, [])
    assert (replayed["replayed"], replayed["failed"]) == (ids, {})
    assert comments.done == [("one", True), ("two", True)]
    again = await bridge.json("dlq", "list")
    assert [letter["replayed"]["by"] for letter in again] == ["Ada", "Ada"]


async def test_what_was_replayed_goes_again_only_when_asked_and_all_of_it_is_in_the_audit(
    cluster: Cluster, bridge: Bridge
) -> None:
    await cluster.replica(Comments())
    await (await cluster.kafka()).publish(asked("ada", "one"))
    [letter] = await cluster.records(LETTERS, 1)
    letter_id = f"{letter.partition}-{letter.offset}"

    first = await bridge.json("dlq", "replay", letter_id, "--yes", "--as", "Ada")
    second = await bridge.json("dlq", "replay", letter_id, "--yes", "--as", "Grace")
    third = await bridge.json("dlq", "replay", letter_id, "--yes", "--as", "Grace", "--again")

    assert (first["replayed"], second["replayed"], third["replayed"]) == ([letter_id], [], [letter_id])
    assert "was replayed by Ada" in second["left_out"][letter_id]
    told = [dict(record.headers)["ce_type"].decode() for record in await cluster.records(AUDIT, 4)]
    assert told == [ReplayBegun.event_type(), DeadLettersReplayed.event_type()] * 2
    events = [DeadLettersReplayed.model_validate_json(record.value) for record in await cluster.records(AUDIT, 4)]
    assert [(event.operator.name, event.letters) for event in events] == [
        *[("Ada", (letter_id,))] * 2,
        *[("Grace", (letter_id,))] * 2,
    ]
    assert all(event.operator.user and event.operator.host for event in events)


@pytest.mark.parametrize("value", [b"\x00no json\xff", None])
async def test_what_is_not_even_text_is_replayed_to_the_byte(
    cluster: Cluster, bridge: Bridge, value: bytes | None
) -> None:
    await cluster.replica(Comments())
    producer = AIOKafkaProducer(bootstrap_servers=cluster.settings.kafka_bootstrap)
    await producer.start()
    await producer.send_and_wait(INTENTS, value, b"t|mallory", headers=RAW)
    await producer.stop()
    await cluster.records(LETTERS, 1)

    await bridge.json("dlq", "replay", "--reason", "bad_header", "--yes")

    was, now = by_place(await cluster.records(INTENTS, 2))
    assert (now.partition, now.key, now.value) == (was.partition, was.key, was.value)
    assert sorted(set(now.headers) - set(was.headers)) == [("replayed_from", b"%d-0" % was.partition)]
    assert set(was.headers) < set(now.headers)


async def test_a_value_is_shown_only_when_asked_for(cluster: Cluster, bridge: Bridge) -> None:
    await cluster.replica(Comments())
    await (await cluster.kafka()).publish(asked("ada", "words of a person"))
    [letter] = await cluster.records(LETTERS, 1)
    letter_id = f"{letter.partition}-{letter.offset}"

    silent = await bridge("dlq", "show", letter_id)
    shown = await bridge("dlq", "show", letter_id, "--value")
    listed = await bridge("dlq", "list")
    missing = await bridge("dlq", "show", "0-999")

    assert "dlq_reason" in silent.stdout
    assert "not shown" in silent.stdout
    assert "words of a person" not in silent.stdout + listed.stdout
    assert "words of a person" in shown.stdout
    assert (missing.exit_code, missing.stderr.strip()) == (1, "There is no dead letter 0-999, or no more.")


async def test_nothing_to_list_is_no_failure_and_an_unknown_id_is(cluster: Cluster, bridge: Bridge) -> None:
    listed = await bridge("dlq", "list")
    replayed = await bridge("dlq", "replay", "0-7", "--yes")

    assert (listed.exit_code, listed.stdout.strip()) == (0, "No dead letters.")
    assert (replayed.exit_code, "no dead letter 0-7" in replayed.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["dlq", "replay", "--yes"],
        ["dlq", "replay", "17"],
        ["dlq", "replay", "--rate", "0/s"],
        ["dlq", "list", "--since", "yesterday"],
        ["dlq", "show"],
    ],
)
def test_what_is_not_said_clearly_is_not_done(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments", [["dlq", "list"], ["dlq", "show", "0-0"], ["dlq", "replay", "--all"], ["trace", "c0ffee"]]
)
def test_without_kafka_there_is_one_sentence(arguments: list[str]) -> None:
    result = CliRunner(env={"BRIDGE_KAFKA_BOOTSTRAP": "127.0.0.1:1", "COLUMNS": "200"}).invoke(app, arguments)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("No Kafka broker answered at 127.0.0.1:1.")
    assert result.stderr.count("\n") == 1
