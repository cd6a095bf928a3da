"""Dead letters as they lie in Kafka: what they say, which are meant, and the message each was made of."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import ConsumerRecord

from bridge.kafka_log import RawMessage
from bridge.moments import of_milliseconds
from chassis.envelope import RawHeaders
from contracts.access import FOR_KEY_VAULT_ALONE
from contracts.operator import Replay
from contracts.topics import TOPICS

TOPIC = "dead-letters.v1"
ID = re.compile(r"(\d{1,6})-(\d{1,18})")
REPLAYED_FROM = "replayed_from"
OURS = re.compile(r"dlq_\w+|retry_(topic|partition|offset|attempts|first_at|due)|" + REPLAYED_FROM)
"""Headers that were added on a message's way to the dead letters, not by whoever published it."""
CONVERSATIONS = ("teams.conversations.v1", "registry.notices.v1")
"""Topics whose keys begin with no tenant."""
REPLAYABLE = {
    topic.name
    for topic in TOPICS
    if not topic.compacted
    and not topic.name.endswith(".retry.v1")
    and topic.name not in (TOPIC, Replay.topic, *FOR_KEY_VAULT_ALONE)
}
"""Not: states (an old one would replace a newer), what is no service's ordinary input, questions to key-vault."""


class NotReplayable(ValueError):
    """The message cannot be put back; the text says why."""


@dataclass(frozen=True)
class DeadLetter:
    """What one dead letter's headers say; where they say nothing, it was not written by our services."""

    id: str
    at: datetime
    service: str
    reason: str
    detail: str
    attempts: int | None
    event_type: str
    tenant: str
    topic: str
    origin: str
    """`partition-offset` in that topic."""
    correlation_id: str
    size: int

    @property
    def place(self) -> tuple[int, int]:
        """Give partition and offset: one key's letters are in the order in which they must be replayed."""
        return place_of(self.id)

    @property
    def message(self) -> tuple[str, str]:
        """Name the message that was given up: all that read its topic may have, and who was killed may have twice."""
        return (self.topic, self.origin)


@dataclass(frozen=True)
class Which:
    """The dead letters that are meant; what is None is not asked for."""

    ids: tuple[str, ...] = ()
    reason: str | None = None
    service: str | None = None
    tenant: str | None = None
    """Its beginning is enough."""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def everything(self) -> bool:
        """Tell whether nothing narrows it."""
        return self == Which()

    def means(self, letter: DeadLetter) -> bool:
        """Tell whether this one is meant."""
        return (
            (not self.ids or letter.id in self.ids)
            and self.reason in (None, letter.reason)
            and self.service in (None, letter.service)
            and letter.tenant.startswith(self.tenant or "")
            and (self.since is None or letter.at >= self.since)
            and (self.until is None or letter.at < self.until)
        )


def place_of(letter_id: str) -> tuple[int, int]:
    """Read partition and offset out of an id. Raises ValueError."""
    found = ID.fullmatch(letter_id)
    if found is None:
        raise ValueError(f"{letter_id!r} is no dead letter's id: it looks like 3-17 (partition 3, offset 17).")
    return int(found[1]), int(found[2])


def read_letter(record: "ConsumerRecord[Any, Any]") -> DeadLetter:
    """Read what the headers say; whatever they are, there is an answer."""
    told = readable(record.headers)
    topic = told.get("dlq_topic", "")
    attempts = told.get("dlq_attempts", "")
    return DeadLetter(
        id=f"{record.partition}-{record.offset}",
        at=of_milliseconds(record.timestamp),
        service=told.get("dlq_service", ""),
        reason=told.get("dlq_reason", ""),
        detail=told.get("dlq_detail", ""),
        attempts=int(attempts) if attempts.isdecimal() else None,
        event_type=told.get("ce_type", ""),
        tenant="" if topic in CONVERSATIONS else tenant_of(record.key),
        topic=topic,
        origin=f"{told.get('dlq_partition', '')}-{told.get('dlq_offset', '')}",
        correlation_id=told.get("correlation_id", ""),
        size=len(record.value or b""),
    )


def tenant_of(key: bytes | None) -> str:
    """Read the tenant with which most keys begin: ours, or Teams' own."""
    return (key or b"").split(b"|")[0].split(b":")[0].decode(errors="replace")


def readable(headers: RawHeaders) -> dict[str, str]:
    """Give headers as text; bytes that are none are written as escapes."""
    return {name: (value or b"").decode(errors="backslashreplace") for name, value in headers}


def original(record: "ConsumerRecord[Any, Any]") -> RawMessage:
    """Undo what made a message a dead letter: its own bytes, key and headers, and where it came from.

    Raises NotReplayable.
    """
    told = readable(record.headers)
    topic = told.get("dlq_topic", "")
    if topic not in REPLAYABLE:
        raise NotReplayable(f"messages of {topic or 'an unknown topic'} cannot be replayed")
    if "dlq_truncated" in told:
        raise NotReplayable(f"only the beginning of its {told['dlq_truncated']} bytes was kept")
    partition = told.get("dlq_partition", "")
    if not record.key and not partition.isdecimal():
        raise NotReplayable("it has neither a key nor the partition that it came from")
    return RawMessage(
        topic=topic,
        partition=None if record.key else int(partition),
        key=None if told.get("dlq_null_key") == "true" else record.key,
        value=None if told.get("dlq_null_value") == "true" else record.value,
        headers=_original_headers(record.headers, told),
    )


def marked(message: RawMessage, letter_id: str) -> RawMessage:
    """Add the header by which services know that an effect may have happened before: they look before they act."""
    headers = [*message.headers, (REPLAYED_FROM, letter_id.encode())]
    return RawMessage(message.topic, message.partition, message.key, message.value, headers)


def _original_headers(headers: RawHeaders, told: Mapping[str, str]) -> list[tuple[str, bytes | None]]:
    """Give the headers as they were: those that are not UTF-8, or null, are kept in one of ours."""
    kept: list[tuple[str, bytes | None]] = [(name, value) for name, value in headers if not OURS.fullmatch(name)]
    raw = _raw_headers(told)
    return [(name, value) for name, value in kept if name not in raw] + [
        (name, value) for name, value in raw.items() if not OURS.fullmatch(name)
    ]


def _raw_headers(told: Mapping[str, str]) -> dict[str, bytes | None]:
    try:
        raw = json.loads(told.get("dlq_raw_headers", "{}"))
        return {name: None if value is None else base64.b64decode(value, validate=True) for name, value in raw.items()}
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise NotReplayable("its header dlq_raw_headers cannot be read") from None
