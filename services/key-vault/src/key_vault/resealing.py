"""Sealing keys do not last: what came here sealed opens for a day or two, and then nowhere, whoever kept a copy."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from chassis.errors import Unavailable
from key_vault.vault import PublicKey, Vault
from key_vault.wire import VaultError

log = structlog.get_logger()
LOOKS_PER_LIFE = 4
LOOK_AT_LEAST_EVERY = timedelta(hours=1)
FIRST_LOOK_WITHIN = timedelta(minutes=1)


def is_due(made: Mapping[int, datetime], lives: timedelta, now: datetime) -> bool:
    """Tell whether a new version is due; `made`: when each version was."""
    return now - made[max(made)] >= lives


def oldest_needed(made: Mapping[int, datetime], lives: timedelta, now: datetime) -> int:
    """Give the oldest version that something may be under way with: the one after it is younger than a life."""
    return min(version for version in made if version + 1 not in made or now - made[version + 1] < lives)


class Resealing:
    """Makes a new sealing key once the newest has lived, announces it, and removes those that nothing needs any more.

    Several replicas may do so at one moment: then there is a version more, and no harm.
    """

    def __init__(
        self,
        vault: Vault,
        announce: Callable[[PublicKey], Awaitable[None]],
        lives: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self.made: datetime | None = None
        """When the newest sealing key was made, as far as is known."""
        self._vault = vault
        self._announce = announce
        self._lives = lives
        self._now = now

    async def run(self) -> None:
        """Go on for ever; what fails is tried again."""
        pause = min(self._lives / LOOKS_PER_LIFE, LOOK_AT_LEAST_EVERY)
        await asyncio.sleep(min(pause, FIRST_LOOK_WITHIN).total_seconds())
        while True:
            try:
                await self.look()
            except (VaultError, Unavailable) as error:
                log.warning("sealing_key_not_renewed", error=str(error))
            await asyncio.sleep(pause.total_seconds())

    async def look(self) -> None:
        """Do what is due. Raises VaultError, Unavailable."""
        made = await self._vault.sealing_versions()
        self.made = made[max(made)]
        if is_due(made, self._lives, self._now()):
            key = await self._vault.renew_sealing()
            await self._announce(key)
            self.made = self._now()
            log.info("sealing_key_renewed", version=key.version)
        oldest = oldest_needed(made, self._lives, self._now())
        if oldest > min(made):
            await self._vault.remove_sealing_before(oldest)
            log.info("sealing_keys_removed", before=oldest)
