"""Messages that no one can handle, for every topic that a service reads."""

from collections.abc import Iterator, Sequence
from typing import Any

from contracts.catalogue import BY_TYPE
from contracts.topics import SERVICES, TOPICS

TOO_LARGE = 1024 * 1024 + 1
SKIPPED = {topic.name for topic in TOPICS if topic.compacted} | {"keys.replies.v1"}
"""A view skips what it cannot read, and says so in its log; so does who waits for a reply."""
READ = [topic.name for topic in TOPICS if set(topic.readers) & set(SERVICES) and not topic.name.endswith(".retry.v1")]


def poison(keys: Sequence[bytes]) -> list[dict[str, Any]]:
    """Bad messages for every topic that a service reads, under keys that people's own messages have."""
    return [
        {"topic": topic, "key": keys[number % len(keys)], **bad}
        for topic in READ
        for number, bad in enumerate(_bad(_type_of(topic)))
    ]


def _bad(kind: str) -> Iterator[dict[str, Any]]:
    good = [("ce_id", b"chaos"), ("ce_type", kind.encode()), ("ce_specversion", b"1.0")]
    yield {"value": b"{ this is no JSON", "headers": good}
    yield {"value": b'{"origin": 7}', "headers": good}
    yield {"value": b"[" * 20_000, "headers": good}
    yield {"value": b"\xff\xfe\x00", "headers": good}
    yield {"value": None, "headers": good}
    yield {"value": b"x" * TOO_LARGE, "headers": good}
    yield {"value": b"{}", "headers": []}
    yield {"value": b"{}", "headers": [("ce_id", b"\xff\xff"), ("ce_type", kind.encode())]}
    yield {"value": b"{}", "headers": [("ce_id", b""), ("ce_type", kind.encode())]}
    yield {"value": b"{}", "headers": [("ce_id", b"chaos"), ("ce_type", b"bridge.never-heard-of.v1")]}


def _type_of(topic: str) -> str:
    """An event type that somebody handles there."""
    asked = {"teams.intents.v1": "bridge.comment-asked.v1"}
    return asked.get(topic) or next(kind for kind, event in BY_TYPE.items() if event.topic == topic)
