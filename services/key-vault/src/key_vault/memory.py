"""Opened secrets, kept for a short while so that the steady state is one call to Vault per signature, or none."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from key_vault.decide import Bound

Open = Callable[[str, Sequence[Bound]], Awaitable[list[str]]]
Place = tuple[str, Bound]
LOOK_EVERY = timedelta(seconds=10)


class Memory:
    """Opens ciphertexts, and remembers the newest `most` of them for `lasts`."""

    def __init__(self, open_: Open, lasts: timedelta, most: int) -> None:
        self._open = open_
        self._lasts = lasts.total_seconds()
        self._most = most
        self._known: OrderedDict[Place, tuple[float, str]] = OrderedDict()
        self._by_beginning: dict[str, set[Place]] = {}
        """What is known of a tenant and of a row, or being opened: by `tenant|` and `tenant|row|`."""

    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]:
        """Give one plaintext per ciphertext; raises what opening raises."""
        texts = {it: self._recalled((tenant_id, it)) for it in ciphertexts}
        unknown = [it for it, text in texts.items() if text is None]
        if unknown:
            texts |= await self._opened(tenant_id, unknown)
        return [texts[it] or "" for it in ciphertexts]

    async def run(self) -> None:
        """Drop what is over for ever, for what nobody asks for again is in memory for no reason."""
        while True:
            await asyncio.sleep(LOOK_EVERY.total_seconds())
            self.drop_what_is_over()

    def drop_what_is_over(self) -> None:
        """Drop what was opened too long ago; the oldest comes first."""
        while self._known and next(iter(self._known.values()))[0] <= time.monotonic():
            self._drop(next(iter(self._known)))

    def forget_tenant(self, tenant_id: str) -> None:
        """Drop what was opened for a tenant."""
        self._forget(f"{tenant_id}|")

    def forget_link(self, link_id: str) -> None:
        """Drop what was opened for a link; its id begins with its tenant's."""
        self._forget(f"{link_id.partition(':')[0]}|{link_id}|")

    def __len__(self) -> int:
        """Count what is remembered."""
        return len(self._known)

    async def _opened(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> dict[Bound, str]:
        """Open, and remember that of which nothing is forgotten meanwhile: its row may be gone by then."""
        places = [(tenant_id, it) for it in ciphertexts]
        for place in places:
            for beginning in _beginnings(place):
                self._by_beginning.setdefault(beginning, set()).add(place)
        try:
            texts = await self._open(tenant_id, ciphertexts)
            for place, text in zip(places, texts, strict=True):
                if place in self._by_beginning.get(_beginnings(place)[-1], ()):
                    self._remember(place, text)
        finally:
            for place in places:
                if place not in self._known:
                    self._drop(place)
        return dict(zip(ciphertexts, texts, strict=True))

    def _recalled(self, place: Place) -> str | None:
        until, text = self._known.get(place, (0.0, None))
        if time.monotonic() < until:
            return text
        self._drop(place)
        return None

    def _remember(self, place: Place, text: str) -> None:
        self._known[place] = (time.monotonic() + self._lasts, text)
        self._known.move_to_end(place)
        while len(self._known) > self._most:
            self._drop(next(iter(self._known)))

    def _forget(self, beginning: str) -> None:
        for place in list(self._by_beginning.get(beginning, ())):
            self._drop(place)

    def _drop(self, place: Place) -> None:
        self._known.pop(place, None)
        for beginning in _beginnings(place):
            same = self._by_beginning.get(beginning, set())
            same.discard(place)
            if not same:
                self._by_beginning.pop(beginning, None)


def _beginnings(place: Place) -> tuple[str, str]:
    """Give what the text begins with that a secret is bound to: its tenant, then its row."""
    tenant, _, rest = place[1].to.partition("|")
    row, _, _ = rest.partition("|")
    return f"{tenant}|", f"{tenant}|{row}|"
