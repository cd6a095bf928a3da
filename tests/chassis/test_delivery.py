"""Nothing is lost, nothing overtakes what has the same key, and nothing stops the rest: on real brokers."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer
from tests.chassis.cluster import Cluster, asked, until

from chassis.attempt import perhaps_done
from chassis.delivery import Delivery
from chassis.envelope import Outgoing
from chassis.errors import Unavailable
from chassis.inbox import Inbox
from chassis.metrics import Metrics
from contracts.keys import Ask, SecretsOpeningAsked
from contracts.outcomes import Refused
from contracts.teams import CommentAsked

Handled = dict[str, list[str]]


async def test_each_persons_messages_are_handled_in_order_and_answered(cluster: Cluster) -> None:
    handled: Handled = defaultdict(list)

    async def handler(event: CommentAsked) -> Refused:
        await asyncio.sleep(0.001)
        handled[event.origin.user].append(event.text)
        return Refused(origin=event.origin, code="x", why=event.text)

    kafka = await cluster.kafka()
    for number in range(100):
        await kafka.publish(asked(f"user {number % 7}", str(number)))
    await cluster.replica(handler)
    answers = await cluster.records("jira.outcomes.v1", 100)

    assert {user: sorted(texts, key=int) for user, texts in handled.items()} == handled
    assert sum(map(len, handled.values())) == 100
    assert len({dict(record.headers)["ce_id"] for record in answers}) == 100


async def test_poison_becomes_a_dead_letter_and_stops_nobody(cluster: Cluster) -> None:
    done: list[str] = []

    async def handler(event: CommentAsked) -> None:
        if event.text == "bug":
            raise ZeroDivisionError
        done.append(event.text)

    kafka = await cluster.kafka()
    comment = {"ce_id": "1", "ce_type": "bridge.comment-asked.v1"}
    await cluster.raw(b"not json", comment)
    await cluster.raw(None, comment)
    await cluster.raw(b"{}", {})
    await cluster.raw(b"{}", {"ce_id": "1", "ce_type": "bridge.never-heard-of.v1"})
    await cluster.raw(b'{"text": "hunter2"}', comment)
    await kafka.publish(asked("mallory", "bug"))
    await kafka.publish(asked("mallory", "after all that"))
    replica = await cluster.replica(handler)
    letters = await cluster.records("dead-letters.v1", 6)
    await until(lambda: done == ["after all that"])
    await cluster.end(replica, timedelta(seconds=5))

    reasons = sorted(dict(letter.headers)["dlq_reason"].decode() for letter in letters)
    assert reasons == ["bad_header", "handler_failed", "invalid", "invalid", "null_value", "unknown_type"]
    assert b"not json" in {letter.value for letter in letters}
    assert not any("hunter2" in str(letter.headers) for letter in letters)
    assert await cluster.committed() == 7


async def test_what_is_unavailable_is_tried_again_in_its_lane_while_others_go_on(cluster: Cluster) -> None:
    tries: list[bool] = []
    done: list[str] = []

    async def handler(event: CommentAsked) -> None:
        if event.text == "slow" and len(tries) < 3:
            tries.append(perhaps_done.get())
            raise Unavailable("jira is down")
        done.append(event.text)

    await cluster.replica(handler)
    kafka = await cluster.kafka()
    await kafka.publish(asked("linus", "first"))
    await until(lambda: len(done) == 1)
    await kafka.publish(asked("ada", "slow"))
    await kafka.publish(asked("ada", "waits behind"))
    await kafka.publish(asked("grace", "goes on"))
    await until(lambda: len(done) == 4)

    assert done == ["first", "goes on", "slow", "waits behind"]
    assert tries == [False, True, True]


async def test_what_stays_unavailable_becomes_a_dead_letter_when_the_budget_ends(cluster: Cluster) -> None:
    async def handler(_: CommentAsked) -> None:
        raise Unavailable("jira is down")

    await cluster.replica(handler, retry_budget=timedelta(milliseconds=300))
    kafka = await cluster.kafka()
    await kafka.publish(asked("ada", "never"))
    [letter] = await cluster.records("dead-letters.v1", 1)

    headers = dict(letter.headers)
    assert headers["dlq_reason"] == b"unavailable"
    assert int(headers["dlq_attempts"]) > 1
    assert b"never" in letter.value


async def test_what_was_under_way_when_a_replica_ended_is_handled_by_the_next(cluster: Cluster) -> None:
    begun: list[str] = []

    async def hangs(event: CommentAsked) -> None:
        begun.append(event.text)
        if event.text == "1":
            await asyncio.Event().wait()

    kafka = await cluster.kafka()
    first = await cluster.replica(hangs)
    for number in range(3):
        await kafka.publish(asked("ada", str(number)))
    await until(lambda: "1" in begun)
    await cluster.end(first)

    again: list[tuple[str, bool]] = []

    async def goes_on(event: CommentAsked) -> None:
        again.append((event.text, perhaps_done.get()))

    await cluster.replica(goes_on)
    await until(lambda: len(again) == 2)

    assert begun == ["0", "1"]
    assert again == [("1", True), ("2", True)]


async def test_a_replica_that_is_told_to_end_ends_what_it_began_and_leaves_the_rest(cluster: Cluster) -> None:
    begun: list[str] = []

    async def slow(event: CommentAsked) -> None:
        begun.append(event.text)
        await asyncio.sleep(0.5)

    kafka = await cluster.kafka()
    first = await cluster.replica(slow)
    for number in range(20):
        await kafka.publish(asked("ada", str(number)))
    await until(lambda: bool(begun))
    before = time.monotonic()
    await cluster.end(first, drain=timedelta(seconds=30))

    assert time.monotonic() - before < 5
    assert await cluster.committed() == len(begun) < 5


async def test_a_replica_that_joins_takes_over_without_loss_or_disorder(cluster: Cluster) -> None:
    handled: Handled = defaultdict(list)

    async def handler(event: CommentAsked) -> None:
        await asyncio.sleep(0.005)
        handled[event.origin.user].append(event.text)

    kafka = await cluster.kafka()
    await cluster.replica(handler)

    async def stream() -> None:
        for number in range(400):
            await kafka.publish(asked(f"user {number % 20}", str(number)))
            await asyncio.sleep(0.005)

    streaming = asyncio.create_task(stream())
    await asyncio.sleep(0.5)
    second = await cluster.replica(handler)
    await streaming
    await cluster.end(second, timedelta(seconds=5))
    await until(lambda: len({text for texts in handled.values() for text in texts}) == 400)

    for texts in handled.values():
        firsts = list(dict.fromkeys(texts))
        assert firsts == sorted(firsts, key=int)


async def test_a_partition_with_a_full_backlog_pauses_and_goes_on(cluster: Cluster) -> None:
    done: list[str] = []
    gate = asyncio.Event()

    async def handler(event: CommentAsked) -> None:
        await gate.wait()
        done.append(event.text)

    kafka = await cluster.kafka()
    replica = await cluster.replica(handler, backlog=5)
    for number in range(50):
        await kafka.publish(asked("ada", str(number)))
    polled = replica.last_poll
    await until(lambda: replica.last_poll > polled + 0.5)
    gate.set()
    await until(lambda: len(done) == 50)

    assert done == sorted(done, key=int)


async def test_what_waits_longer_is_parked_and_its_key_queues_behind_while_others_go_on(cluster: Cluster) -> None:
    done: list[str] = []
    down = True

    async def handler(event: CommentAsked) -> None:
        if down and event.origin.user == "ada":
            raise Unavailable("jira is down")
        done.append(event.text)

    told: list[tuple[str, str]] = []
    replica = await cluster.replica(handler, park_after=timedelta(milliseconds=200))
    replica.tell(lambda event, _: told.append(("delayed", getattr(event, "text", ""))), lambda *_: None)
    kafka = await cluster.kafka()
    for text in ("1", "2"):
        await kafka.publish(asked("ada", text))
    await kafka.publish(asked("grace", "goes on"))
    parked = await cluster.records("jira-actor.retry.v1", 2)
    await kafka.publish(asked("ada", "3"))
    await until(lambda: len(told) == 3)
    down = False
    await until(lambda: len(done) == 4)
    await cluster.end(replica, timedelta(seconds=5))

    assert done == ["goes on", "1", "2", "3"]
    assert told == [("delayed", "1"), ("delayed", "2"), ("delayed", "3")]
    assert {dict(record.headers)["retry_topic"] for record in parked} == {b"teams.intents.v1"}
    assert await cluster.committed() == 4


async def test_what_is_parked_keeps_its_place_when_another_replica_takes_over(cluster: Cluster) -> None:
    async def fails(_: CommentAsked) -> None:
        raise Unavailable("jira is down")

    first = await cluster.replica(fails, park_after=timedelta(milliseconds=100))
    kafka = await cluster.kafka()
    for text in ("1", "2"):
        await kafka.publish(asked("ada", text))
    await cluster.records("jira-actor.retry.v1", 2)
    await cluster.end(first, timedelta(milliseconds=500))
    for text in ("3", "4"):
        await kafka.publish(asked("ada", text))
    done: list[tuple[str, bool]] = []

    async def works(event: CommentAsked) -> None:
        done.append((event.text, perhaps_done.get()))

    await cluster.replica(works)
    await until(lambda: len(done) == 4)

    assert done == [("1", True), ("2", True), ("3", True), ("4", True)]


async def test_what_is_parked_is_given_up_when_the_budget_ends_and_the_person_is_told(cluster: Cluster) -> None:
    async def fails(_: CommentAsked) -> None:
        raise Unavailable("jira is down")

    settings = {"park_after": timedelta(milliseconds=100), "retry_budget": timedelta(milliseconds=800)}
    replica = await cluster.replica(fails, **settings)
    replica.tell(
        lambda event, until: Refused(origin=event.origin, code="delayed", why=until.isoformat()),  # type: ignore[attr-defined]
        lambda event, _: Refused(origin=event.origin, code="gave_up", why="jira is down"),  # type: ignore[attr-defined]
    )
    kafka = await cluster.kafka()
    await kafka.publish(asked("ada", "never"))
    [letter] = await cluster.records("dead-letters.v1", 1)
    outcomes = await cluster.records("jira.outcomes.v1", 2)

    headers = dict(letter.headers)
    assert headers["dlq_reason"] == b"unavailable"
    assert headers["dlq_topic"] == b"teams.intents.v1"
    assert not [name for name in headers if name.startswith("retry_")]
    assert [b"delayed" in outcomes[0].value, b"gave_up" in outcomes[1].value] == [True, True]


async def test_a_question_that_nobody_waits_for_any_more_is_not_answered(cluster: Cluster) -> None:
    old = {"ce_id": "1", "ce_type": SecretsOpeningAsked.event_type(), "ce_time": "2026-01-01T00:00:00+00:00"}
    new = old | {"ce_time": datetime.now(UTC).isoformat()}
    question = SecretsOpeningAsked(
        ask=Ask(request_id="r", partition=0, reply_key={}), tenant_id="t", secrets=()
    ).model_dump_json()
    heard: list[str] = []

    async def handler(event: SecretsOpeningAsked) -> None:
        heard.append(event.ask.request_id)

    kafka = await cluster.kafka("jira-actor")
    delivery = Delivery(kafka, cluster.settings, Metrics())
    delivery.on(SecretsOpeningAsked, handler)
    await delivery.start()
    for headers in (old, new):
        await kafka.send(Outgoing("keys.requests.v1", b"t|r", question.encode(), headers, "r"))
    await until(lambda: heard == ["r"])
    await delivery.stop(timedelta(seconds=5))

    assert heard == ["r"]


async def test_a_replayed_message_may_have_been_done_before(cluster: Cluster) -> None:
    seen: list[bool] = []

    async def handler(_: CommentAsked) -> None:
        seen.append(perhaps_done.get())

    await cluster.replica(handler)
    event = asked("ada", "again")
    headers = {"ce_id": "1", "ce_type": event.event_type(), "replayed_from": "0-1"}
    await cluster.raw(event.model_dump_json().encode(), headers)
    await until(lambda: len(seen) == 1)

    assert seen == [True]


async def test_an_event_that_was_published_twice_is_handled_once(cluster: Cluster) -> None:
    """A publish that timed out may have arrived all the same, so its publisher repeats it."""
    done: list[str] = []

    async def handler(event: CommentAsked) -> None:
        done.append(event.text)

    await cluster.replica(handler)
    kafka = await cluster.kafka()
    event = asked("ada", "once")
    for _ in range(3):
        await kafka.publish(event, event_id=event.origin.intent_id)
    await kafka.publish(asked("ada", "then"))
    await until(lambda: "then" in done)

    assert done == ["once", "then"]


async def test_for_a_while_after_a_takeover_everything_may_have_been_done_before(cluster: Cluster) -> None:
    """What the last owner did can be published again just after it is gone."""
    seen: list[bool] = []

    async def handler(_: CommentAsked) -> None:
        seen.append(perhaps_done.get())

    await cluster.replica(handler, recheck=timedelta(seconds=2))
    kafka = await cluster.kafka()
    await kafka.publish(asked("ada", "soon"))
    await until(lambda: len(seen) == 1)
    await asyncio.sleep(2)
    await kafka.publish(asked("ada", "later"))
    await until(lambda: len(seen) == 2)

    assert seen == [True, False]


async def test_a_message_too_large_even_for_a_dead_letter_is_set_aside_in_part_and_stops_nobody(
    cluster: Cluster,
) -> None:
    """Compressed it fits into Kafka; opened, no limit holds."""
    done: list[str] = []

    async def handler(event: CommentAsked) -> None:
        done.append(event.text)

    await cluster.replica(handler)
    kafka = await cluster.kafka()
    headers = [("ce_id", b"1"), ("ce_type", b"bridge.comment-asked.v1")]
    await compressed(cluster, b"x" * 3_000_000, headers)
    await kafka.publish(asked("mallory", "after that"))
    [letter] = await cluster.records("dead-letters.v1", 1)
    await until(lambda: done == ["after that"])

    told = dict(letter.headers)
    assert told["dlq_reason"] == b"invalid"
    assert told["dlq_truncated"] == b"3000000"
    assert letter.value == b"x" * 65536


async def test_a_message_too_large_to_be_parked_is_set_aside_and_its_key_goes_on(cluster: Cluster) -> None:
    done: list[str] = []

    async def handler(event: CommentAsked) -> None:
        if event.text.startswith("large"):
            raise Unavailable("jira is down")
        done.append(event.text)

    await cluster.replica(handler, park_after=timedelta(milliseconds=50))
    large = asked("mallory", "large" * 500_000)
    headers = [("ce_id", b"1"), ("ce_type", b"bridge.comment-asked.v1")]
    await compressed(cluster, large.model_dump_json().encode(), headers)
    kafka = await cluster.kafka()
    await kafka.publish(asked("mallory", "after that"))
    [letter] = await cluster.records("dead-letters.v1", 1)
    await until(lambda: done == ["after that"])

    assert dict(letter.headers)["dlq_reason"] == b"too_large"


async def compressed(cluster: Cluster, value: bytes, headers: Sequence[tuple[str, bytes | None]]) -> None:
    """Publish under mallory's key as a foreign producer may."""
    producer = AIOKafkaProducer(
        bootstrap_servers=cluster.settings.kafka_bootstrap, compression_type="gzip", max_request_size=8_000_000
    )
    await producer.start()
    await producer.send_and_wait("teams.intents.v1", value, b"t|mallory", headers=headers)
    await producer.stop()


