"""Kafka as a log: reading topics from a time to where they end now, and putting a message back as it was."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from bridge.kafka_admin import KafkaAdmin, KafkaAdminError, KafkaUnreachable
from bridge.progress_bar import progress_bar
from chassis.envelope import RawHeaders
from chassis.kafka import BIGGEST_DEAD_LETTER
from chassis.kafka_login import client_options
from chassis.settings import ServiceSettings
from contracts.topics import TOPICS

PATIENCE = timedelta(seconds=20)
POLL_MS = 500
MOST_AT_ONCE = 2_000
Records = list["ConsumerRecord[Any, Any]"]
ShowProgress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class RawMessage:
    """A message to the byte; `partition` None: the one its key leads to."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: RawHeaders


class NotTaken(KafkaAdminError):
    """Kafka refuses this one message; others may go."""


class KafkaLog:
    """Reads without a consumer group, so that nobody's place moves; for `async with`."""

    def __init__(self, settings: ServiceSettings, show: ShowProgress = progress_bar) -> None:
        self._settings = settings
        self._where = settings.kafka_bootstrap
        self._show = show
        self._partitions: dict[str, int] = {}
        self._consumer = AIOKafkaConsumer(
            **_connection(settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=int(settings.kafka_fetch_max_wait / timedelta(milliseconds=1)),
            request_timeout_ms=10_000,
        )

    async def __aenter__(self) -> Self:
        async with KafkaAdmin(self._settings) as kafka:
            found = await kafka.topics([topic.name for topic in TOPICS])
        self._partitions = {name: topic.partitions for name, topic in found.items()}
        await _started(self._consumer, self._where)
        # One assignment for good: aiokafka's stop() may wait for ever soon after another one.
        places = self._places(self._partitions)
        self._consumer.assign(places)
        self._consumer.pause(*places)
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        try:
            await self._consumer.stop()
        except asyncio.CancelledError:  # with the broker gone, aiokafka lets out the cancellation of its own fetch
            if (task := asyncio.current_task()) and task.cancelling():
                raise

    def missing(self, *topics: str) -> list[str]:
        """Those of the named topics that do not exist."""
        return [topic for topic in topics if topic not in self._partitions]

    async def read(self, topics: Sequence[str], what: str, since: datetime | None = None) -> AsyncIterator[Records]:
        """Give all records of these topics, from `since` on, up to where each partition ends at this moment."""
        with _in_words():
            spans = await self._spans(topics, since)
            with self._show(what, sum(end - start for start, end in spans.values())) as move_on:
                async for records in self._read(spans):
                    move_on(len(records))
                    yield [one for one in records if since is None or one.timestamp >= since.timestamp() * 1000]

    async def at(self, topic: str, partition: int, offset: int) -> "ConsumerRecord[Any, Any] | None":
        """Give the one record at a place, or None where there is none (any more)."""
        place = TopicPartition(topic, partition)
        if partition >= self._partitions.get(topic, 0):
            return None
        with _in_words():
            begins, ends = (await self._ends([place]))[place]
            if not begins <= offset < ends:
                return None
            found = [record async for records in self._read({place: (offset, offset + 1)}) for record in records]
        return found[0] if found else None

    def _places(self, topics: Iterable[str]) -> list[TopicPartition]:
        return [TopicPartition(topic, n) for topic in topics for n in range(self._partitions.get(topic, 0))]

    async def _spans(self, topics: Sequence[str], since: datetime | None) -> dict[TopicPartition, tuple[int, int]]:
        places = self._places(topics)
        spans = await self._ends(places)
        if since is None or not places:
            return spans
        found = await self._consumer.offsets_for_times(dict.fromkeys(places, int(since.timestamp() * 1000)))
        return {place: (_start(span, found.get(place)), span[1]) for place, span in spans.items()}

    async def _ends(self, places: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        begins, ends = await self._consumer.beginning_offsets(places), await self._consumer.end_offsets(places)
        return {place: (begins[place], ends[place]) for place in places}

    async def _read(self, spans: dict[TopicPartition, tuple[int, int]]) -> AsyncIterator[Records]:
        unread = {place: end for place, (start, end) in spans.items() if start < end}
        for place in unread:
            self._consumer.seek(place, spans[place][0])
        self._consumer.resume(*unread)
        heard = time.monotonic()
        while unread:
            fetched = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_AT_ONCE)
            for place, records in fetched.items():
                yield [record for record in records if record.offset < unread.get(place, 0)]
            heard = time.monotonic() if fetched else heard
            for place in [place for place, end in unread.items() if await self._consumer.position(place) >= end]:
                self._consumer.pause(place)
                del unread[place]
            if time.monotonic() - heard > PATIENCE.total_seconds():
                raise KafkaUnreachable(f"Kafka at {self._where} stopped answering while it was read.")


class KafkaWriter:
    """Puts messages into the log, each confirmed by all in-sync replicas; for `async with`."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._where = settings.kafka_bootstrap
        self._producer = AIOKafkaProducer(
            **_connection(settings),
            acks="all",
            enable_idempotence=settings.kafka_idempotence,
            max_request_size=BIGGEST_DEAD_LETTER,
            request_timeout_ms=10_000,
        )

    async def __aenter__(self) -> Self:
        await _started(self._producer, self._where)
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def send(self, message: RawMessage) -> None:
        """Send one message and wait for the confirmation; raises NotTaken, or KafkaAdminError where Kafka is out."""
        try:
            await self._producer.send_and_wait(
                message.topic,
                message.value,
                message.key,
                partition=message.partition,
                headers=list(message.headers),
            )
        except MessageSizeTooLargeError as error:
            raise NotTaken(f"it is larger than Kafka takes on {message.topic}") from error
        except KafkaError as error:
            raise KafkaAdminError(f"Kafka did not confirm a message: {type(error).__name__}.") from error


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise KafkaAdminError(f"Kafka could not be read: {type(error).__name__}.") from error


def _connection(settings: ServiceSettings) -> dict[str, Any]:
    try:
        secured = client_options(settings)
    except OSError as error:
        raise KafkaUnreachable(f"The certificates for Kafka cannot be read: {error.strerror}.") from error
    return {"bootstrap_servers": settings.kafka_bootstrap.split(","), "client_id": "bridge", **secured}


async def _started(client: AIOKafkaConsumer | AIOKafkaProducer, where: str) -> None:
    try:
        await client.start()
    except (KafkaError, ValueError) as error:  # ValueError: no host:port
        await client.stop()
        raise KafkaUnreachable(f"No Kafka broker answered at {where}.") from error


def _start(span: tuple[int, int], found: Any) -> int:
    """Where to begin: the embedded broker says -1 for times it knows nothing of, and 0 for all others."""
    if found is None:
        return span[1]
    if found.timestamp < 0:
        return span[0]
    return max(span[0], min(int(found.offset), span[1]))
