"""Parking: a message that has to wait longer is put aside on the service's retry topic, in its key's order.

A parked message keeps its key, bytes and headers and its partition's number, so that one replica owns both the
partition it came from and the one where it waits. What follows under the same key is parked behind it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import ConsumerRecord

from chassis.envelope import Outgoing
from chassis.errors import Poison

Origin = tuple[str, int, int]
"""Topic, partition and offset of a message where it was first published."""
Place = tuple[str, int, bytes | None]
"""Topic, partition and key: what has one order."""
OURS = "retry_"
"""Headers that begin so are parking's own."""


def retry_topic(service: str) -> str:
    """Name the topic where a service's messages wait."""
    return f"{service}.retry.v1"


@dataclass(frozen=True)
class Waiting:
    """What is known of a message that was put aside."""

    topic: str
    partition: int
    offset: int
    attempts: int
    first_at: datetime
    due: datetime

    @property
    def origin(self) -> Origin:
        """Name the message by where it was first published."""
        return (self.topic, self.partition, self.offset)

    def headers(self) -> dict[str, str]:
        """Give the headers that say all this."""
        return {
            "retry_topic": self.topic,
            "retry_partition": str(self.partition),
            "retry_offset": str(self.offset),
            "retry_attempts": str(self.attempts),
            "retry_first_at": self.first_at.isoformat(),
            "retry_due": self.due.isoformat(),
        }


def parked(record: "ConsumerRecord[Any, Any]", waiting: Waiting, service: str) -> Outgoing:
    """Wrap a record so that it waits on the retry topic."""
    kept = [(name, value) for name, value in record.headers if not name.startswith(OURS)]
    key = record.key if record.value is not None else record.key or b""  # Kafka's clients take no message without both
    topic = retry_topic(service)
    return Outgoing(topic, key, record.value, waiting.headers(), None, partition=waiting.partition, kept=kept)


def waiting_in(headers: Mapping[str, str]) -> Waiting:
    """Read what a record of the retry topic says of itself. Raises Poison."""
    try:
        return Waiting(
            topic=headers["retry_topic"],
            partition=int(headers["retry_partition"]),
            offset=int(headers["retry_offset"]),
            attempts=int(headers["retry_attempts"]),
            first_at=datetime.fromisoformat(headers["retry_first_at"]),
            due=datetime.fromisoformat(headers["retry_due"]),
        )
    except (KeyError, ValueError) as error:
        raise Poison("bad_header", f"a message on the retry topic without a good {error} header") from None


class ParkingLot:
    """Which messages wait, by the order they belong to; what is not empty is queued behind."""

    def __init__(self) -> None:
        self._waiting: defaultdict[Place, set[Origin]] = defaultdict(set)
        self._places: Counter[int] = Counter()

    def empty(self, partition: int) -> bool:
        """Tell whether nothing of the partitions of this number waits."""
        return not self._places[partition]

    def holds(self, place: Place) -> bool:
        """Tell whether something of this order waits."""
        return place in self._waiting

    def has(self, place: Place, origin: Origin) -> bool:
        """Tell whether this message waits already."""
        return origin in self._waiting.get(place, ())

    def add(self, place: Place, origin: Origin) -> None:
        """Note that a message waits; telling it twice is harmless."""
        if place not in self._waiting:
            self._places[place[1]] += 1
        self._waiting[place].add(origin)

    def remove(self, place: Place, origin: Origin) -> None:
        """Note that a message waits no more."""
        waiting = self._waiting.get(place)
        if waiting is not None:
            waiting.discard(origin)
            if not waiting:
                self._drop(place)

    def forget(self, partitions: set[int]) -> None:
        """Forget what belongs to partitions that are no longer ours."""
        for place in [place for place in self._waiting if place[1] in partitions]:
            self._drop(place)

    def _drop(self, place: Place) -> None:
        del self._waiting[place]
        self._places[place[1]] -= 1
