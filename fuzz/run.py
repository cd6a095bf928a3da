"""A run: the parts that need no process, then those that need all of them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import facts
from chaos.teams import NotHeard
from rich.console import Console

from fuzz import activities, api, cards, consumers, grammar, intake, report, webhooks
from fuzz.forms import Form
from fuzz.found import Found
from fuzz.town import Town, town
from fuzz.trying import Amount

PURE: dict[str, Callable[[Amount], Found]] = {"grammar": grammar.fuzz, "webhooks": webhooks.fuzz, "cards": cards.fuzz}
IN_TOWN: dict[str, Callable[[Town, Amount], Found]] = {
    "intake": intake.fuzz,  # before the API's, which may change the tenant
    "activities": activities.fuzz,
    "api": api.fuzz,
}
CONSUMERS = "consumers"
NAMES = (*PURE, *IN_TOWN, CONSUMERS)
GROWTH_ALLOWED = 80.0
"""MB that a service may have more at the end: room for its caches, which are bounded, and for what is under way."""


@dataclass(frozen=True)
class Asked:
    """What to run."""

    form: Form
    seed: int
    only: Sequence[str]
    directory: Path

    def wants(self, name: str) -> bool:
        """Whether a part is asked for."""
        return not self.only or name in self.only

    def begun(self, name: str, progress: report.Progress) -> Amount:
        """Begin a part: how much of it is tried."""
        progress.begin(name)
        return Amount(getattr(self.form, name), self.seed, progress.tell)


async def run(asked: Asked, console: Console) -> dict[str, Any]:
    """Run all that is asked for; gives the report."""
    began, machine = time.perf_counter(), facts()
    founds: list[Found] = []
    memory: dict[str, dict[str, float]] = {}
    progress = report.Progress(console)
    for name, part in PURE.items():
        if asked.wants(name):
            founds.append(await asyncio.to_thread(part, asked.begun(name, progress)))
    if any(asked.wants(name) for name in (*IN_TOWN, CONSUMERS)):
        progress.begin("starting all of Bridge")
        async with town(asked.directory) as here:
            founds += await _in_town(asked, here, memory, progress)
    report.show(console, founds, memory)
    return {
        "form": asked.form.name,
        "seed": asked.seed,
        "passed": all(found.ok for found in founds),
        "seconds": round(time.perf_counter() - began, 1),
        "cases": sum(found.cases for found in founds),
        "slowest_ms": round(max(found.slowest for found in founds) * 1000, 1),
        "parts": [found.as_json() for found in founds],
        "memory_mb": memory,
        "machine": machine,
    }


async def _in_town(
    asked: Asked, here: Town, memory: dict[str, dict[str, float]], progress: report.Progress
) -> list[Found]:
    founds: list[Found] = []
    before = here.memory()
    for name, part in IN_TOWN.items():
        if asked.wants(name):
            founds.append(await asyncio.to_thread(part, here, asked.begun(name, progress)))
    if asked.wants(CONSUMERS):
        founds.append(await consumers.fuzz(here, asked.begun(CONSUMERS, progress)))
    if asked.wants("api") and (few := _too_few(asked, founds)):
        few[0].fail("too few cases", f"{few[0].cases} of {asked.form.api_cases_at_least}")
    memory |= {name: {"before": before[name], "after": after} for name, after in here.memory().items()}
    return [*founds, await _afterwards(here, memory)]


def _too_few(asked: Asked, founds: Sequence[Found]) -> list[Found]:
    return [one for one in founds if one.name == api.NAME and one.cases < asked.form.api_cases_at_least]


async def _afterwards(here: Town, memory: dict[str, dict[str, float]]) -> Found:
    """Look whether all still work, whether any ended or logged a bug, and what they hold in memory."""
    found = Found("afterwards", cases=1)
    with found.timed():
        try:
            await here.alive()
        except NotHeard as error:
            found.fail("nobody answers any more", str(error))
        for name, count in here.stack.ended_alone.items():
            found.fail(f"{name} ended", f"{count} times; see its log")
        for what, line in here.bugs().items():
            found.fail(what, line)
        for name, megabytes in memory.items():
            if (grown := megabytes["after"] - megabytes["before"]) > GROWTH_ALLOWED:
                found.fail(f"memory of {name}", f"{grown:.1f} MB more; at most {GROWTH_ALLOWED:g}")
    return found
