"""Delivery: at least once from Kafka to a handler and back, in order per key, and nothing lost on the way.

tolerant parse → (else dead letter) → handler → confirmed publish of what it returned → contiguous commit.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from opentelemetry import propagate, trace

from chassis.attempt import perhaps_done
from chassis.dead_letters import dead_letter
from chassis.envelope import Attributes, answer_id, attributes, decode
from chassis.errors import Poison, Unavailable
from chassis.kafka import Kafka, fetches
from chassis.lanes import Lanes, Slots
from chassis.metrics import Metrics
from chassis.progress import Progress
from chassis.settings import ServiceSettings
from contracts.catalogue import BY_TYPE
from contracts.event import Event

log = structlog.get_logger()
tracer = trace.get_tracer("bridge")


@dataclass(frozen=True)
class To:
    """An answer and where it goes."""

    event: Event
    partition: int | None = None
    """None: the one its key leads to."""


Answer = Event | To | Sequence[Event | To] | None
Handler = Callable[[Any], Awaitable[Answer]]
COMMIT_EVERY = timedelta(milliseconds=200)
PATIENCE_ON_REVOKE = timedelta(seconds=10)


@dataclass(frozen=True)
class Retry:
    """How long a message is tried again when something it needs is unavailable."""

    first: timedelta
    longest: timedelta
    budget: timedelta

    def pause(self, attempt: int, error: Unavailable) -> float:
        """Give the seconds to wait after this attempt: jittered, doubling, never below what the far side asked for."""
        doubled = min(self.first * 2 ** min(attempt - 1, 20), self.longest)
        jittered: float = doubled.total_seconds() * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        asked: float = error.retry_after.total_seconds() if error.retry_after else 0.0
        return max(jittered, asked)


class Delivery(ConsumerRebalanceListener):
    """One consumer group member: reads topics, runs handlers in lanes, commits what is done."""

    def __init__(self, kafka: Kafka, settings: ServiceSettings, metrics: Metrics) -> None:
        self.last_poll = time.monotonic()
        self._kafka = kafka
        self._metrics = metrics
        self._backlog = settings.backlog
        self._retry = Retry(settings.retry_first, settings.retry_longest, settings.retry_budget)
        self._lanes = Lanes(settings.lanes, settings.lanes_per_tenant)
        self._handlers: dict[str, tuple[type[Event], Handler]] = {}
        self._assigned: dict[TopicPartition, Progress] = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def on(self, kind: type[Event], handler: Handler) -> None:
        """Handle events of this kind."""
        self._handlers[kind.event_type()] = (kind, handler)

    @property
    def topics(self) -> list[str]:
        """Name the topics that the handlers read."""
        return sorted({kind.topic for kind, _ in self._handlers.values()})

    async def start(self) -> None:
        """Join the group and begin to read."""
        self._consumer = await self._kafka.group_consumer(self.topics, self)
        self._tasks = [asyncio.create_task(self._read(self._consumer)), asyncio.create_task(self._commit_often())]

    async def stop(self, drain: timedelta) -> None:
        """Read no more, give what is under way `drain` to end, commit, leave the group."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._consumer is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(drain.total_seconds()):
                await self._lanes.idle()
        await self._lanes.drop(lambda _: True, patience=0)
        await self.commit()
        await self._consumer.stop()

    async def run(self) -> None:
        """Wait until reading, committing or a lane ends by an error."""
        await asyncio.gather(self._lanes.broken, *self._tasks)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Begin anew with partitions that are ours from now on."""
        for partition in assigned:
            self._assigned.setdefault(partition, Progress())

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let what runs end, commit, and drop what is no longer ours."""
        lost = set(revoked)
        await self._lanes.drop(lambda lane: _partition_of(lane) in lost, PATIENCE_ON_REVOKE.total_seconds())
        await self.commit()
        for partition in lost:
            self._assigned.pop(partition, None)

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
            read = [(self._assigned[partition], records) for partition, records in fetched.items()]
            await self._mark_ends(consumer)
            for progress, records in read:
                # A rebalance during the wait made these records somebody's, perhaps ours, to read again.
                if progress in self._assigned.values():
                    for record in records:
                        self._take(record, progress)
            self._hold_back(consumer)

    async def _mark_ends(self, consumer: AIOKafkaConsumer) -> None:
        """Note where the log of new partitions ends: what lies below may have been done before by another."""
        new = {partition: progress for partition, progress in self._assigned.items() if progress.log_end is None}
        if not new:
            return
        try:
            ends = await consumer.end_offsets(list(new))
        except KafkaError as error:
            log.warning("log_end_unknown", error=type(error).__name__)
            return
        for partition, progress in new.items():
            progress.log_end = ends[partition]

    def _hold_back(self, consumer: AIOKafkaConsumer) -> None:
        """Stop fetching partitions whose backlog is full, and go on with those that have room; polling never stops."""
        mine = consumer.assignment()
        full = {tp for tp, progress in self._assigned.items() if progress.under_way >= self._backlog} & mine
        paused = consumer.paused()
        if late := full - paused:
            consumer.pause(*late)
        if ready := (paused & mine) - full:
            consumer.resume(*ready)

    def _take(self, record: "ConsumerRecord[Any, Any]", progress: Progress) -> None:
        progress.taken(record.offset)
        partition = TopicPartition(record.topic, record.partition)

        async def job(slots: Slots) -> None:
            await self._handle(record, slots, below_end=progress.is_below_end(record.offset))
            progress.done(record.offset)

        # A key begins with its tenant: ours, or Teams' own.
        tenant = (record.key or b"").split(b"|")[0].split(b":")[0].decode(errors="replace")
        self._lanes.add((partition, record.key), tenant, job)

    async def _handle(self, record: "ConsumerRecord[Any, Any]", slots: Slots, *, below_end: bool) -> None:
        began = time.monotonic()
        kind = "unreadable"
        attempt = 0
        while True:
            attempt += 1
            try:
                async with slots:
                    told = attributes(record.headers)
                    kind = told.type
                    result = await self._attempt(told, record, again=below_end or attempt > 1)
            except Unavailable as error:
                pause = self._retry.pause(attempt, error)
                if time.monotonic() - began + pause > self._retry.budget.total_seconds():
                    await self._set_aside(record, Poison("unavailable", str(error)), attempt)
                    result = "dead_letter"
                    break
                self._metrics.retried.labels(kind).inc()
                log.warning("unavailable", type=kind, attempt=attempt, pause=round(pause, 2), error=str(error))
                await asyncio.sleep(pause)
            except Poison as poison:
                await self._set_aside(record, poison, attempt)
                result = "dead_letter"
                break
            else:
                break
        self._metrics.handled.labels(kind, result).inc()
        self._metrics.seconds.labels(kind).observe(time.monotonic() - began)

    async def _attempt(self, told: Attributes, record: "ConsumerRecord[Any, Any]", *, again: bool) -> str:
        """Parse, handle and publish once; a handler's own bug is poison: trying again would not mend it."""
        if told.type not in self._handlers and told.type in BY_TYPE:
            return "ignored"
        event = decode(told, record.value)
        _, handler = self._handlers[told.type]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(intent=told.correlation_id, event=told.type)
        perhaps_done.set(again)
        with tracer.start_as_current_span(f"handle {told.type}", context=propagate.extract(told.carrier)):
            try:
                answer = await handler(event)
            except (Unavailable, Poison):
                raise
            except Exception as bug:  # broad on purpose: the message must not be lost to a bug, nor block its lane
                log.exception("handler_failed")
                raise Poison("handler_failed", f"{type(bug).__name__} in the handler of {told.type}") from bug
            for place, to in enumerate(_listed(answer)):
                await self._kafka.publish(to.event, told, answer_id(told, place, to.event), to.partition)
        return "answered"

    async def _set_aside(self, record: "ConsumerRecord[Any, Any]", why: Poison, attempts: int) -> None:
        """Publish the dead letter; until Kafka takes it, the message stays where it is."""
        letter = dead_letter(record, self._kafka.service, why, attempts)
        while True:
            try:
                await self._kafka.send(letter)
            except Unavailable as error:
                log.warning("dead_letter_waits", error=str(error))
                await asyncio.sleep(self._retry.longest.total_seconds() / 4)
            else:
                self._metrics.dead_letters.labels(why.reason).inc()
                log.error("dead_letter", reason=why.reason, detail=str(why), topic=record.topic, offset=record.offset)
                return


def _partition_of(lane: Hashable) -> TopicPartition | None:
    return lane[0] if isinstance(lane, tuple) else None


def _listed(answer: Answer) -> Sequence[To]:
    if answer is None:
        return ()
    answers = (answer,) if isinstance(answer, Event | To) else answer
    return [item if isinstance(item, To) else To(item) for item in answers]
