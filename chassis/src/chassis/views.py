"""Views: another service's state, kept here as the last value per key of a compacted topic."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from chassis.envelope import describe
from chassis.errors import Unavailable
from chassis.kafka import Kafka, fetches, stop
from contracts.event import Event

log = structlog.get_logger()
E = TypeVar("E", bound=Event)
CATCH_UP = timedelta(seconds=2)
SCHEMA = """
create table if not exists rows (key text primary key, value blob not null, found_by text) without rowid;
create index if not exists rows_found_by on rows (found_by) where found_by is not null;
create table if not exists read_to (partition integer primary key, next integer not null);
"""


class View(Generic[E]):
    """The last event per key, in an SQLite file (or in memory), rebuilt from the topic when lost.

    `found_by` gives each event a second name under which `find` finds it.
    """

    def __init__(self, kind: type[E], found_by: Callable[[E], str] | None = None, file: Path | None = None) -> None:
        self.kind = kind
        self.ready = asyncio.Event()
        """Set once the view has read to the end that it saw at start."""
        self.changed: list[Callable[[str], None]] = []
        """Called with the key of every row that changes or goes."""
        self._found_by = found_by
        self._db = sqlite3.connect(file or ":memory:", isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = off")  # the topic is the truth; a torn file is rebuilt
        self._db.executescript(SCHEMA)
        self._consumer: AIOKafkaConsumer | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return int(self._db.execute("select count(*) from rows").fetchone()[0])

    def get(self, key: str) -> E | None:
        """Give the last event of a key."""
        row = self._db.execute("select value from rows where key = ?", (key,)).fetchone()
        return self.kind.model_validate_json(row[0]) if row else None

    def find(self, name: str) -> list[E]:
        """Give the events that `found_by` names so, by key."""
        rows = self._db.execute("select value from rows where found_by = ? order by key", (name,))
        return [self.kind.model_validate_json(value) for (value,) in rows.fetchall()]

    async def fresh(self, key: str) -> E | None:
        """Give the last event of a key; where there is none, first read on to where the topic ends now.

        For those who were told of a row by a faster way than this view. Raises Unavailable when that takes too long.
        """
        if (found := self.get(key)) or self._consumer is None:
            return found
        try:
            async with asyncio.timeout(CATCH_UP.total_seconds()):
                ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
                while not await self._reached(self._consumer, ends):  # noqa: ASYNC110 - `run` reads, within milliseconds
                    await asyncio.sleep(0.002)
        except (KafkaError, TimeoutError) as error:
            raise Unavailable(f"the view of {self.kind.topic} did not catch up in time") from error
        return self.get(key)

    async def start(self, kafka: Kafka) -> None:
        """Read what is there; `ready` is set at the end of it, and `run` reads on."""
        self._consumer = await kafka.whole_topic_consumer(self.kind.topic)

    async def run(self) -> None:
        """Read for ever."""
        consumer = self._consumer
        assert consumer is not None
        ends = await self._go_on(consumer)
        began = time.monotonic()
        await self._look_whether_ready(consumer, ends, began)
        async for fetched in fetches(consumer):
            for partition, records in fetched.items():
                self._apply(partition, records)
            await self._look_whether_ready(consumer, ends, began)

    async def stop(self) -> None:
        """Stop reading and close the file."""
        if self._consumer:
            await stop(self._consumer)
        self._db.close()

    async def _go_on(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Go to where the file ends; begin anew where the topic is not the one that the file was made from."""
        partitions = list(consumer.assignment())
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        first = await consumer.beginning_offsets(partitions)
        known = dict(self._db.execute("select partition, next from read_to").fetchall())
        fits = all(first[tp] <= known[tp.partition] <= ends[tp] for tp in partitions if tp.partition in known)
        if not fits:
            log.warning("view_rebuilt", topic=self.kind.topic)
            self._db.executescript("delete from rows; delete from read_to;")
            known = {}
        for tp in partitions:
            consumer.seek(tp, known.get(tp.partition, first[tp]))
        return ends

    async def _look_whether_ready(
        self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int], began: float
    ) -> None:
        if not self.ready.is_set() and await self._reached(consumer, ends):
            self.ready.set()
            log.info("view_ready", topic=self.kind.topic, rows=len(self), seconds=round(time.monotonic() - began, 2))

    async def _reached(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
        return all([await consumer.position(tp) >= end for tp, end in ends.items()])

    def _apply(self, partition: TopicPartition, records: list["ConsumerRecord[Any, Any]"]) -> None:
        changed = []
        self._db.execute("begin")
        for record in records:
            key = (record.key or b"").decode(errors="replace")
            if record.value is None:
                self._db.execute("delete from rows where key = ?", (key,))
            elif not self._keep(key, record):
                continue
            changed.append(key)
        self._db.execute("insert or replace into read_to values (?, ?)", (partition.partition, records[-1].offset + 1))
        self._db.execute("commit")
        for key in changed:
            for tell in self.changed:
                tell(key)

    def _keep(self, key: str, record: "ConsumerRecord[Any, Any]") -> bool:
        try:
            event = self.kind.model_validate_json(record.value)
        except ValidationError as error:
            log.error("view_row_skipped", topic=record.topic, offset=record.offset, detail=describe(error))  # noqa: TRY400
            return False
        name = self._found_by(event) if self._found_by else None
        self._db.execute("insert or replace into rows values (?, ?, ?)", (key, record.value, name))
        return True
