"""A Vault to which a session stays logged in, as in the service."""

import asyncio

from key_vault.login import login_of
from key_vault.session import Session
from key_vault.settings import Settings
from key_vault.vault import PublicKey, Vault


class Announcements:
    """Remembers the sealing keys that were announced."""

    def __init__(self) -> None:
        self.keys: list[PublicKey] = []

    async def __call__(self, key: PublicKey) -> None:
        self.keys.append(key)


class Kept:
    """A vault with its session running beside the test."""

    def __init__(self, settings: Settings) -> None:
        self.vault = Vault(settings, login_of(settings))
        self.announced = Announcements()
        self.session = Session(self.vault, self.announced)

    async def __aenter__(self) -> "Kept":
        self._task = asyncio.create_task(self.session.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.vault.close()

    async def until_ready(self) -> None:
        async with asyncio.timeout(10):
            while not self.session.ready():  # noqa: ASYNC110 - as a probe does
                await asyncio.sleep(0.02)
