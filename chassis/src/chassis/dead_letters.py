"""Dead letters: a message that cannot be handled is set aside whole, with the reason."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord

from chassis.envelope import Outgoing
from chassis.errors import Poison
from chassis.parking import Waiting

TOPIC = "dead-letters.v1"


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
        if name.startswith("retry_"):
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
    correlation_id = readable.get("correlation_id") or f"{record.topic}/{record.partition}/{record.offset}"
    return Outgoing(TOPIC, record.key or b"", record.value or b"", readable, correlation_id)
