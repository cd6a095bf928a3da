"""What happened to one message, from the headers of all events that have to do with it. Reads no values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiokafka import ConsumerRecord

from bridge.dead_letters import REPLAYED_FROM, TOPIC, readable
from bridge.moments import of_milliseconds
from chassis.envelope import SHARED_BY
from contracts.topics import TOPICS

ORDER = {topic.name: number for number, topic in enumerate(TOPICS)}


@dataclass
class Kin:
    """What the messages of one story have in common: the ids at its beginning, and what is learnt of its messages."""

    event_ids: set[bytes] = field(default_factory=set)
    correlation_ids: set[bytes] = field(default_factory=set)
    trace_ids: set[bytes] = field(default_factory=set)
    """Questions to key-vault have ids of their own, but share the trace."""
    shared_ids: set[bytes] = field(default_factory=set)
    """Of questions that were asked for several stories at one time, and their answers."""

    def begin(self, record: "ConsumerRecord[Any, Any]") -> None:
        """Learn from a message that was asked for."""
        headers = dict(record.headers)
        for ids, name in ((self.event_ids, "ce_id"), (self.correlation_ids, "correlation_id")):
            if found := headers.get(name):
                ids.add(found)
        self.learn(record)

    def learn(self, record: "ConsumerRecord[Any, Any]") -> bool:
        """Learn from a message of the story; tell whether there was anything new."""
        headers = dict(record.headers)
        known = len(self.trace_ids) + len(self.shared_ids)
        trace_id = trace_of(headers.get("traceparent"))
        if trace_id and headers.get("correlation_id") in self.correlation_ids:
            self.trace_ids.add(trace_id)
        if self._shares(record) and (own := headers.get("correlation_id")):
            self.shared_ids.add(own)
        return len(self.trace_ids) + len(self.shared_ids) > known

    def has(self, record: "ConsumerRecord[Any, Any]") -> bool:
        """Tell whether a message belongs to the story."""
        headers = dict(record.headers)
        return (
            headers.get("ce_id") in self.event_ids
            or headers.get("correlation_id") in self.correlation_ids
            or headers.get("correlation_id") in self.shared_ids
            or trace_of(headers.get("traceparent")) in self.trace_ids
            or self._shares(record)
        )

    def _shares(self, record: "ConsumerRecord[Any, Any]") -> bool:
        return any(name == SHARED_BY and value in self.correlation_ids for name, value in record.headers)


@dataclass(frozen=True)
class Step:
    """One message of the story as it lies in Kafka."""

    at: datetime
    service: str
    what: str
    """`published`, `published again`, `parked`, `dead letter` or `replayed`."""
    event_type: str
    note: str
    topic: str
    partition: int
    offset: int
    size: int
    event_id: str
    correlation_id: str


def trace_of(traceparent: bytes | None) -> bytes | None:
    """Give the trace's id: `00-<trace id>-<span id>-<flags>`."""
    parts = (traceparent or b"").split(b"-")
    return parts[1] if len(parts) == 4 and len(parts[1]) == 32 else None


def names(record: "ConsumerRecord[Any, Any]", wanted: bytes) -> bool:
    """Tell whether one of a message's ids is this: of its event, of its story, or its place as a dead letter."""
    if record.topic == TOPIC and f"{record.partition}-{record.offset}".encode() == wanted:
        return True
    return any(value == wanted and name in ("ce_id", "correlation_id") for name, value in record.headers)


def timeline(records: Iterable["ConsumerRecord[Any, Any]"]) -> list[Step]:
    """Put the messages in the order in which they were published."""
    ordered = sorted(records, key=lambda one: (one.timestamp, ORDER.get(one.topic, 0), one.partition, one.offset))
    seen: set[tuple[str, str]] = set()
    return [_step(record, seen) for record in ordered]


def milliseconds_between(steps: Sequence[Step]) -> list[int]:
    """Give the time from each step's predecessor to it."""
    times = [step.at for step in steps]
    pairs = zip(times[:1] + times, times, strict=False)
    return [round((at - before) / timedelta(milliseconds=1)) for before, at in pairs]


def _step(record: "ConsumerRecord[Any, Any]", seen: set[tuple[str, str]]) -> Step:
    told = readable(record.headers)
    by, what, note = _happened(record.topic, told)
    event_id = told.get("ce_id", "")
    if what == "published" and event_id and (record.topic, event_id) in seen:
        what = "published again"
    seen.add((record.topic, event_id))
    return Step(
        at=of_milliseconds(record.timestamp),
        service=by,
        what=what,
        event_type=told.get("ce_type", ""),
        note=note,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        size=len(record.value or b""),
        event_id=event_id,
        correlation_id=told.get("correlation_id", ""),
    )


def _happened(topic: str, told: dict[str, str]) -> tuple[str, str, str]:
    """Say who did what, and what there is to say of it."""
    publisher = told.get("ce_source", "").removeprefix("/bridge/")
    if topic == TOPIC:
        tries = _tries(told.get("dlq_attempts"))
        return told.get("dlq_service", ""), "dead letter", f"{told.get('dlq_reason')}{tries}: {told.get('dlq_detail')}"
    if topic.endswith(".retry.v1"):
        note = f"until {told.get('retry_due', '?')}{_tries(told.get('retry_attempts'))}"
        return topic.removesuffix(".retry.v1"), "parked", note
    if REPLAYED_FROM in told:
        return "bridge", "replayed", f"from dead letter {told[REPLAYED_FROM]}"
    return publisher, "published", ""


def _tries(attempts: str | None) -> str:
    if not attempts:
        return ""
    return " after 1 attempt" if attempts == "1" else f" after {attempts} attempts"
