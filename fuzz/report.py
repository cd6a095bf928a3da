"""What came of a run, on the console."""

import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fuzz.found import Found

EXAMPLE_SHOWN = 400
TELL_EVERY = 10.0
"""Seconds."""


class Progress:
    """Says now and then how far a part is: a long run must not look like one that hangs."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._told = clock()

    def begin(self, name: str) -> None:
        """A part begins."""
        self._told = self._clock()
        self._console.print(f"  {name} …", style="dim")

    def tell(self, found: Found) -> None:
        """One more case of a part was tried."""
        if self._clock() - self._told >= TELL_EVERY:
            self._told = self._clock()
            self._console.print(f"    {found.cases:,} cases", style="dim")


def show(console: Console, founds: Sequence[Found], memory: Mapping[str, Mapping[str, float]]) -> None:
    """The parts, what they found, and the memory of the services."""
    table = Table(box=None, pad_edge=True, header_style="dim")
    for column, justify in (("", "left"), ("", "left"), ("cases", "right"), ("slowest ms", "right"), ("s", "right")):
        table.add_column(column, justify="right" if justify == "right" else "left")
    for found in founds:
        mark = "[green]✓[/]" if found.ok else "[red]✗[/]"
        table.add_row(mark, found.name, f"{found.cases:,}", f"{found.slowest * 1000:,.1f}", f"{found.seconds:,.1f}")
    console.print(table)
    for name, megabytes in memory.items():
        console.print(f"    {name}: {megabytes['before']:g} MB before, {megabytes['after']:g} MB after", style="dim")
    for found in founds:
        for what, example in found.failures.items():
            console.print(f"[red]✗[/] {found.name}: {escape(what)} ({found.counts[what]} times)")
            console.print(f"    {escape(example[:EXAMPLE_SHOWN])}", style="dim")
