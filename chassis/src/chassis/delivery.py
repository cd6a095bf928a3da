"""Delivery: at least once from Kafka to a handler and back, in order per key, and nothing lost on the way.

This is the consumer group's side: which partitions are ours, what is read, what may be committed. `handling.py`
brings each message to its end, `lanes.py` keeps the order.
"""

import asyncio
import time
from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from chassis.handling import Handler, Handling, Told
from chassis.kafka import Kafka, fetches, stop
from chassis.lag import Lag
from chassis.lanes import Lanes, Slots
from chassis.metrics import Metrics
from chassis.parking import retry_topic
from chassis.progress import Progress
from chassis.settings import ServiceSettings
from chassis.watchdog import Watchdog
from contracts.event import Event

log = structlog.get_logger()
COMMIT_EVERY = timedelta(seconds=1)
"""What a crash repeats is looked for before it is done again; a commit costs each broker and us about as a message."""
PATIENCE_ON_REVOKE = timedelta(seconds=10)
PARKED_BACKLOG = 20
"""How many times the backlog of another partition the retry topic's may be: it is where waiting is done."""
LOOK_EVERY, LOOK_FOR = timedelta(seconds=10), timedelta(seconds=1)
"""When retry partitions are read where, as far as we know, nothing waits: each partition costs in every fetch."""
Read = tuple[TopicPartition, Progress, "list[ConsumerRecord[Any, Any]]"]


