"""How commands print: a table for people, JSON for programs; marks carry colour and word."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.doctor import Finding
from bridge.topics import TopicReport

T = TypeVar("T")
COLOURS = {
    **dict.fromkeys(("ok", "there", "created"), "green"),
    **dict.fromkeys(("missing", "skipped"), "yellow"),
    **dict.fromkeys(("differs", "failed"), "red"),
}


class Output(StrEnum):
    """What `-o` takes."""

    TEXT = "text"
    JSON = "json"


def print_json(value: object) -> None:
    """Print one JSON document, and nothing else, to standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def tell(found: T, output: Output, in_words: Callable[[T], None]) -> None:
    """Print what was found, for programs or for people."""
    if output is Output.JSON:
        print_json(found)
    else:
        in_words(found)


def print_findings(findings: Sequence[Finding], output: Output) -> None:
    """What the doctor found."""
    if output is Output.JSON:
        return print_json([asdict(finding) for finding in findings])
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        says = Text(finding.says)
        if finding.advice:
            says.append(f"\n→ {finding.advice}", "bold")
        table.add_row(_mark(finding.state), Text(finding.name), says)
    Console().print(table)
    return None


def print_topics(reports: Sequence[TopicReport], output: Output) -> None:
    """What the topics are like."""
    if output is Output.JSON:
        return print_json([asdict(report) for report in reports])
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for report in reports:
        table.add_row(_mark(report.state), Text(report.name), Text(report.says))
    Console().print(table)
    return None


def print_error(why: str) -> None:
    """What went wrong, to standard error."""
    Console(stderr=True).print(Text(why, "red"))


def _mark(state: str) -> Text:
    return Text(state, COLOURS[state])
