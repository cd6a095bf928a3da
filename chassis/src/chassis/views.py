"""Views: another service's state, kept here as the last value per key of a compacted topic."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from chassis.bounded import Recent
from chassis.envelope import describe
from chassis.errors import Unavailable
from chassis.kafka import Fetched, Kafka, fetches, stop
from chassis.view_file import ViewFile
from contracts.event import Event

log = structlog.get_logger()
E = TypeVar("E", bound=Event)
CATCH_UP = timedelta(seconds=2)
AT_ONCE = 1_000
"""Records written in one go, some ten milliseconds: what else the process does has its turn in between."""
REMEMBERED = 1_000
"""Events kept as they were read last, and as many names."""


class View(Generic[E]):
    """The last event per key, in an SQLite file (or in memory), rebuilt from the topic when lost.

    `found_by` gives each event a second name under which `find` finds it. A last value that cannot be read is logged
    and is as if it were not there, whatever stood there before.
    """

    def __init__(self, kind: type[E], found_by: Callable[[E], str] | None = None, file: Path | None = None) -> None:
        self.kind = kind
        self.ready = asyncio.Event()
        """Set once the view has read to the end that it saw at start."""
        self.changed: list[Callable[[str], None]] = []
        """Called with the key of every row that changes or goes."""
        self._found_by = found_by
        self._file = ViewFile(file)
        self._events: Recent[str, E] = Recent(REMEMBERED)
        self._found: Recent[str, tuple[E, ...]] = Recent(REMEMBERED)
        self._kafka: Kafka | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._applying = False

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._file)

    def get(self, key: str) -> E | None:
        """Give the last event of a key."""
        if (event := self._events.get(key)) is not None:
            return event
        value = self._file.get(key)
        event = self._read(key, value) if value is not None else None
        if event is not None:
            self._events.put(key, event)
        return event

    def find(self, name: str) -> list[E]:
        """Give the events that `found_by` names so, by key."""
        found = self._found.get(name)
        if found is None:
            read = [self._read(key, value) for key, value in self._file.find(name)]
            found = tuple(event for event in read if event is not None)
            self._found.put(name, found)
        return list(found)

    async def fresh(self, key: str) -> E | None:
        """Give the last event of a key; where there is none, first read on to where the topic ends now.

        For those who were told of a row by a faster way than this view. Raises Unavailable when that takes too long.
        """
        if (found := self.get(key)) or self._consumer is None or self._kafka is None:
            return found
        try:
            async with asyncio.timeout(CATCH_UP.total_seconds()):
                ends = await self._kafka.ends(self._consumer.assignment())
                while not await self._reached(self._consumer, ends):  # noqa: ASYNC110 - `run` reads, within milliseconds
                    await asyncio.sleep(0.002)
        except (KafkaError, TimeoutError) as error:
            raise Unavailable(f"the view of {self.kind.topic} did not catch up in time") from error
        return self.get(key)

    async def start(self, kafka: Kafka) -> None:
        """Read what is there; `ready` is set at the end of it, and `run` reads on."""
        self._kafka = kafka
        self._consumer = await kafka.whole_topic_consumer(self.kind.topic)

    async def run(self) -> None:
        """Read for ever."""
        consumer = self._consumer
        assert consumer is not None
        ends = await self._go_on(consumer)
        began = time.monotonic()
        await self._look_whether_ready(consumer, ends, began)
        async for fetched in fetches(consumer):
            await self._apply_all(fetched)
            await self._look_whether_ready(consumer, ends, began)

    async def stop(self) -> None:
        """Stop reading and close the file."""
        if self._consumer:
            await stop(self._consumer)
        self._file.close()

    async def _go_on(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Go to where the file ends; begin anew where the topic is not the one that the file was made from."""
        partitions = list(consumer.assignment())
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        first = await consumer.beginning_offsets(partitions)
        known = self._file.read_to()
        fits = all(first[tp] <= known[tp.partition] <= ends[tp] for tp in partitions if tp.partition in known)
        if not fits:
            log.warning("view_rebuilt", topic=self.kind.topic)
            self._file.make_anew()
            self._forget()
            known = {}
        for tp in partitions:
            consumer.seek(tp, known.get(tp.partition, first[tp]))
        return ends

    async def _look_whether_ready(
        self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int], began: float
    ) -> None:
        if not self.ready.is_set() and await self._reached(consumer, ends):
            if not self._file.complete:
                self._file.mark_complete()
            self.ready.set()
            log.info("view_ready", topic=self.kind.topic, rows=len(self), seconds=round(time.monotonic() - began, 2))

    async def _reached(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
        """Tell whether all up to these offsets is in the file: Kafka's position is ahead while a fetch is applied."""
        return all([await consumer.position(tp) >= end for tp, end in ends.items()]) and not self._applying

    async def _apply_all(self, fetched: Fetched) -> None:
        self._applying = True
        for partition, records in fetched.items():
            for start in range(0, len(records), AT_ONCE):
                await asyncio.sleep(0)
                self._apply(partition, records[start : start + AT_ONCE])
        self._applying = False

    def _apply(self, partition: TopicPartition, records: list["ConsumerRecord[Any, Any]"]) -> None:
        values = {str(record.key or b"", errors="replace"): record.value for record in records}
        names = self._names(values) if self._found_by else {}
        self._file.write(partition.partition, records[-1].offset + 1, values, names)
        self._forget()
        for key in values if self.changed else ():
            for tell in self.changed:
                tell(key)

    def _names(self, values: dict[str, bytes | None]) -> dict[str, str]:
        """Read the events for the names that `found_by` gives them; without names nobody reads them before `get`."""
        assert self._found_by is not None
        read = {key: self._read(key, value) for key, value in values.items() if value is not None}
        return {key: self._found_by(event) for key, event in read.items() if event is not None}

    def _read(self, key: str, value: bytes) -> E | None:
        try:
            return self.kind.model_validate_json(value)
        except ValidationError as error:
            log.error("view_row_skipped", topic=self.kind.topic, key=key, detail=describe(error))  # noqa: TRY400
            return None

    def _forget(self) -> None:
        """Look into the file again: any of it may have changed."""
        self._events, self._found = Recent(REMEMBERED), Recent(REMEMBERED)
