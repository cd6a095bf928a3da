"""One run: faults one after another while people work, and after each a look at what came of it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from chaos.jiras import look
from chaos.judge import recovery
from chaos.ledger import by_number
from chaos.scene import Fault, Scene
from chaos.teams import NotHeard

WAIT = 120.0
"""So long is waited for recovery; what is allowed is less."""
LATE = 1.0
BREATH = (0.5, 2.0)


@dataclass
class Outcome:
    """What one fault did."""

    name: str
    what: str
    began: float
    ended: float = 0.0
    over: float = 0.0
    recovery: float = 0.0
    recovered: bool = True
    sent: int = 0
    notes: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


async def drill(scene: Scene, faults: Sequence[Fault], console: Console) -> list[Outcome]:
    """Let each fault strike in its turn; where one is not recovered from, the others would tell nothing."""
    outcomes: list[Outcome] = []
    for fault in faults:
        outcomes.append(await _one(scene, fault))
        _tell(console, outcomes[-1], scene)
        if not outcomes[-1].recovered:
            break
        await asyncio.sleep(scene.chance.uniform(*BREATH))
    return outcomes


async def settled(scene: Scene, patience: float = WAIT) -> bool:
    """Wait until everything that was accepted is done in Jira; False when that does not come."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        done = {effect.number for effect in await look(scene.jiras)}
        if all(command.number in done for command in scene.ledger.heard):
            return True
        await asyncio.sleep(0.5)
    return False


async def _one(scene: Scene, fault: Fault) -> Outcome:
    outcome = Outcome(fault.name, fault.what, time.time())
    scene.notes, scene.failures = {}, []
    try:
        await fault.strike(scene)
    except (TimeoutError, NotHeard) as error:
        scene.failures.append(f"the fault did not come about: {type(error).__name__} {error}")
    outcome.ended = time.time()
    probe = asyncio.create_task(_probe(scene)) if fault.probe else None
    outcome.recovered = await _recovered(scene, outcome.ended)
    done = {number: effects[0].at for number, effects in by_number(await look(scene.jiras)).items()}
    outcome.recovery = recovery(scene.ledger.commands.values(), done, outcome.ended)
    if not outcome.recovered:
        outcome.recovery = time.time() - outcome.ended
    if probe:
        outcome.recovery = max(outcome.recovery, await probe)
    outcome.over = time.time()
    outcome.sent = sum(1 for command in scene.ledger.heard if outcome.began <= command.sent_at < outcome.over)
    outcome.notes, outcome.failures = scene.notes, scene.failures
    return outcome


async def _probe(scene: Scene) -> float:
    """Ask the registry for something; give the seconds until it answered."""
    began = time.monotonic()
    try:
        await scene.companies.ask_for_code(0, patience=WAIT)
    except NotHeard:
        scene.failures.append("the registry did not answer any more")
    return time.monotonic() - began


async def _recovered(scene: Scene, end: float) -> bool:
    """Wait until all from before is done, something from after too, and nothing is late."""
    ends = time.monotonic() + WAIT
    while time.monotonic() < ends:
        now = time.time()
        done = {effect.number for effect in await look(scene.jiras)}
        commands = list(scene.ledger.commands.values())
        waiting = [command for command in commands if command.number not in done]
        after = any(command.sent_at > end and command.number in done for command in commands)
        if after and all(command.sent_at > max(end, now - LATE) for command in waiting):
            return True
        await asyncio.sleep(0.4)
    return False


def _tell(console: Console, outcome: Outcome, scene: Scene) -> None:
    mark = "[green]✓[/]" if outcome.recovered and not outcome.failures else "[red]✗[/]"
    how = "recovered" if outcome.recovered else "not yet recovered"
    taken = f"{len(scene.ledger.heard)} commands so far"
    console.print(f"{mark} {outcome.name:<24} {how} after {outcome.recovery:5.1f} s  [dim]{taken}[/]")
    for failure in outcome.failures:
        console.print(f"    [red]{failure}[/]")
