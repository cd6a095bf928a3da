"""One message on its way through, and how patient we are with it."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from aiokafka import ConsumerRecord

from chassis.envelope import Attributes, attributes
from chassis.errors import Unavailable
from chassis.parking import Place, Waiting
from contracts.catalogue import BY_TYPE


@dataclass(frozen=True)
class Patience:
    """How long a message is tried again when something it needs is unavailable."""

    first: timedelta
    longest: timedelta
    park_after: timedelta
    budget: timedelta

    def pause(self, attempt: int, error: Unavailable) -> timedelta:
        """Give the time to wait after this attempt: jittered, doubling, never below what the far side asked for."""
        doubled: timedelta = min(self.first * 2 ** min(attempt - 1, 20), self.longest)
        jittered = doubled * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        return max(jittered, error.retry_after or timedelta())


@dataclass
class Case:
    """One message on its way through."""

    record: "ConsumerRecord[Any, Any]"
    may_be_done: bool
    began: float
    at: datetime
    is_parked: bool = False
    kind: str = "unreadable"
    told: Attributes | None = None

    @cached_property
    def waiting(self) -> Waiting:
        """What is known of it; one that comes from the retry topic says more of itself."""
        return Waiting(self.record.topic, self.record.partition, self.record.offset, 0, self.at, self.at)

    @property
    def place(self) -> Place:
        """Give the order that it belongs to."""
        return (self.waiting.topic, self.waiting.partition, self.record.key)

    def read_attributes(self) -> Attributes:
        """Read the headers. Raises Poison."""
        if self.told is None:
            self.told = attributes(self.record.headers)
            self.kind = self.told.type if self.told.type in BY_TYPE else "unknown"
        return self.told
