"""`python -m chaos.soak`: hours of ordinary work; do memory, file descriptors and tasks stay where they are?"""

import argparse
import asyncio
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from chaos.drill import settled
from chaos.forms import Form
from chaos.jiras import look
from chaos.judge import judge
from chaos.run import set_the_scene
from chaos.scene import Scene
from chaos.stack import Stack

DIRECTORY = Path("build/soak")
WARM_UP = 0.2
"""The first part of the time, in which caches fill."""
TASKS = re.compile(r"^bridge_asyncio_tasks (\d+)", re.MULTILINE)
GROWTH = {"rss_mb": (1.10, 5.0), "fds": (1.0, 5.0), "threads": (1.0, 2.0), "tasks": (1.0, 5.0)}
"""Allowed at the end: this factor of the beginning, and so much more."""


@dataclass(frozen=True)
class Sample:
    """One process at one moment."""

    service: str
    at: float
    rss_mb: float
    fds: int
    threads: int
    tasks: int | None


def sample(scene: Scene, service: str) -> Sample:
    """Look at a process from outside."""
    process = scene.stack.services[service]
    folder = Path("/proc") / str(process.process.pid)
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
    rss, threads = int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"])
    return Sample(
        service, time.time(), round(rss, 1), len(list((folder / "fd").iterdir())), threads, _tasks(process.env)
    )


def _tasks(env: dict[str, str]) -> int | None:
    """What the process says of its own tasks, where it does."""
    try:
        said = httpx.get(f"http://127.0.0.1:{env['BRIDGE_HEALTH_PORT']}/metrics", trust_env=False, timeout=5).text
    except httpx.TransportError:
        return None
    found = TASKS.search(said)
    return int(found[1]) if found else None


def flatness(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """Per process and figure: the median after warming up, the median at the end, and whether that is flat."""
    found = []
    for service in sorted({one.service for one in samples}):
        own = [one for one in samples if one.service == service]
        warm = own[int(len(own) * WARM_UP) :]
        part = max(1, len(warm) // 5)
        for name, (factor, more) in GROWTH.items():
            values = [value for one in warm if (value := getattr(one, name)) is not None]
            if values:
                began, ended = statistics.median(values[:part]), statistics.median(values[-part:])
                flat = ended <= began * factor + more
                found.append({"service": service, "figure": name, "began": began, "ended": ended, "flat": flat})
    return found


async def soak(minutes: float, rate: float, seed: int, console: Console) -> dict[str, Any]:
    """Work for so long and look at every process now and then."""
    form = Form("soak", 0, 5, 300, rate, 0, ())
    stack = Stack(DIRECTORY, form.people * 2)
    samples: list[Sample] = []
    try:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            with console.status("Starting"):
                scene = await set_the_scene(stack, http, form, random.Random(seed))  # noqa: S311 - a repeatable run
            scene.stream.start()
            ends = time.monotonic() + minutes * 60
            with console.status(f"Working for {minutes:g} minutes"):
                while time.monotonic() < ends:
                    await asyncio.sleep(min(15.0, minutes * 60 / 20))
                    samples += [await asyncio.to_thread(sample, scene, name) for name in stack.services]
            await scene.stream.stop()
            await settled(scene)
            verdict = judge(scene.ledger.commands, await look(scene.jiras))
    finally:
        await stack.stop()
    found = flatness(samples)
    passed = verdict.clean and all(one["flat"] for one in found) and not stack.ended_alone
    told = {"minutes": minutes, "rate": rate, "seed": seed, "passed": passed, "verdict": asdict(verdict)}
    return {**told, "flat": found, "ended_alone": dict(stack.ended_alone), "samples": [asdict(one) for one in samples]}


def main() -> int:
    """Run, write the report, and fail where something grows."""
    parser = argparse.ArgumentParser(prog="python -m chaos.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1.0, help="commands per second and tenant")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--output", type=Path, default=Path("build/soak.json"))
    given = parser.parse_args()
    console = Console()
    told = asyncio.run(soak(given.minutes, given.rate, given.seed, console))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(told, indent=2) + "\n")
    table = Table(title=f"{told['verdict']['sent']} commands in {given.minutes:g} minutes", box=None)
    for column in ("", "service", "figure", "began", "ended"):
        table.add_column(column)
    for one in told["flat"]:
        mark = "[green]✓[/]" if one["flat"] else "[red]✗[/]"
        table.add_row(mark, one["service"], one["figure"], f"{one['began']:g}", f"{one['ended']:g}")
    console.print(table)
    console.print(f"Written to {given.output}")
    return 0 if told["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
