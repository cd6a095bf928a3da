"""Has calls authorized as fast as key-vault does it, as jira-actor does while many commands are under way."""

import asyncio
import itertools
import time

from chassis.keys import Keys
from contracts.keys import Call

CALLS = (
    Call(method="GET", url="https://jira.example.com/rest/api/2/issue/OPS-7?fields=summary%2Cstatus"),
    Call(method="POST", url="https://jira.example.com/rest/api/2/issue/OPS-7/comment"),
)
"""As many as a command has signed at one time."""


class Questions:
    """Keeps so many commands' worth under way; the links take turns."""

    def __init__(self, keys: Keys, links: list[tuple[str, str]]) -> None:
        self._keys = keys
        self._links = itertools.cycle(links)

    async def ask_for(self, seconds: float, at_once: int) -> float:
        """Ask for so long; give signatures per second."""
        ends, signed = time.perf_counter() + seconds, 0

        async def command() -> None:
            nonlocal signed
            while time.perf_counter() < ends:
                tenant_id, link_id = next(self._links)
                found = await self._keys.authorize(tenant_id, link_id, CALLS)
                signed += len(found) if time.perf_counter() < ends else 0

        await asyncio.gather(*(command() for _ in range(at_once)))
        return signed / seconds
