"""`python -m bench [--short] [--only NAME …] [--output build/bench.json]`, from the repository's root."""

import argparse
import json
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Protocol

import uvloop
from rich.console import Console

from bench import command_figures, gateway, jira_calls, signatures, view
from bench.figures import Figure
from bench.machine import Others, facts
from bench.table import drawn
from chassis import logs


class Measure(Protocol):
    """Measures something and gives its figures."""

    def __call__(self, directory: Path, *, short: bool) -> Awaitable[Figure | list[Figure]]: ...


MEASURES: dict[str, Measure] = {
    "gateway_rps": gateway.measure,
    "command_overhead_ms": command_figures.measure,
    "commands_per_s": command_figures.measure,
    "jira_calls_per_s": jira_calls.measure,
    "signatures_per_s": signatures.measure,
    "view_1m_links": view.measure,
}
WIDTH = 132
QUIET = 0.3
"""Cores that others may use before the figures are doubtful."""


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="less of everything: about a minute and a half, for CI")
    parser.add_argument("--only", nargs="+", choices=MEASURES, metavar="NAME", help=f"some of {', '.join(MEASURES)}")
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"), help="where the report goes")
    return parser.parse_args()


async def run(given: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Measure one after the other; give the report."""
    report: dict[str, Any] = {"short": given.short, "machine": facts(), "figures": []}
    for measure in dict.fromkeys(MEASURES[name] for name in given.only or MEASURES):
        names = ", ".join(name for name, one in MEASURES.items() if one is measure)
        others, began = Others(), time.perf_counter()
        with console.status(names), tempfile.TemporaryDirectory(prefix="bridge-bench-") as directory:
            figures = await measure(Path(directory), short=given.short)
        around = {"seconds": round(time.perf_counter() - began, 1), "others_cores": round(others.cores(), 2)}
        for figure in figures if isinstance(figures, list) else [figures]:
            report["figures"].append({**figure.as_json(), **around})
            console.print(drawn(figure))
        took = f"  took {around['seconds']} s; what is not ours used {around['others_cores']} cores"
        noisy = around["others_cores"] > QUIET
        console.print(took + (": too many for figures to be trusted" if noisy else ""), style="red" if noisy else "dim")
    report["ok"] = all(figure["ok"] for figure in report["figures"])
    return report


def main() -> None:
    """Measure, write the report, and say how it went; missing a target is no error of the bench."""
    given = arguments()
    console = Console(highlight=False, width=max(WIDTH, Console().width))
    logs.configure("bench", "WARNING")
    report = uvloop.run(run(given, console))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=2) + "\n")
    console.print(f"{given.output}: {'all targets met' if report['ok'] else 'some targets missed'}")


if __name__ == "__main__":
    main()
