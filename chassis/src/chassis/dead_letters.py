"""Dead letters: a message that cannot be handled is set aside whole, with the reason."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord

from chassis.envelope import Outgoing
from chassis.errors import Poison
from chassis.parking import OURS, Waiting

TOPIC = "dead-letters.v1"
KEPT = 64 * 1024
"""Bytes of the value, of the headers and of the key that are kept where the whole is more than Kafka takes."""


def dead_letter(
    record: "ConsumerRecord[Any, Any]", service: str, why: Poison, origin: Waiting, attempts: int
) -> Outgoing:
    """Wrap a record: its own key, bytes and headers, and `dlq_*` headers that say what happened.

    Headers that are not UTF-8 come base64-coded in `dlq_raw_headers`, a null value as `dlq_null_value: true`, a null
    key as `dlq_null_key: true`.
    """
    readable: dict[str, str] = {}
    raw: dict[str, str | None] = {}
    for name, value in record.headers:
        if name.startswith(OURS):
            continue
        try:
            readable[name] = (value or b"").decode()
        except UnicodeDecodeError:
            raw[name] = base64.b64encode(value).decode()
        if value is None:
            raw[name] = None
    readable |= {
        "dlq_reason": why.reason,
        "dlq_detail": str(why)[:1000],
        "dlq_service": service,
        "dlq_topic": origin.topic,
        "dlq_partition": str(origin.partition),
        "dlq_offset": str(origin.offset),
        "dlq_attempts": str(attempts),
        "dlq_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    if raw:
        readable["dlq_raw_headers"] = json.dumps(raw)
    if record.value is None:
        readable["dlq_null_value"] = "true"
    if record.key is None:
        readable["dlq_null_key"] = "true"
    return Outgoing(TOPIC, record.key or b"", record.value or b"", readable, correlation_id=None)


def shortened(letter: Outgoing) -> Outgoing:
    """Give what can be kept of a dead letter that is more than Kafka takes; `dlq_truncated` is its value's size."""
    value, key = letter.value or b"", letter.key or b""
    headers: dict[str, str] = {}
    left = KEPT
    for name, text in reversed([*letter.headers.items()]):  # ours come last
        left -= len(name.encode()) + len(text.encode())
        if left >= 0:
            headers[name] = text
    headers["dlq_truncated"] = str(len(value))
    return Outgoing(letter.topic, key[:KEPT], value[:KEPT], headers, correlation_id=None)
