"""What handling one message reads, traces and publishes; with Kafka played by a fake."""

import asyncio
from typing import Any, cast

from aiokafka import ConsumerRecord
from tests.chassis.cluster import asked
from tests.chassis.records import Record

from chassis.attempt import cause
from chassis.envelope import Attributes, Outgoing, encode
from chassis.handling import Handling
from chassis.kafka import Kafka
from chassis.lanes import Slots
from chassis.metrics import Metrics
from chassis.settings import ServiceSettings
from contracts.event import Event
from contracts.outcomes import Refused
from contracts.teams import CommentAsked, SearchAsked

SAMPLED = "00-11111111111111111111111111111111-2222222222222222-01"


class FakeKafka:
    """Keeps what was published, as it would be sent."""

    service = "jira-actor"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def publish(
        self, event: Event, cause: Attributes | None = None, event_id: str | None = None, partition: int | None = None
    ) -> None:
        self.sent.append(encode(event, self.service, cause, event_id))


def handling(kafka: FakeKafka, metrics: Metrics) -> Handling:
    return Handling(cast("Kafka", kafka), ServiceSettings(), metrics)


def record(headers: dict[str, str]) -> "ConsumerRecord[Any, Any]":
    message = encode(asked("ada", "hello"), "bot-gateway")
    told = {**message.headers, **headers}
    raw = Record(message.key, message.value, [(name, value.encode()) for name, value in told.items()])
    return cast("ConsumerRecord[Any, Any]", raw)


async def handled(headers: dict[str, str]) -> Outgoing:
    kafka = FakeKafka()
    work = handling(kafka, Metrics())

    async def refuses(event: CommentAsked) -> Refused:
        told = cause.get()
        assert told is not None
        return Refused(origin=event.origin, code="x", why=told.type)

    work.handlers[CommentAsked.event_type()] = (CommentAsked, refuses)
    case = work.take(record(headers), may_be_done=False)
    await work.handle(case, Slots(asyncio.Semaphore(1), asyncio.Semaphore(1)))
    [answer] = kafka.sent
    return answer


async def test_a_trace_that_is_recorded_goes_on_into_the_answer() -> None:
    answer = await handled({"traceparent": SAMPLED})

    assert answer.headers["traceparent"].split("-")[1] == SAMPLED.split("-")[1]


async def test_a_trace_that_nobody_records_is_not_begun() -> None:
    answer = await handled({})

    assert "traceparent" not in answer.headers


async def test_a_handler_knows_which_event_it_serves() -> None:
    answer = await handled({})

    assert b"bridge.comment-asked.v1" in (answer.value or b"")


async def test_what_is_for_others_is_passed_over_by_its_type_alone() -> None:
    metrics = Metrics()
    work = handling(FakeKafka(), metrics)
    work.handlers[SearchAsked.event_type()] = (SearchAsked, lambda _: asyncio.sleep(0))

    assert work.ignores(record({}))
    assert not work.ignores(record({"ce_type": SearchAsked.event_type()}))
    assert not work.ignores(record({"ce_type": "bridge.never-heard-of.v1"})), "an unknown type is a dead letter"
    counted = {"event": CommentAsked.event_type(), "result": "ignored"}
    assert metrics.registry.get_sample_value("bridge_messages_handled_total", counted) == 1
