"""What may come in floods is not told one by one: it is gathered, and told once per window with how often it was."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import uuid4

import structlog

from chassis.errors import Unavailable

K = TypeVar("K", bound=Hashable)
log = structlog.get_logger()
MOST = 100
"""Different things in one window; further ones are told without what tells them apart."""
LAST_TRY = timedelta(seconds=5)


@dataclass(frozen=True)
class Tally(Generic[K]):
    """How often something was in a window."""

    id: str
    """Stays the same where it has to be told again."""
    what: K
    count: int
    since: datetime
    until: datetime


class Gathering(Generic[K]):
    """Counts things; `tell` is given the tallies of a window and raises Unavailable, `folded` takes names away."""

    def __init__(
        self,
        tell: Callable[[Sequence[Tally[K]]], Awaitable[object]],
        folded: Callable[[K], K],
        now: Callable[[], datetime],
    ) -> None:
        self._tell = tell
        self._folded = folded
        self._now = now
        self._tallies: dict[K, Tally[K]] = {}
        self._being_told: Sequence[Tally[K]] = ()

    def __len__(self) -> int:
        """Count the tallies that are kept."""
        return len(self._tallies) + len(self._being_told)

    def add(self, what: K) -> None:
        """Count one; nobody waits for anything."""
        if what not in self._tallies and len(self._tallies) >= MOST:
            what = self._folded(what)
        at, before = self._now(), self._tallies.get(what)
        one_more = replace(before, count=before.count + 1, until=at) if before else Tally(uuid4().hex, what, 1, at, at)
        self._tallies[what] = one_more

    async def tell(self) -> None:
        """Tell what was gathered. Raises Unavailable: then the same is told the next time, before anything newer."""
        if not self._being_told:
            self._being_told, self._tallies = tuple(self._tallies.values()), {}
        if self._being_told:
            await self._tell(self._being_told)
            self._being_told = ()

    async def keep_telling(self, window: timedelta) -> None:
        """Tell once per window, for ever; outages are waited for."""
        while True:
            await asyncio.sleep(window.total_seconds())
            try:
                await self.tell()
            except Unavailable as error:
                log.warning("gathered_waits", kinds=len(self), error=str(error))

    async def close(self) -> None:
        """Tell what is left, or give up within seconds."""
        try:
            async with asyncio.timeout(LAST_TRY.total_seconds()):
                while len(self):
                    await self.tell()
        except (Unavailable, TimeoutError) as error:
            log.error("gathered_lost", kinds=len(self), error=str(error) or "timeout")  # noqa: TRY400 - no bug
