"""How much a tenant whose Jira hangs slows the others: the same stream, with and without, in turns."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chaos.jiras import look
from chaos.judge import percentile
from chaos.ledger import Command, Effect, by_number
from chaos.scene import Scene

HANGING, OTHER = 0, 1
HANG = 30.0
RATE = 6.0
"""Commands per second of the other tenant while it is measured."""
CALM_AGAIN = 90.0


@dataclass
class Windows:
    """When it was so, as (from, to)."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def seconds(self, commands: Iterable[Command], done: dict[int, list[Effect]]) -> list[float]:
        """How long the other tenant's commands took that were sent then."""
        return [
            done[command.number][0].at - command.sent_at
            for command in commands
            if command.jira == OTHER
            and command.number in done
            and any(start <= command.sent_at < end for start, end in self.spans)
        ]


async def measure(scene: Scene, rounds: int) -> dict[str, Any]:
    """Let one tenant's Jira hang for 30 s, wait until that is worked off, look at 30 s of calm; again."""
    usual = scene.stream.rates[OTHER]
    scene.stream.rates[OTHER] = RATE
    hanging, calm = Windows(), Windows()
    try:
        await asyncio.sleep(3)
        for _ in range(rounds):
            calm.spans.append(await _span(HANG))
            await scene.jiras[HANGING].add_fault(match="/", kind="slow", seconds=HANG, times=None)
            try:
                hanging.spans.append(await _span(HANG))
            finally:
                await scene.jiras[HANGING].clear_faults()
            await _worked_off(scene, hanging.spans[-1][1])
    finally:
        scene.stream.rates[OTHER] = usual
    done = by_number(await look(scene.jiras))
    commands = scene.ledger.commands.values()
    return _compared(calm.seconds(commands, done), hanging.seconds(commands, done), rounds)


async def _span(seconds: float) -> tuple[float, float]:
    start = time.time()
    await asyncio.sleep(seconds)
    return start, time.time()


async def _worked_off(scene: Scene, until: float) -> None:
    """Wait until the hanging tenant's commands of that time are done, and a little more."""
    ends = time.monotonic() + CALM_AGAIN
    while time.monotonic() < ends:
        done = {effect.number for effect in await scene.jiras[HANGING].effects()}
        if all(
            command.number in done
            for command in scene.ledger.commands.values()
            if command.jira == HANGING and command.sent_at < until
        ):
            break
        await asyncio.sleep(1)
    await asyncio.sleep(2)


def _compared(calm: list[float], hanging: list[float], rounds: int) -> dict[str, Any]:
    figures = {
        name: {
            "commands": len(seconds),
            **{f"p{share}_ms": round(percentile(seconds, share / 100) * 1000, 1) for share in (50, 90, 95, 99)},
        }
        for name, seconds in (("without", calm), ("with", hanging))
    }
    ratio = percentile(hanging, 0.99) / percentile(calm, 0.99)
    return {**figures, "rounds": rounds, "p99_ratio": round(ratio, 3)}
