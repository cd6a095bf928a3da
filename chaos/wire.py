"""A look at Kafka from outside: wait for the next message of a topic, put poison in, read the dead letters."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.topics import TOPICS

DEAD_LETTERS = "dead-letters.v1"
POLL_MS = 50
BIGGEST = 8 * 1024 * 1024
PARTITIONS = {topic.name: topic.partitions for topic in TOPICS}


@dataclass(frozen=True)
class Place:
    """Where a message lies."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class DeadLetter:
    """Where a dead letter came from, and why it is one."""

    origin: Place
    reason: str
    detail: str
    service: str


async def on_next(bootstrap: str, topic: str, then: Callable[[], None], kind: str = "") -> None:
    """Call `then` the moment that the next message of this topic, with `kind` in its event type, can be read."""
    async with _consumer(bootstrap) as consumer:
        await consumer.seek_to_end(*_assign(consumer, topic))
        while True:
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                if any(kind in _headers(record).get("ce_type", "") for record in records):
                    then()
                    return


async def publish(bootstrap: str, messages: Sequence[dict[str, Any]]) -> list[Place]:
    """Publish raw messages; compressed, so that the broker also takes what is larger than it allows."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type="gzip", max_request_size=BIGGEST)
    await producer.start()
    try:
        told = [await producer.send_and_wait(**message) for message in messages]
    finally:
        await producer.stop()
    return [Place(one.topic, one.partition, one.offset) for one in told]


async def dead_letters(bootstrap: str) -> list[DeadLetter]:
    """All dead letters so far."""
    found = []
    async with _consumer(bootstrap) as consumer:
        partitions = _assign(consumer, DEAD_LETTERS)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                found += [_dead_letter(record) for record in records]
    return found


def _dead_letter(record: Any) -> DeadLetter:
    headers = _headers(record)
    origin = Place(headers["dlq_topic"], int(headers["dlq_partition"]), int(headers["dlq_offset"]))
    return DeadLetter(origin, headers["dlq_reason"], headers.get("dlq_detail", ""), headers["dlq_service"])


def _headers(record: Any) -> dict[str, str]:
    return {name: (value or b"").decode(errors="replace") for name, value in record.headers}


@asynccontextmanager
async def _consumer(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=POLL_MS,
        max_partition_fetch_bytes=BIGGEST,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        with suppress(KafkaError, asyncio.CancelledError):
            await consumer.stop()


def _assign(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS[topic])]
    consumer.assign(partitions)
    return partitions
