"""CloudEvents 1.0 in Kafka's binary mode: attributes as `ce_*` headers, the event's own JSON as the value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from uuid import uuid4

from opentelemetry import context, propagate
from pydantic import ValidationError

from chassis.errors import Poison
from contracts.catalogue import BY_TYPE
from contracts.event import Event, ForOnePerson
from contracts.ids import named_id

RawHeaders = Sequence[tuple[str, bytes | None]]
SHARED_BY = "shared_by"
"""A header that names the story of one event for whose sake this is asked; there is one for each."""
type_of = cache(lambda kind: str(kind.event_type()))
"""The CloudEvents type of an event's class."""


class Outgoing(NamedTuple):
    """One message, ready to be published."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str]
    correlation_id: str | None
    partition: int | None = None
    kept: RawHeaders = ()
    """Headers that go before these as they are, such as another message's: repeated names and null values too."""

    def raw_headers(self) -> list[tuple[str, bytes | None]]:
        """Give all headers as Kafka takes them."""
        headers: list[tuple[str, bytes | None]] = [*self.kept]
        headers += [(name, value.encode()) for name, value in self.headers.items()]
        if self.correlation_id is not None:
            headers.append(("correlation_id", self.correlation_id.encode()))
        return headers


@dataclass(frozen=True)
class Attributes:
    """What the headers say of an event; readable without parsing its value."""

    id: str
    type: str
    source: str
    correlation_id: str
    carrier: Mapping[str, str] = field(default_factory=dict)
    """The headers that were text, for trace context."""

    @property
    def replayed(self) -> bool:
        """Tell whether an operator sent it again, so that it may have been done before."""
        return "replayed_from" in self.carrier

    @property
    def traced(self) -> bool:
        """Tell whether the trace that it belongs to is recorded: its last flag, as in W3C's trace context."""
        return self.carrier.get("traceparent", "").endswith(tuple("13579bdf"))

    def expired(self, event: Event) -> bool:
        """Tell whether nobody waits for this event's effect any more."""
        if event.useful_for is None:
            return False
        try:
            published = datetime.fromisoformat(self.carrier["ce_time"])
        except (KeyError, ValueError):
            return False
        return published.tzinfo is not None and datetime.now(UTC) - published > event.useful_for


def encode(event: Event, source: str, cause: Attributes | None = None, event_id: str | None = None) -> Outgoing:
    """Wrap an event; `cause` is the event whose handling gave rise to it."""
    event_id = event_id or uuid4().hex
    if isinstance(event, ForOnePerson):
        correlation_id = event.origin.intent_id
    else:
        correlation_id = cause.correlation_id if cause else event_id
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": type_of(type(event)),
        "ce_source": f"/bridge/{source}",
        "ce_time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "content-type": "application/json",
    }
    if subject := event.subject():
        headers["ce_subject"] = subject
    if context.get_current():
        propagate.inject(headers)
    return Outgoing(event.topic, event.key().encode(), event.model_dump_json().encode(), headers, correlation_id)


def answer_id(cause: Attributes, place: str, answer: Event) -> str:
    """Give the id of a handler's answer: handling the same message again gives the same ids."""
    return named_id(f"{cause.id}/{place}/{type_of(type(answer))}")


def type_in(headers: RawHeaders) -> bytes | None:
    """Read what type of event a message says it is, and nothing else."""
    for name, raw in reversed(headers):
        if name == "ce_type":
            return raw
    return None


def attributes(headers: RawHeaders) -> Attributes:
    """Read the headers; whatever they are, the only error is Poison."""
    carrier: dict[str, str] = {}
    for name, raw in headers:
        try:
            carrier[name] = (raw or b"").decode()
        except UnicodeDecodeError:
            raise Poison("bad_header", f"header {name!r} is not UTF-8") from None
    missing = [name for name in ("ce_id", "ce_type") if not carrier.get(name)]
    if missing:
        raise Poison("bad_header", f"no {' and no '.join(missing)} header")
    return Attributes(
        id=carrier["ce_id"],
        type=carrier["ce_type"],
        source=carrier.get("ce_source", ""),
        correlation_id=carrier.get("correlation_id") or carrier["ce_id"],
        carrier=carrier,
    )


def decode(told: Attributes, value: bytes | None) -> Event:
    """Read an event of a known type; unknown fields are ignored, values of a bad one are not repeated."""
    kind = BY_TYPE.get(told.type)
    if kind is None:
        raise Poison("unknown_type", "no event of this type is known to this version of Bridge")
    if value is None:
        raise Poison("null_value", "the value is null")
    try:
        return kind.model_validate_json(value)
    except ValidationError as error:
        raise Poison("invalid", describe(error)) from None


def describe(error: ValidationError) -> str:
    """Say where a model did not fit, without the values."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'value'}: {e['type']}" for e in found[:10])
