"""How dead letters are printed."""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.dead_letters import DeadLetter, read_letter, readable
from bridge.moments import shown
from bridge.output import Output, print_json
from bridge.replay import Planned, Replayed, Run

NOT_SHOWN = "not shown, for it may hold people's words: --value prints it"


def print_letters(letters: Sequence[DeadLetter], done: dict[str, Replayed], output: Output) -> None:
    """All letters in one table."""
    if output is Output.JSON:
        return print_json([_as_json(letter, done.get(letter.id)) for letter in letters])
    if not letters:
        return Console().print("No dead letters.")
    table = _table("id", "when (UTC)", "service", "reason", "event", "tenant", "tries", "replayed", "detail")
    for letter in letters:
        replayed = done.get(letter.id)
        table.add_row(
            letter.id,
            shown(letter.at),
            plain(letter.service),
            Text(plain(letter.reason), "red"),
            short_type(letter.event_type),
            _short(plain(letter.tenant)),
            "" if letter.attempts is None else str(letter.attempts),
            _replayed(replayed) if replayed else "",
            plain(letter.detail),
        )
    return Console().print(table)


def print_letter(record: "ConsumerRecord[Any, Any]", replayed: Replayed | None, output: Output, *, value: bool) -> None:
    """One letter whole; its value only where that is asked for."""
    letter = read_letter(record)
    if output is Output.JSON:
        shown_value = {"value": _value_as_json(record.value)} if value else {}
        told = _as_json(letter, replayed) | {"headers": readable(record.headers)} | shown_value
        return print_json(told)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_row("id", letter.id)
    table.add_row("when", f"{shown(letter.at)} UTC")
    table.add_row("key", plain((record.key or b"").decode(errors="backslashreplace")))
    table.add_row("replayed", _replayed(replayed) if replayed else "no")
    table.add_row("value", f"{letter.size} bytes" + ("" if value else f", {NOT_SHOWN}"))
    table.add_section()
    for name, text in readable(record.headers).items():
        table.add_row(Text(plain(name), "cyan"), Text(plain(text)))
    console = Console()
    console.print(table)
    if value:
        console.print(Text(_value_as_text(record.value)))
    return None


def print_replay(planned: Sequence[Planned], run: Run, output: Output, *, dry: bool) -> None:
    """What was replayed, or would be, and what was not."""
    if output is Output.JSON:
        return print_json(
            {
                "dry_run": dry,
                "replay_id": None if dry else run.replay_id,
                "operator": run.operator.model_dump(),
                "chosen": [{"id": one.letter.id, "topic": one.letter.topic} for one in planned if not one.left_out],
                "left_out": {one.letter.id: one.left_out for one in planned if one.left_out},
                "replayed": run.replayed,
                "failed": run.failed,
                "stopped": run.stopped,
            }
        )
    console = Console()
    table = _table("id", "to", "event", "tenant", "")
    for one in planned:
        table.add_row(
            one.letter.id,
            plain(one.letter.topic),
            short_type(one.letter.event_type),
            _short(plain(one.letter.tenant)),
            _fate(one, run, dry=dry),
        )
    if planned:
        console.print(table)
    left_out = sum(one.left_out is not None for one in planned)
    if dry:
        would = len(planned) - left_out
        console.print(f"{would} would be replayed, {left_out} left out. Nothing was sent; --yes does it.")
    else:
        console.print(f"{len(run.replayed)} replayed, {left_out} left out, {len(run.failed)} failed.")
    return None


def plain(text: str) -> str:
    """Take out what a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def short_type(event_type: str) -> str:
    """`comment-asked` for `bridge.comment-asked.v1`."""
    return plain(event_type).removeprefix("bridge.").removesuffix(".v1")


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    return table


def _short(name: str) -> str:
    return name if len(name) <= 10 else f"{name[:8]}…"


def _replayed(replayed: Replayed) -> str:
    said = f"{shown(replayed.at)} by {plain(replayed.by)}"
    return said if replayed.confirmed else f"begun {said}, not confirmed"


def _fate(one: Planned, run: Run, *, dry: bool) -> Text:
    if one.left_out:
        return Text(one.left_out, "yellow")
    if why := run.failed.get(one.letter.id):
        return Text(why, "red")
    if dry:
        return Text("would be replayed", "green")
    return Text("replayed", "green") if one.letter.id in run.replayed else Text("not sent", "red")


def _as_json(letter: DeadLetter, replayed: Replayed | None) -> dict[str, Any]:
    told = asdict(letter) | {"at": _iso(letter.at)}
    told["replayed"] = asdict(replayed) | {"at": _iso(replayed.at)} if replayed else None
    return told


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _value_as_json(value: bytes | None) -> Any:
    try:
        return json.loads(value or b"null")
    except (ValueError, RecursionError):
        return {"base64": base64.b64encode(value or b"").decode()}


def _value_as_text(value: bytes | None) -> str:
    try:
        text = json.dumps(json.loads(value or b""), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = (value or b"").decode(errors="backslashreplace")
    return "\n".join(plain(line) for line in text.split("\n"))
