"""Staying logged in to Vault, and being ready once what the service needs there exists."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from chassis.errors import Unavailable
from key_vault.login import Lease
from key_vault.vault import PublicKey, Vault
from key_vault.wire import VaultError

log = structlog.get_logger()
PAUSE = timedelta(seconds=1)
LOOK_EVERY = timedelta(seconds=2)


class Session:
    """Logs in, renews at two thirds of the login's life, and logs in anew where renewing does not help."""

    def __init__(self, vault: Vault, announce: Callable[[PublicKey], Awaitable[None]]) -> None:
        self._vault = vault
        self._announce = announce
        self._begun = False

    def ready(self) -> bool:
        """Tell whether Vault knows us and answered when last asked."""
        return self._begun and self._vault.answers

    async def run(self) -> None:
        """Go on for ever; what fails is tried again."""
        renew = False
        while True:
            try:
                lease = await (self._vault.renew() if renew else self._begin())
            except (VaultError, Unavailable) as error:
                log.warning("vault_login_failed", renewing=renew, error=str(error))
                if not renew:
                    await asyncio.sleep(PAUSE.total_seconds())
                renew = False
            else:
                log.info("vault_login", renewed=renew, lasts=str(lease.lasts), renewable=lease.renewable)
                renew = await self._until_due(lease)

    async def _begin(self) -> Lease:
        lease = await self._vault.log_in()
        await self._announce(await self._vault.prepare())
        self._begun = True
        return lease

    async def _until_due(self, lease: Lease) -> bool:
        """Wait; True: the login wants to be renewed, False: log in anew."""
        now = asyncio.get_running_loop().time
        due = now() + lease.lasts.total_seconds() * 2 / 3 if lease.lasts is not None else float("inf")
        while (left := due - now()) > 0:
            try:
                async with asyncio.timeout(min(left, LOOK_EVERY.total_seconds())):
                    await self._vault.forbidden.wait()
            except TimeoutError:
                if self._vault.answers:
                    continue
            self._vault.forbidden.clear()
            await asyncio.sleep(PAUSE.total_seconds())
            return False
        return lease.renewable and lease.lasts is not None and lease.lasts > PAUSE
