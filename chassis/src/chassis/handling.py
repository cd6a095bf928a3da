"""Handling one message: parse, handle, publish what came of it; wait, park or set aside where that fails."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import structlog
from aiokafka import ConsumerRecord
from opentelemetry import propagate, trace

from chassis.attempt import cause, perhaps_done
from chassis.bounded import Recent
from chassis.case import Case, Patience
from chassis.dead_letters import dead_letter, shortened
from chassis.envelope import Attributes, answer_id, attributes, decode, type_in
from chassis.errors import Poison, Unavailable
from chassis.kafka import Kafka
from chassis.lanes import Slots
from chassis.metrics import Metrics
from chassis.parking import ParkingLot, Waiting, parked, retry_topic, waiting_in
from chassis.settings import ServiceSettings
from contracts.catalogue import BY_TYPE
from contracts.event import Event

log = structlog.get_logger()
ANSWERED_KEPT = 50_000
"""Ids of answered events that are remembered: a publisher that heard no confirmation publishes again."""
tracer = trace.get_tracer("bridge")


@dataclass(frozen=True)
class To:
    """An answer and where it goes."""

    event: Event
    partition: int | None = None
    """None: the one its key leads to."""


Answer = Event | To | Sequence[Event | To] | None
ONE = (Event, To)
Handler = Callable[[Any], Awaitable[Answer]]
Told = Callable[[Event, datetime], Event | None]
"""What to say of a message that must wait, or that is given up; with the time when trying ends or ended."""


class Handling:
    """Brings each message to an end: answered, ignored, repeated, expired, parked, or a dead letter."""

    def __init__(self, kafka: Kafka, settings: ServiceSettings, metrics: Metrics) -> None:
        self.lot = ParkingLot()
        self._answered: Recent[str, bool] = Recent(ANSWERED_KEPT)
        self.handlers: dict[str, tuple[type[Event], Handler]] = {}
        self.on_delayed: Told = lambda *_: None
        self.on_given_up: Told = lambda *_: None
        self._kafka = kafka
        self._retry_topic = retry_topic(kafka.service)
        self._traced = settings.trace_sample > 0
        self._metrics = metrics
        self._handled = cache(metrics.handled.labels)
        self._seconds = cache(metrics.seconds.labels)
        self._patience = Patience(
            settings.retry_first, settings.retry_longest, settings.park_after, settings.retry_budget
        )

    def ignores(self, record: "ConsumerRecord[Any, Any]") -> bool:
        """Tell whether a message is only for others; no more of it is read than the type that it says it has."""
        kind = (type_in(record.headers) or b"").decode(errors="replace")
        if kind in self.handlers or kind not in BY_TYPE or record.topic == self._retry_topic:
            return False
        self._handled(kind, "ignored").inc()
        return True

    def take(self, record: "ConsumerRecord[Any, Any]", *, may_be_done: bool) -> Case:
        """Take a message in, in the order it was read."""
        case = Case(record, may_be_done, time.monotonic(), datetime.now(UTC))
        if record.topic == self._retry_topic:
            try:
                case.waiting = waiting_in(attributes(record.headers).carrier)
            except Poison:
                return case  # not put there by us: handled like any other
            case.is_parked = True
            self.lot.add(case.place, case.waiting.origin)
        return case

    async def handle(self, case: Case, slots: Slots) -> None:
        """Bring a message to its end."""
        if case.is_parked:
            await _until(case.waiting.due)
            result = await self._try(case, slots)
            self.lot.remove(case.place, case.waiting.origin)
        elif self.lot.empty(case.record.partition):
            result = await self._try(case, slots)
        elif self.lot.has(case.place, case.waiting.origin):
            result = "parked"  # by an earlier reading of it
        elif self.lot.holds(case.place):
            result = await self._queue_behind(case)
        else:
            result = await self._try(case, slots)
        self._handled(case.kind, result).inc()
        self._seconds(case.kind).observe(time.monotonic() - case.began)

    async def _try(self, case: Case, slots: Slots) -> str:
        attempt = case.waiting.attempts if case.is_parked else 0
        while True:
            attempt += 1
            try:
                async with slots:
                    return await self._attempt(case, attempt)
            except Unavailable as error:
                pause = self._patience.pause(attempt, error)
                passed = datetime.now(UTC) - case.waiting.first_at
                if passed + pause > self._patience.budget:
                    return await self._give_up(case, attempt, error)
                self._metrics.retried.labels(case.kind).inc()
                log.warning("unavailable", attempt=attempt, pause=round(pause.total_seconds(), 2), error=str(error))
                if not case.is_parked and passed > self._patience.park_after:
                    return await self._park(case, attempt, datetime.now(UTC) + pause)
                await asyncio.sleep(pause.total_seconds())
            except Poison as poison:
                return await self._set_aside(case, poison, attempt)

    async def _attempt(self, case: Case, attempt: int) -> str:
        """Parse, handle and publish once; a handler's own bug is poison: trying again would not mend it."""
        told = case.read_attributes()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(intent=told.correlation_id, event=told.type)
        if told.type not in self.handlers and told.type in BY_TYPE:
            return "ignored"
        event = decode(told, case.record.value)
        if told.expired(event):
            log.warning("expired")
            return "expired"
        if self._answered.get(told.id) and not told.replayed:
            return "repeated"
        perhaps_done.set(case.may_be_done or case.is_parked or attempt > 1 or told.replayed)
        cause.set(told)
        if self._traced or told.traced:
            with tracer.start_as_current_span(f"handle {told.type}", context=propagate.extract(told.carrier)):
                await self._answer(told, event)
        else:
            await self._answer(told, event)
        self._answered.put(told.id, True)
        return "answered"

    async def _answer(self, told: Attributes, event: Event) -> None:
        _, handler = self.handlers[told.type]
        try:
            answer = await handler(event)
        except (Unavailable, Poison):
            raise
        except Exception as bug:  # broad on purpose: the message must not be lost to a bug, nor block its lane
            log.exception("handler_failed")
            raise Poison("handler_failed", f"{type(bug).__name__} in the handler of {told.type}") from bug
        for place, to in enumerate(_listed(answer)):
            await self._kafka.publish(to.event, told, answer_id(told, str(place), to.event), to.partition)

    async def _queue_behind(self, case: Case) -> str:
        try:
            told = case.read_attributes()
        except Poison as poison:
            return await self._set_aside(case, poison, 0)
        if told.type not in self.handlers and told.type in BY_TYPE:
            return "ignored"
        return await self._park(case, 0, datetime.now(UTC))

    async def _park(self, case: Case, attempts: int, due: datetime) -> str:
        now = case.waiting
        waiting = Waiting(now.topic, now.partition, now.offset, attempts, now.first_at, due)
        self.lot.add(case.place, waiting.origin)
        try:
            await self._surely(lambda: self._kafka.send(parked(case.record, waiting, self._kafka.service)))
        except Poison as too_large:
            self.lot.remove(case.place, waiting.origin)
            return await self._set_aside(case, too_large, attempts)
        log.warning("parked", attempts=attempts, due=due.isoformat())
        await self._tell(case, self.on_delayed, now.first_at + self._patience.budget, "delayed")
        return "parked"

    async def _give_up(self, case: Case, attempts: int, error: Unavailable) -> str:
        await self._tell(case, self.on_given_up, datetime.now(UTC), "given up")
        return await self._set_aside(case, Poison("unavailable", str(error)), attempts)

    async def _tell(self, case: Case, say: Told, at: datetime, why: str) -> None:
        if case.told is None:
            return
        told = case.told
        try:
            said = say(decode(told, case.record.value), at)
            if said is not None:
                event = said
                await self._surely(lambda: self._kafka.publish(event, told, answer_id(told, why, event)))
        except Poison as poison:  # a message that cannot be read will be a dead letter in its turn
            log.info("not_told", reason=poison.reason)

    async def _set_aside(self, case: Case, why: Poison, attempts: int) -> str:
        letter = dead_letter(case.record, self._kafka.service, why, case.waiting, attempts)
        try:
            await self._surely(lambda: self._kafka.send(letter))
        except Poison:
            await self._surely(lambda: self._kafka.send(shortened(letter)))
        self._metrics.dead_letters.labels(why.reason).inc()
        log.error("dead_letter", reason=why.reason, detail=str(why), topic=case.waiting.topic)
        return "dead_letter"

    async def _surely(self, publish: Callable[[], Awaitable[object]]) -> None:
        """Publish; until Kafka takes it, the message stays where it is. Raises Poison."""
        while True:
            try:
                await publish()
            except Unavailable as error:
                log.warning("kafka_waits", error=str(error))
                await asyncio.sleep(self._patience.longest.total_seconds() / 4)
            else:
                return


async def _until(due: datetime) -> None:
    left = (due - datetime.now(UTC)).total_seconds()
    if left > 0:
        await asyncio.sleep(left)


def _listed(answer: Answer) -> Sequence[To]:
    if answer is None:
        return ()
    answers = (answer,) if isinstance(answer, ONE) else answer
    return [item if isinstance(item, To) else To(item) for item in answers]
