"""The consumers: anything in every topic that a service reads; each message comes to an end, and no process does."""

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from chaos.poison import SKIPPED
from chaos.wire import Place, dead_letters, publish
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contracts.catalogue import BY_TYPE, EVENTS
from contracts.topics import SERVICES, TOPICS
from fuzz.events import data_of
from fuzz.found import Found
from fuzz.strange import JSON, RAW, TEXT, mutated
from fuzz.town import Town
from fuzz.trying import Amount, shown, tried

PATIENCE = 90.0
KEYS = st.none() | st.binary(max_size=20) | st.sampled_from([b"t|u", b"t1", b"\xff"])
READ = [topic.name for topic in TOPICS if set(topic.readers) & set(SERVICES)]
IN_THE_END = 2
"""How many looks in a row must find that all is read: what is handled gives rise to more."""
UNREADABLE = "bridge.never-heard-of.v1"
"""A type that nobody knows: such a message is a dead letter, whatever else it is."""

Message = dict[str, Any]
Headers = list[tuple[str, bytes | None]]


async def fuzz(town: Town, amount: Amount) -> Found:
    """Publish, wait until all is read, and look what became of it."""
    found = Found("consumers", tell=amount.tell)
    with found.timed():
        messages = await asyncio.to_thread(_drawn, amount, found)
        began = time.perf_counter()
        places = await publish(town.at.engines.kafka_bootstrap, messages)
        await _all_read(town, found)
        due = {place: one for place, one in zip(places, messages, strict=True) if _hopeless(one)}
        await _set_aside(town, due, found)
        found.details["drained_seconds"] = round(time.perf_counter() - began, 1)
    return found


def _drawn(amount: Amount, found: Found) -> list[Message]:
    messages: list[Message] = []

    def keep(message: Message) -> None:
        messages.append(message)
        found.count()

    share = Amount(-(-amount.cases // len(READ)), amount.seed)
    for topic in READ:
        tried(share, _messages(topic), keep)
    return messages


def _messages(topic: str) -> SearchStrategy[Message]:
    """Draw messages of a topic: bytes of any kind, and events of its own with something wrong in them."""
    kinds = [kind for kind in EVENTS if kind.topic == topic] or EVENTS
    good = st.sampled_from(kinds).flatmap(lambda kind: st.tuples(st.just(kind.event_type()), data_of(kind, TEXT)))
    events = st.one_of(good, good.flatmap(lambda one: st.tuples(st.just(one[0]), mutated(one[1]))))
    typed = events.map(lambda one: (one[0], json.dumps(one[1]).encode()))
    types = st.sampled_from([UNREADABLE, *(kind.event_type() for kind in kinds)])
    raw = st.tuples(types, st.none() | RAW | JSON.map(lambda value: json.dumps(value).encode()))
    more = st.lists(st.tuples(TEXT.filter(_is_text), st.none() | RAW), max_size=2)
    return st.builds(partial(_message, topic), KEYS, st.one_of(typed, typed, raw), more)


def _message(topic: str, key: bytes | None, told: tuple[str, bytes | None], more: Headers) -> Message:
    own: Headers = [
        ("ce_id", secrets.token_hex(8).encode()),
        ("ce_type", told[0].encode()),
        ("ce_specversion", b"1.0"),
        ("ce_source", b"/fuzz"),
    ]
    return {"topic": topic, "key": _usable(topic, key, told[1]), "value": told[1], "headers": [*own, *more]}


def _usable(topic: str, key: bytes | None, value: bytes | None) -> bytes | None:
    """A key that no row has, so that what is known of the registered Jira stays; aiokafka wants one of the two."""
    if topic in SKIPPED:
        return b"fuzz-" + (key or b"")
    return b"" if key is None and value is None else key


def _is_text(text: str) -> bool:
    return text.isprintable() and not text.startswith("dlq_")


def _hopeless(message: Message) -> bool:
    kind = dict(message["headers"])["ce_type"].decode()
    return kind not in BY_TYPE and message["topic"] not in SKIPPED


async def _all_read(town: Town, found: Found) -> None:
    """Wait until every service has brought all that it reads to an end."""
    bootstrap = town.at.engines.kafka_bootstrap
    admin, ends_of = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await asyncio.gather(admin.start(), ends_of.start())
    ends, in_a_row = time.monotonic() + PATIENCE, 0
    try:
        while in_a_row < IN_THE_END:
            behind = await _behind(admin, ends_of)
            in_a_row = 0 if behind else in_a_row + 1
            if time.monotonic() > ends:
                found.fail("messages that nobody brought to an end", str(behind))
                return
            await asyncio.sleep(1)
    finally:
        await asyncio.gather(admin.close(), ends_of.stop())


async def _behind(admin: AIOKafkaAdminClient, ends_of: AIOKafkaConsumer) -> dict[str, int]:
    """Count what each group has yet to bring to an end, by service and topic."""
    behind: Counter[str] = Counter()
    for service in SERVICES:
        done: Mapping[TopicPartition, Any] = await admin.list_consumer_group_offsets(service)
        ends = await ends_of.end_offsets(list(done))
        for place, offset in done.items():
            behind[f"{service} {place.topic}"] += max(0, ends[place] - max(0, offset.offset))
    return {name: left for name, left in behind.items() if left}


async def _set_aside(town: Town, due: Mapping[Place, Message], found: Found) -> None:
    """See that the hopeless ones are dead letters, and that no dead letter comes of a bug."""
    letters = await dead_letters(town.at.engines.kafka_bootstrap)
    found.details["dead_letters"] = dict(Counter(letter.reason for letter in letters))
    for place in due.keys() - {letter.origin for letter in letters}:
        found.fail("neither handled nor a dead letter", f"{place}: {shown(due[place])}")
    for letter in letters:
        if letter.reason == "handler_failed":
            found.fail(f"{letter.service}: {letter.detail}", str(letter.origin))
