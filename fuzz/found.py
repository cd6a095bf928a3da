"""What a part found: how many cases it tried, the slowest, and what was wrong."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

SLOWEST_ALLOWED = 1.0
"""Seconds that one case may take."""
TRIED_AGAIN = 3
FAILURES_TOLD = 20
Tell = Callable[["Found"], None]


@dataclass
class Found:
    """The result of one part; `failures` maps what was wrong to an example of it."""

    name: str
    cases: int = 0
    slowest: float = 0.0
    """Seconds."""
    slowest_case: str = ""
    seconds: float = 0.0
    failures: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    """How often each failure was seen."""
    details: dict[str, Any] = field(default_factory=dict)
    tell: Tell = lambda _: None
    """Called with each case: says how far it is."""

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not self.failures

    def fail(self, what: str, example: str) -> None:
        """Something was wrong; of the same thing the shortest example is kept."""
        self.counts[what] += 1
        if what not in self.failures or len(example) < len(self.failures[what]):
            self.failures[what] = example

    def count(self) -> None:
        """One more case."""
        self.cases += 1
        self.tell(self)

    def took(self, seconds: float, example: str, again: Callable[[], float] | None = None) -> None:
        """One more case was tried, and took so long; `again` tells a slow case from a busy machine."""
        self.count()
        for _ in range(TRIED_AGAIN):
            if seconds > SLOWEST_ALLOWED and again is not None:
                seconds = min(seconds, again())
        if seconds > self.slowest:
            self.slowest, self.slowest_case = seconds, example[:200]
        if seconds > SLOWEST_ALLOWED:
            self.fail(f"slower than {SLOWEST_ALLOWED:g} s", f"{seconds:.2f} s: {example[:2000]}")

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count the time of the part as a whole."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began

    def as_json(self) -> dict[str, Any]:
        """The part as fuzz.json holds it."""
        told = [
            {"what": what, "seen": self.counts[what], "example": example[:2000]}
            for what, example in list(self.failures.items())[:FAILURES_TOLD]
        ]
        return {
            "name": self.name,
            "ok": self.ok,
            "cases": self.cases,
            "slowest_ms": round(self.slowest * 1000, 1),
            "slowest_case": self.slowest_case,
            "seconds": round(self.seconds, 1),
            "failures": told,
            **self.details,
        }
