"""`bridge trace`: what happened to one message, read from the events on all topics."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from aiokafka import ConsumerRecord
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.dlq_output import plain, short_type
from bridge.kafka_admin import KafkaAdminError
from bridge.kafka_log import KafkaLog
from bridge.moments import of_milliseconds, shown
from bridge.options import OutputOption, SinceOption, settings
from bridge.output import Output, print_error, print_json
from bridge.timeline import Kin, Step, milliseconds_between, names, timeline
from chassis.settings import ServiceSettings
from contracts.ids import named_id
from contracts.teams import Intent
from contracts.topics import TOPICS

EXIT_CODES = "Exit codes: 0 something was found · 1 nothing was, or Kafka failed · 2 wrong usage."
MESSAGES = [topic.name for topic in TOPICS if not topic.compacted]
"""Compacted topics hold states, not messages on their way."""
CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass
class Search:
    """What a first reading found, and how far back it could look."""

    kin: Kin = field(default_factory=Kin)
    first: datetime | None = None
    reach: dict[str, datetime] = field(default_factory=dict)


def trace(
    wanted: Annotated[str, typer.Argument(metavar="ID")],
    since: SinceOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Say what happened to one message, step by step, with the milliseconds between the steps.

    ID is an intent's id (`intent` in the logs, `correlation_id` in Kafka),
    an event's id (`ce_id`), a Teams activity's id (alone, or written as
    `conversation|activity`), or a dead letter's id such as 3-17.

    No value of an event is printed. Posting in Teams leaves no event, so a
    story ends with its outcome.
    """
    try:
        search, steps = asyncio.run(_trace(settings(), wanted, since))
    except KafkaAdminError as error:
        print_error(f"{error} Check BRIDGE_KAFKA_BOOTSTRAP, or run `bridge doctor`.")
        raise typer.Exit(1) from None
    if not steps:
        print_error(f"Nothing of {plain(wanted)} is in Kafka. {_reach(search)}")
        raise typer.Exit(1)
    if output is Output.JSON:
        print_json(_as_json(wanted, search, steps))
    else:
        _print(steps)


async def _trace(at: ServiceSettings, wanted: str, since: datetime | None) -> tuple[Search, list[Step]]:
    """Read to find the message and what marks its story, then to gather it; what is learnt late asks for a third."""
    async with KafkaLog(at) as log:
        search = Search()
        async for records in log.read(MESSAGES, "Looking for it", since):
            _look(records, {name.encode() for name in _meant(wanted)}, search)
        if search.first is None:
            return search, []
        whole = {name.encode() for name in _meant(wanted)} & search.kin.correlation_ids
        found = await _gather(log, search.kin, search.first - CLOCKS_DIFFER if whole else since)
    return search, timeline(found)


async def _gather(log: KafkaLog, kin: Kin, since: datetime | None) -> "list[ConsumerRecord[Any, Any]]":
    while True:
        found = []
        async for records in log.read(MESSAGES, "Gathering its story", since):
            found += [record for record in records if kin.has(record)]
        if not sum(kin.learn(record) for record in found):
            return found


def _meant(wanted: str) -> Iterator[str]:
    """Give the ids that were meant: an intent's id comes from its conversation's and its activity's."""
    yield wanted
    if "|" in wanted:
        yield named_id(wanted)


def _look(records: "list[ConsumerRecord[Any, Any]]", wanted: set[bytes], search: Search) -> None:
    for record in records:
        at = of_milliseconds(record.timestamp)
        search.reach[record.topic] = min(at, search.reach.get(record.topic, at))
        if any(names(record, one) or _is_activity(record, one) for one in wanted):
            search.kin.begin(record)
            search.first = min(at, search.first or at)


def _is_activity(record: "ConsumerRecord[Any, Any]", wanted: bytes) -> bool:
    """Tell whether a message is what this activity of Teams asked for; only its value says so."""
    if record.topic != Intent.topic or wanted not in (record.value or b""):
        return False
    try:
        return bool(json.loads(record.value)["origin"]["activity_id"] == wanted.decode())
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _reach(search: Search) -> str:
    if not search.reach:
        return "The topics are empty."
    reach = ", ".join(f"{topic} {shown(at)}" for topic, at in sorted(search.reach.items(), key=lambda one: one[1]))
    return f"They reach back to (UTC): {reach}."


def _as_json(wanted: str, search: Search, steps: list[Step]) -> dict[str, Any]:
    pauses = milliseconds_between(steps)
    return {
        "id": wanted,
        "correlation_ids": sorted(one.decode(errors="replace") for one in search.kin.correlation_ids),
        "milliseconds": sum(pauses),
        "steps": [
            asdict(step) | {"at": step.at.isoformat(timespec="milliseconds"), "milliseconds": pause}
            for step, pause in zip(steps, pauses, strict=True)
        ],
    }


def _print(steps: list[Step]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("time (UTC)", "+ ms", "service", "what", "event", "where", "bytes"):
        table.add_column(name, justify="right" if name in ("+ ms", "bytes") else "left", overflow="fold")
    pauses = milliseconds_between(steps)
    for step, pause in zip(steps, pauses, strict=True):
        table.add_row(
            step.at.strftime("%H:%M:%S.%f")[:-3],
            f"{pause:,}",
            plain(step.service),
            _what(step),
            short_type(step.event_type),
            f"{step.topic} {step.partition}-{step.offset}",
            f"{step.size:,}",
        )
    console = Console()
    console.print(table)
    console.print(f"{len(steps)} steps in {sum(pauses):,} ms, from {shown(steps[0].at)} UTC on.")


def _what(step: Step) -> Text:
    colour = {"dead letter": "red", "parked": "yellow", "replayed": "cyan"}.get(step.what, "")
    return Text(f"{step.what} {plain(step.note)}".strip(), colour)