class Delivery(ConsumerRebalanceListener):
    """One consumer group member: reads topics, runs handlers in lanes, commits what is done."""

    def __init__(self, kafka: Kafka, settings: ServiceSettings, metrics: Metrics) -> None:
        self.last_poll = time.monotonic()
        self._kafka = kafka
        self._metrics = metrics
        self._backlog = settings.backlog
        self._recheck = settings.recheck.total_seconds()
        self._handling = Handling(kafka, settings, metrics)
        self._lanes = Lanes(settings.lanes, settings.lanes_per_tenant)
        self._retry_topic = retry_topic(kafka.service)
        self._assigned: dict[TopicPartition, Progress] = {}
        self._new: set[TopicPartition] = set()
        """Assigned partitions of which it is not known yet where their logs ended then."""
        self._paused: set[TopicPartition] | None = None
        """What we paused; None after a rebalance, which may have undone it."""
        self._held: list[Read] = []
        self._consumer: AIOKafkaConsumer | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def on(self, kind: type[Event], handler: Handler) -> None:
        """Handle events of this kind."""
        self._handling.handlers[kind.event_type()] = (kind, handler)

    def tell(self, delayed: Told, given_up: Told) -> None:
        """Have something said when a message must wait, and when it is given up."""
        self._handling.on_delayed, self._handling.on_given_up = delayed, given_up

    @property
    def topics(self) -> list[str]:
        """Name the topics that the handlers read."""
        return sorted({kind.topic for kind, _ in self._handling.handlers.values()})

    async def start(self) -> None:
        """Join the group and begin to read."""
        self._consumer = await self._kafka.group_consumer([*self.topics, self._retry_topic], self)
        lag = Lag(self._consumer, self._assigned, TopicPartition(self._retry_topic, 0), self._metrics)
        work = (self._read(self._consumer), self._commit_often(), Watchdog(self._consumer).run(), lag.run())
        self._tasks = [asyncio.create_task(one) for one in work]

    async def stop(self, drain: timedelta) -> None:
        """Read no more, give what was begun `drain` to end, commit, leave the group; others do what waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._consumer is None:
            return
        await self._lanes.drop(lambda _: True, drain.total_seconds())
        await self.commit()
        await stop(self._consumer)

    async def run(self) -> None:
        """Wait until reading, committing, the watchdog or a lane ends by an error."""
        await asyncio.gather(self._lanes.broken, *self._tasks)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Begin anew with partitions that are ours from now on."""
        for partition in assigned:
            progress = self._assigned.setdefault(partition, Progress(time.monotonic() + self._recheck))
            progress.restored = partition.topic != self._retry_topic
        self._new = {partition for partition, progress in self._assigned.items() if progress.log_end is None}
        self._paused = None

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let what runs end, commit, and drop what is no longer ours."""
        lost = set(revoked)
        await self._lanes.drop(lambda lane: _partition_of(lane) in lost, PATIENCE_ON_REVOKE.total_seconds())
        await self.commit()
        for partition in lost:
            self._assigned.pop(partition, None)
        self._new -= lost
        self._paused = None
        self._handling.lot.forget({partition.partition for partition in lost})
        self._held.clear()

    async def commit(self) -> None:
        """Commit all that is done without gaps."""
        offsets = {
            partition: offset
            for partition, progress in self._assigned.items()
            if (offset := progress.committable()) is not None
        }
        if not offsets or self._consumer is None:
            return
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            log.info("commit_outdated")
        except KafkaError as error:
            log.warning("commit_failed", error=type(error).__name__)
        else:
            for partition, offset in offsets.items():
                if progress := self._assigned.get(partition):
                    progress.committed = offset

    async def _commit_often(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_EVERY.total_seconds())
            await self.commit()
            self._metrics.under_way.set(sum(progress.under_way for progress in self._assigned.values()))

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        await self._mark_ends(consumer)
        async for fetched in fetches(consumer):
            self.last_poll = time.monotonic()
            read = [
                (partition, self._assigned[partition], records)
                for partition, records in fetched.items()
                if partition in self._assigned
            ]
            await self._mark_ends(consumer)
            waiting, self._held = [*self._held, *read], []
            # Parked messages first: what follows under their keys must find them here.
            for one in sorted(waiting, key=lambda one: one[0].topic != self._retry_topic):
                self._take_all(one)
            self._hold_back(consumer)

    async def _mark_ends(self, consumer: AIOKafkaConsumer) -> None:
        """Note where the log of new partitions ends: what lies below may have been done before by another."""
        if not self._new:
            return
        new = {partition: self._assigned[partition] for partition in self._new}
        try:
            ends = await consumer.end_offsets(list(new))
            begins = {tp: await consumer.position(tp) for tp in new if tp.topic == self._retry_topic}
        except (KafkaError, IllegalStateError) as error:
            log.warning("log_end_unknown", error=type(error).__name__)
            return
        for partition, progress in new.items():
            progress.log_end = ends[partition]
            progress.restored = begins.get(partition, 0) >= ends[partition]
        self._new -= new.keys()

    def _take_all(self, read: Read) -> None:
        partition, progress, records = read
        if self._assigned.get(partition) is not progress:
            return  # a rebalance made these records somebody's, perhaps ours, to read again
        if partition.topic != self._retry_topic and not self._restored(partition.partition):
            self._held.append(read)
            return
        now = time.monotonic()
        for record in records:
            progress.taken(record.offset, record.timestamp)
            if self._handling.ignores(record):
                progress.done(record.offset)
            else:
                self._take(partition, record, progress, now)

    def _restored(self, number: int) -> bool:
        """Tell whether all that was parked from partitions of this number is known."""
        twin = self._assigned.get(TopicPartition(self._retry_topic, number))
        return twin is None or twin.restored

    def _hold_back(self, consumer: AIOKafkaConsumer) -> None:
        """Stop fetching partitions that are full or must wait, go on with the others; polling never stops."""
        now = time.monotonic()
        stop = {tp for tp, progress in self._assigned.items() if self._must_pause(tp, progress, now)}
        if stop == self._paused:
            return
        mine = consumer.assignment()
        paused = consumer.paused()
        if late := (stop & mine) - paused:
            consumer.pause(*late)
        if ready := (paused & mine) - stop:
            consumer.resume(*ready)
        self._paused = stop & mine

    def _must_pause(self, partition: TopicPartition, progress: Progress, now: float) -> bool:
        if partition.topic == self._retry_topic:
            return progress.under_way >= self._backlog * PARKED_BACKLOG or self._rests(partition, progress, now)
        return progress.under_way >= self._backlog or not self._restored(partition.partition)

    def _rests(self, partition: TopicPartition, progress: Progress, now: float) -> bool:
        """Tell whether nothing can wait in a retry partition: only we park there, and we know what we parked.

        Now and then it is read all the same: one who lost the partition may have parked a last message.
        """
        if not progress.restored or not self._handling.lot.empty(partition.partition):
            return False
        return now % LOOK_EVERY.total_seconds() >= LOOK_FOR.total_seconds()

    def _take(
        self, partition: TopicPartition, record: "ConsumerRecord[Any, Any]", progress: Progress, now: float
    ) -> None:
        case = self._handling.take(record, may_be_done=progress.may_be_done(record.offset, now))

        async def job(slots: Slots) -> None:
            await self._handling.handle(case, slots)
            progress.done(record.offset)

        # A key begins with its tenant: ours, or Teams' own.
        tenant = (record.key or b"").split(b"|")[0].split(b":")[0].decode(errors="replace")
        self._lanes.add((partition, record.key), tenant, job)


def _partition_of(lane: Hashable) -> TopicPartition | None:
    return lane[0] if isinstance(lane, tuple) else None
