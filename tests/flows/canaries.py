"""Secrets to look for, the forms in which they may hide, and the search for them."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

SHORT = 12
"""Bytes below which a secret could stand in other things by chance: it must stand alone."""
LEAST = 8
"""Bytes of an encoded form; what is shorter is found by chance."""
ZEROS = bytes(512)

KAFKA, MONGO, VIEWS = "Kafka", "MongoDB", "views"
LOG, SPANS, METRICS, OUTPUT = "log", "spans", "metrics", "output"
TO_PASTE = "what is to be entered in Jira, shown once"
WORDS = "words of a comment"
MAY_STAND_IN: Mapping[str, frozenset[str]] = {
    WORDS: frozenset({KAFKA, MONGO}),  # what people say is what these carry
    # The three below let nobody in. The first two stand in the address of the card's button, and whoever opens it is
    # shown a code that only the person whom the card is for can bring; it is spent when it is brought.
    "request token": frozenset({KAFKA}),
    "state": frozenset({KAFKA}),
    "verify code": frozenset({KAFKA}),
    "webhook secret": frozenset({TO_PASTE}),
}


@dataclass(frozen=True)
class Place:
    """Something that was written; `kind` is one of the above, `name` tells people where."""

    kind: str
    name: str
    data: bytes = field(repr=False)


@dataclass
class Canaries:
    """All secrets by their values; a finding names kind and place, never the value."""

    kinds: dict[bytes, str] = field(default_factory=dict, repr=False)

    def remember(self, kind: str, *values: str | bytes | None) -> None:
        """Look for these; the first kind of a value is kept."""
        for value in values:
            if value:
                self.kinds.setdefault(value.encode() if isinstance(value, str) else value, kind)

    def found_in(self, places: Iterable[Place]) -> list[str]:
        """Say which secret stands where it must not."""
        wanted = [Wanted(kind, value) for value, kind in self.kinds.items()]
        return sorted(
            {
                f"{one.kind} in {place.name}"
                for place in places
                for one in wanted
                if place.kind not in MAY_STAND_IN.get(one.kind, ()) and one.stands_in(place.data)
            }
        )

    def allowed_in(self, places: Iterable[Place]) -> set[tuple[str, str]]:
        """Give the kinds of secrets, and of the places where they may stand and do."""
        wanted = [Wanted(kind, value) for value, kind in self.kinds.items() if kind in MAY_STAND_IN]
        return {
            (one.kind, place.kind)
            for place in places
            for one in wanted
            if place.kind in MAY_STAND_IN[one.kind] and one.stands_in(place.data)
        }


@dataclass(frozen=True)
class Wanted:
    """One secret."""

    kind: str
    value: bytes = field(repr=False)

    def stands_in(self, data: bytes) -> bool:
        """Tell whether it is there, in any form."""
        return any(form in data for form in self._forms) or self._alone_in(data)

    def _alone_in(self, data: bytes) -> bool:
        return self._alone is not None and self.value in data and self._alone.search(data) is not None

    @cached_property
    def _alone(self) -> re.Pattern[bytes] | None:
        if len(self.value) >= SHORT:
            return None
        return re.compile(rb"(?<![0-9A-Za-z])" + re.escape(self.value) + rb"(?![0-9A-Za-z])")

    @cached_property
    def _forms(self) -> set[bytes]:
        plain = {self.value} if len(self.value) >= SHORT else set()
        return plain | {form for form in encoded(self.value) if len(form) >= LEAST and form != self.value}


def encoded(value: bytes) -> Iterator[bytes]:
    """Give it as URLs, JSON, hexadecimal and Base64 show it; in Base64 it may begin at any of three places."""
    yield quote(value, safe="").encode()
    yield json.dumps(value.decode("latin-1"))[1:-1].encode()
    yield value.hex().encode()
    yield value.hex().upper().encode()
    for before, touched in enumerate((0, 2, 3)):
        whole = (before + len(value)) // 3 * 4
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + value)[touched:whole]


def without_zeros(data: bytes) -> bytes:
    """Leave out the long runs of nothing in files that grow in advance."""
    return data.replace(ZEROS, b"")
