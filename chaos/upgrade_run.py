"""A roll-out from start to end, while people work."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console

from bridge.demo.failure import StepFailed
from chaos.drill import settled
from chaos.jiras import Jira, look
from chaos.judge import Verdict, judge
from chaos.ledger import Command, Ledger
from chaos.run import TENANTS
from chaos.scene import Scene
from chaos.stream import Stream
from chaos.teams import NotHeard, Teams
from chaos.upgrade_people import Subscribers, Told, told
from chaos.upgrade_plan import Plan, Step
from chaos.upgrade_stack import MixedStack, Replica
from chaos.upgrade_versions import Version
from chaos.wire import DeadLetter, dead_letters
from devstack.connector.remote import RemoteTeams
from devstack.connector.settings import ConnectorSettings
from devstack.process import ProcessFailed

PATIENCE = 45.0
"""So long may it take until both versions have handled something, or until the last card has come."""


@dataclass
class Stage:
    """What one step did; seconds, and per replica the messages that it handled while both versions worked."""

    services: tuple[str, ...]
    to: str
    starting: float = 0.0
    mixed: float = 0.0
    draining: float = 0.0
    handled: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Played:
    """Everything that came of a roll-out."""

    verdict: Verdict
    told: Told
    letters: list[DeadLetter]
    stages: list[Stage]
    commands: dict[int, Command]
    more: dict[str, Any]


@dataclass
class Rollout:
    """Two versions, one stack, and people who notice nothing."""

    plan: Plan
    versions: dict[str, Version]
    stack: MixedStack
    http: httpx.AsyncClient
    chance: random.Random
    console: Console

    async def play(self) -> Played:
        """Start the old version, work, take every step under load, and look at what came of it."""
        clock = time.monotonic()
        with self.console.status("Starting the old version"):
            scene, people = await self._scene()
        starting, began = _since(clock), time.monotonic()
        scene.stream.start()
        await self.stack.apply_topics(self.versions["new"])
        stages = []
        for step in self.plan.steps:
            stages.append(await self._stage(step, people))
            self._tell(stages[-1], scene)
            if stages[-1].failures:
                break
        await scene.stream.stop()
        with self.console.status("Waiting for the last effects"):
            await settled(scene)
            heard = await self._all_told(scene, people)
        more = {
            "starting": starting,
            "seconds": _since(began),
            "ended_alone": dict(self.stack.ended_alone),
            "unclean_ends": self.stack.unclean,
            "doors": {name: {"requests": d.requests, "failed": d.failed} for name, d in self.stack.doors.items()},
            "engines": [engine.name for engine in self.stack.engines.values()],
        }
        verdict = judge(scene.ledger.commands, await look(scene.jiras))
        return Played(verdict, heard, await dead_letters(scene.bootstrap), stages, scene.ledger.commands, more)

    async def _scene(self) -> tuple[Scene, Subscribers]:
        at = await self.stack.start(TENANTS)
        teams = Teams(
            at.connector, ConnectorSettings(public_url=at.connector, extra_people=self.stack.people), self.http
        )
        jiras = [Jira(index, server.url, self.http) for index, server in enumerate(self.stack.jiras)]
        people = Subscribers(teams, jiras, chats=RemoteTeams(at.connector, self.http))
        form = self.plan.form
        await people.settle(at, self.http, form.people, form.issues)
        await people.subscribe()
        ledger = Ledger()
        stream = Stream(people, ledger, self.chance, [form.rate] * TENANTS)
        return Scene(self.stack, people, jiras, stream, ledger, self.chance, at.engines.kafka_bootstrap), people

    async def _stage(self, step: Step, people: Subscribers) -> Stage:
        """Put a replica of the other version beside each present one, work, retire those that were there before."""
        stage, clock = Stage(step.services, step.to), time.monotonic()
        before = [replica for name in step.services for replica in self.stack.replicas(name)]
        try:
            added = await self.stack.add(self.versions[step.to], step.services)
            stage.starting = _since(clock)
            clock = time.monotonic()
            async with asyncio.TaskGroup() as together:
                together.create_task(self._work_together([*before, *added], stage))
                together.create_task(people.connect_newcomer())
            stage.mixed = _since(clock)
            clock = time.monotonic()
            await self.stack.retire(before)
            stage.draining = _since(clock)
            await asyncio.sleep(self.plan.alone)
        except* (ProcessFailed, NotHeard, StepFailed, httpx.HTTPError) as errors:
            stage.failures += _said(errors)
        return stage

    async def _work_together(self, replicas: list[Replica], stage: Stage) -> None:
        """Return when the time is up and every replica has handled something; where one does nothing, say so."""
        began = time.monotonic()
        at_first = await _handled(replicas)
        while True:
            await asyncio.sleep(0.5)
            now = await _handled(replicas)
            stage.handled = {label: count - at_first[label] for label, count in now.items()}
            idle = [label for label, count in stage.handled.items() if not count]
            if _since(began) >= self.plan.mixed and not idle:
                return
            if _since(began) > PATIENCE:
                stage.failures += [f"{label} handled nothing within {PATIENCE:g} s" for label in idle]
                return

    async def _all_told(self, scene: Scene, people: Subscribers) -> Told:
        """Wait for the last cards about changes; where some do not come, say which."""
        began = time.monotonic()
        while True:
            found = told(scene.ledger.commands, await people.heard())
            if not found.untold or _since(began) > PATIENCE:
                return found
            await asyncio.sleep(0.5)

    def _tell(self, stage: Stage, scene: Scene) -> None:
        mark = "[red]✗[/]" if stage.failures else "[green]✓[/]"
        names = "all four" if len(stage.services) > 1 else stage.services[0]
        took = f"ready after {stage.starting:4.1f} s, both for {stage.mixed:4.1f} s, drained in {stage.draining:4.1f} s"
        commands = f"{len(scene.ledger.heard)} commands so far"
        self.console.print(
            f"{mark} {names:<16} → {stage.to}  {took}  [dim]{commands}[/]", highlight=False, soft_wrap=True
        )
        for failure in stage.failures:
            self.console.print(f"    [red]{failure}[/]")


def _said(errors: BaseExceptionGroup[Exception]) -> list[str]:
    """What went wrong, in words, however deep it lies."""
    parts = [
        _said(one) if isinstance(one, BaseExceptionGroup) else [f"{type(one).__name__}: {one}"]
        for one in errors.exceptions
    ]
    return [word for part in parts for word in part]


async def _handled(replicas: list[Replica]) -> dict[str, int]:
    counts = await asyncio.gather(*(asyncio.to_thread(replica.handled) for replica in replicas))
    return {replica.label: count for replica, count in zip(replicas, counts, strict=True)}


def _since(moment: float) -> float:
    return round(time.monotonic() - moment, 1)
