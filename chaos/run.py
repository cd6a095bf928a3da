"""A run from start to end."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from chaos import neighbours, report
from chaos.company import Companies
from chaos.drill import Outcome, drill, settled
from chaos.forms import NEIGHBOURS, Form, planned
from chaos.jiras import Jira, look
from chaos.judge import judge
from chaos.ledger import Ledger, by_number
from chaos.scene import Scene
from chaos.stack import Stack
from chaos.stream import Stream
from chaos.teams import Teams
from chaos.wire import dead_letters
from devstack.connector.settings import ConnectorSettings

TENANTS = 2


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    form: Form
    seed: int
    only: Sequence[str]
    directory: Path


async def run(asked: Asked, console: Console) -> dict[str, Any]:
    """Start everything, drill, judge, stop everything; gives the report."""
    form = asked.form
    stack = Stack(asked.directory, form.people * TENANTS, settings=dict(form.settings))
    chance = random.Random(asked.seed)  # noqa: S311 - a repeatable run, no secret
    limits = httpx.Limits(max_connections=200)
    try:
        async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as http:
            with console.status("Starting"):
                scene = await set_the_scene(stack, http, form, chance)
            return await _play(scene, asked, console)
    finally:
        with console.status("Stopping"):
            await stack.stop()


async def set_the_scene(stack: Stack, http: httpx.AsyncClient, form: Form, chance: random.Random) -> Scene:
    """Start everything, register two Jiras, connect everybody."""
    at = await stack.start(TENANTS)
    teams = Teams(at.connector, ConnectorSettings(public_url=at.connector, extra_people=stack.people), http)
    jiras = [Jira(index, server.url, http) for index, server in enumerate(stack.jiras)]
    companies = Companies(teams, jiras)
    await companies.settle(at, http, form.people, form.issues)
    ledger = Ledger()
    stream = Stream(companies, ledger, chance, [form.rate] * TENANTS)
    return Scene(stack, companies, jiras, stream, ledger, chance, at.engines.kafka_bootstrap)


async def _play(scene: Scene, asked: Asked, console: Console) -> dict[str, Any]:
    began = time.time()
    scene.stream.start()
    await asyncio.sleep(2)
    outcomes = await drill(scene, planned(asked.form, scene.chance, asked.only), console)
    more: dict[str, Any] = {}
    if _whole(outcomes) and (rounds := _rounds(asked)):
        with console.status("One tenant's Jira hangs, in turns"):
            more["neighbours"] = await neighbours.measure(scene, rounds)
    if _whole(outcomes) and not asked.only:
        with console.status(f"Going on up to {asked.form.commands} commands"):
            await scene.stream.reach(asked.form.commands)
    await scene.stream.stop()
    await settled(scene)
    return await _report(scene, asked, outcomes, more | {"began": began})


def _whole(outcomes: Sequence[Outcome]) -> bool:
    return all(outcome.recovered for outcome in outcomes)


def _rounds(asked: Asked) -> int:
    """How often the hanging tenant is measured."""
    if not asked.only:
        return asked.form.neighbour_rounds
    return max(1, asked.form.neighbour_rounds) if NEIGHBOURS in asked.only else 0


async def _report(scene: Scene, asked: Asked, outcomes: Sequence[Outcome], more: dict[str, Any]) -> dict[str, Any]:
    seconds = time.time() - more.pop("began")
    effects = await look(scene.jiras)
    commands = scene.ledger.commands
    told = {"commands": [asdict(command) for command in commands.values()], "effects": [asdict(one) for one in effects]}
    (asked.directory / "commands.json").write_text(json.dumps(told))
    verdict = judge(commands, effects)
    letters = [letter for letter in await dead_letters(scene.bootstrap) if letter.origin not in scene.poison]
    more["dead_letters_of_good_messages"] = [asdict(letter) for letter in letters]
    more["ended_alone"] = dict(scene.stack.ended_alone)
    required = report.requirements(verdict, outcomes, more)
    return {
        "form": asked.form.name,
        "seed": asked.seed,
        "passed": all(one.met for one in required),
        "requirements": [asdict(one) for one in required],
        "total": report.totals(verdict, commands, seconds),
        "kills": dict(scene.stack.kills),
        "faults": report.by_fault(verdict, outcomes, by_number(effects), commands),
        "verdict": asdict(verdict),
        **more,
        "engines": [engine.name for engine in scene.stack.engines.values()],
    }
