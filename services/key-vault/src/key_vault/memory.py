"""Opened secrets, kept for a short while so that the steady state is one call to Vault per signature."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from key_vault.decide import Bound

Open = Callable[[str, Sequence[Bound]], Awaitable[list[str]]]
Place = tuple[str, Bound]


class Memory:
    """Opens ciphertexts, and remembers the newest `most` of them for `lasts`."""

    def __init__(self, open_: Open, lasts: timedelta, most: int) -> None:
        self._open = open_
        self._lasts = lasts.total_seconds()
        self._most = most
        self._known: OrderedDict[Place, tuple[float, str]] = OrderedDict()

    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]:
        """Give one plaintext per ciphertext; raises what opening raises."""
        texts = {it: self._recalled((tenant_id, it)) for it in ciphertexts}
        unknown = [it for it, text in texts.items() if text is None]
        opened = await self._open(tenant_id, unknown) if unknown else []
        for it, text in zip(unknown, opened, strict=True):
            self._remember((tenant_id, it), text)
            texts[it] = text
        return [texts[it] or "" for it in ciphertexts]

    def forget_tenant(self, tenant_id: str) -> None:
        """Drop what was opened for a tenant."""
        self._forget(f"{tenant_id}|")

    def forget_link(self, link_id: str) -> None:
        """Drop what was opened for a link; its id begins with its tenant's."""
        self._forget(f"{link_id.partition(':')[0]}|{link_id}|")

    def _forget(self, beginning: str) -> None:
        for place in [place for place in self._known if place[1].to.startswith(beginning)]:
            del self._known[place]

    def __len__(self) -> int:
        """Count what is remembered."""
        return len(self._known)

    def _recalled(self, place: Place) -> str | None:
        until, text = self._known.get(place, (0.0, None))
        if time.monotonic() < until:
            return text
        self._known.pop(place, None)
        return None

    def _remember(self, place: Place, text: str) -> None:
        self._known[place] = (time.monotonic() + self._lasts, text)
        self._known.move_to_end(place)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