async def test_parking_keeps_repeated_headers_and_those_without_a_value(cluster: Cluster) -> None:
    async def fails(_: CommentAsked) -> None:
        raise Unavailable("jira is down")

    await cluster.replica(fails, park_after=timedelta(milliseconds=50))
    event = asked("mallory", "headers")
    odd: list[tuple[str, bytes | None]] = [("note", b"1"), ("note", b"2"), ("empty", None)]
    ours: list[tuple[str, bytes | None]] = [("ce_id", b"1"), ("ce_type", event.event_type().encode())]
    await compressed(cluster, event.model_dump_json().encode(), [*odd, *ours])
    [parked] = await cluster.records("jira-actor.retry.v1", 1)

    assert list(parked.headers[:5]) == [*odd, *ours]


async def test_retry_partitions_cost_nothing_while_nothing_is_parked(cluster: Cluster) -> None:
    handled: list[str] = []

    async def handler(event: CommentAsked) -> None:
        handled.append(event.text)

    replica = await cluster.replica(handler)
    kafka = await cluster.kafka()
    await kafka.publish(asked("ada", "1"))
    await until(lambda: handled == ["1"])
    consumer = replica._consumer
    assert consumer is not None

    retry = {partition for partition in consumer.assignment() if partition.topic == "jira-actor.retry.v1"}
    assert len(retry) == 6
    await until(lambda: consumer.paused() == retry)


async def test_a_question_to_key_vault_bears_the_id_of_the_intent_it_is_asked_for(cluster: Cluster) -> None:
    kafka = await cluster.kafka()
    inbox = Inbox(kafka, timedelta(seconds=1))

    async def handler(_: CommentAsked) -> None:
        await inbox.ask(lambda ask: SecretsOpeningAsked(ask=ask, tenant_id="t", secrets=()))

    await cluster.replica(handler)
    event = asked("ada", "1")
    await kafka.publish(event)
    [question] = await cluster.records("keys.requests.v1", 1)

    assert dict(question.headers)["correlation_id"].decode() == event.origin.intent_id
