"""The relay: what the registry's database holds becomes events, at least once and in order, without a second write."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from chassis.errors import Poison, Unavailable
from chassis.landmarks import Landmark
from contracts.event import Event
from contracts.registry import AccountLink, Tenant
from tenant_registry.mongo.chain import AT_ONCE
from tenant_registry.mongo.database import Document, RegistryUnavailable
from tenant_registry.mongo.outbox import event_in
from tenant_registry.mongo.relay import Change, LeaseLost, PlaceLost, Saved
from tenant_registry.registry import Registry
from tenant_registry.rows import LinkRow, TenantRow

log = structlog.get_logger()
SAVE_EVERY = 100
SAVE_AFTER = timedelta(seconds=30)
PROLONG_EVERY = timedelta(seconds=3)
PAUSE = timedelta(seconds=1)


class Publisher(Protocol):
    """The part of Kafka that the relay needs; what is published is confirmed."""

    async def publish(self, event: Event, cause: Any = None, event_id: str | None = None) -> Landmark: ...

    async def tombstone(self, kind: type[Event], key: str) -> Landmark: ...

    async def stands(self, landmark: Landmark) -> bool: ...


class Relay:
    """Publishes tenants, links and the outbox; one process at a time does, the others wait to step in."""

    def __init__(self, registry: Registry, kafka: Publisher, name: str, now: Callable[[], datetime]) -> None:
        self.works = False
        """Whether what is stored is being told, by this process or by another."""
        self.database_answers = False
        self._registry = registry
        self._kafka = kafka
        self._name = name
        self._now = now
        self._landmarks: dict[str, Landmark] = {}
        """By topic, the last state that was told: where it is gone, Kafka's log was lost and all is told again."""

    async def run(self) -> None:
        """Relay for ever; outages are waited for."""
        while True:
            try:
                ours = await self._registry.relay.claim(self._name, self._now())
                self.database_answers = True
                if ours:
                    await self._relay_while_ours()
                else:
                    self.works = True
            except Unavailable as error:
                self.works = False
                self.database_answers = not isinstance(error, RegistryUnavailable)
                log.warning("relay_waits", error=str(error))
            except LeaseLost:
                log.warning("relay_taken_over")
            await asyncio.sleep(PAUSE.total_seconds())

    async def stop(self) -> None:
        """Let another process go on at once."""
        try:
            await self._registry.relay.release(self._name)
        except Unavailable as error:
            log.warning("relay_not_released", error=str(error))

    async def _relay_while_ours(self) -> None:
        """Relay until something fails; a Kafka that is slow to confirm does not cost the lease."""
        tasks = {asyncio.create_task(work) for work in (self._relay(), self._prolong(), self._chain())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _prolong(self) -> None:
        while True:
            await asyncio.sleep(PROLONG_EVERY.total_seconds())
            await self._registry.relay.prolong(self._name, self._now())

    async def _chain(self) -> None:
        """Give the audit's new rows their places: many at a time, within a second or two."""
        while True:
            if await self._registry.chain.extend() < AT_ONCE:
                await asyncio.sleep(PAUSE.total_seconds())

    async def _relay(self) -> None:
        try:
            await self._follow()
        except PlaceLost:
            log.warning("relay_place_lost")
            await self._save(None)

    async def _follow(self) -> None:
        place = await self._place()
        async with self._registry.relay.changes(place) as changes:
            if place is None:
                await self._sweep()
                await self._save(changes.place)
            unsaved, saved_at = 0, self._now()
            while True:
                change = await changes.next()
                if change is not None:
                    await self._tell(change)
                    unsaved += 1
                self.works = True
                pause = change is None and unsaved > 0
                if pause or unsaved >= SAVE_EVERY or self._now() - saved_at >= SAVE_AFTER:
                    await self._save(changes.place)
                    unsaved, saved_at = 0, self._now()

    async def _place(self) -> Document | None:
        """Give the place to go on from; None where there is none, or Kafka has lost what was told before it."""
        saved = await self._registry.relay.saved()
        for landmark in saved.told:
            if not await self._kafka.stands(landmark):
                log.warning("relay_finds_log_lost", topic=landmark.topic)
                self._landmarks.clear()
                return None
        self._landmarks = {landmark.topic: landmark for landmark in saved.told}
        return saved.place

    async def _sweep(self) -> None:
        """Tell everything once; the change stream is open already, so nothing falls between."""
        log.info("relay_sweeps")
        async for change in self._registry.relay.everything():
            await self._tell(change)

    async def _tell(self, change: Change) -> None:
        if change.collection == "outbox":
            await self._tell_outbox(change)
        elif change.collection == "tenants":
            await self._tell_state(Tenant, change.id, _tenant(change.document))
        elif change.document is None or "gone" in change.document:
            await self._tell_state(AccountLink, change.id, None)
            await self._registry.links.forget(change.id)
        else:
            await self._tell_state(AccountLink, change.id, LinkRow.read(change.document).event())

    async def _tell_state(self, kind: type[Event], key: str, event: Event | None) -> None:
        told = await (self._kafka.tombstone(kind, key) if event is None else self._kafka.publish(event))
        self._landmarks[told.topic] = told

    async def _tell_outbox(self, change: Change) -> None:
        event = change.document and event_in(change.document)
        if not event:
            return
        try:
            await self._kafka.publish(event, event_id=change.id)
        except Poison as poison:
            # It stays in the outbox, for the operator to see and the next sweep to try.
            log.exception("outbox_event_stuck", event_id=change.id, reason=poison.reason)
            return
        await self._registry.outbox.told(change.id, self._now())

    async def _save(self, place: Document | None) -> None:
        await self._registry.relay.save(self._name, Saved(place, tuple(self._landmarks.values())), self._now())


def _tenant(document: Document | None) -> Tenant | None:
    return TenantRow.read(document).event() if document else None
