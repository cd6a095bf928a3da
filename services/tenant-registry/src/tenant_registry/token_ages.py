"""How old the tokens of a tenant's links are, and which version of its data key protects them. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

BUCKETS = (timedelta(days=7), timedelta(days=30), timedelta(days=90), timedelta(days=365))


@dataclass(frozen=True)
class TokenAge:
    """One link: since when, until when, and the oldest version that protects any of its tokens."""

    linked_at: datetime
    expires_at: datetime | None
    key_version: int


@dataclass
class Ages:
    """What is counted."""

    links: int = 0
    expired: int = 0
    oldest: datetime | None = None
    by_bucket: Counter[timedelta | None] = field(default_factory=Counter)
    """By the bucket's upper end; None: older than all."""
    by_key_version: Counter[int] = field(default_factory=Counter)

    def add(self, tokens: Iterable[TokenAge], now: datetime) -> None:
        """Count some more."""
        for one in tokens:
            age = now - one.linked_at
            self.links += 1
            self.expired += one.expires_at is not None and one.expires_at <= now
            self.oldest = min(self.oldest or one.linked_at, one.linked_at)
            self.by_bucket[next((end for end in BUCKETS if age <= end), None)] += 1
            self.by_key_version[one.key_version] += 1
