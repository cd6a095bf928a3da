"""The report for people."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.figures import Check, Figure, rounded


def drawn(figure: Figure) -> Group:
    """A figure: its numbers and what stands beside them, its checks, its notes."""
    return Group(*_parts(figure))


def _parts(figure: Figure) -> Iterator[RenderableType]:
    yield Text.assemble((f"\n{figure.name}", "bold"), (f"  {figure.unit}", "dim"))
    yield _numbers(figure)
    for check in figure.checks:
        yield _said(check)
    for note in figure.notes:
        yield Text(f"  {note}", style="dim")


def _numbers(figure: Figure) -> Table:
    rows = {"Bridge": figure.bridge, **figure.beside}
    names = list(dict.fromkeys(name for numbers in rows.values() for name in numbers))
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("", no_wrap=True)
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for who, numbers in rows.items():
        cells = (f"{rounded(numbers[name]):,g}" if name in numbers else "" for name in names)
        table.add_row(who, *cells, style="bold" if who == "Bridge" else "")
    return table


def _said(check: Check) -> Text:
    mark = ("  ✓ ", "green") if check.ok else ("  ✗ ", "red")
    sign = "≤" if check.relation == "<=" else "≥"
    target = (f"  (target {sign} {check.limit:g})", "dim")
    return Text.assemble(mark, f"{check.what}: {rounded(check.value):,g}", target)
