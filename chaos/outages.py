"""Engines that die and come back, and a Jira that is slow, hangs or says that it is too much."""

import asyncio
from functools import partial

from chaos.scene import Fault, Scene

ENGINES = {"kafka": "Kafka", "mongodb": "MongoDB", "vault": "Vault"}
SEALED = 10.0
THROTTLED = 15.0
FROZEN = 30.0
DOWN = 75.0
"""Longer than `park_after`."""


def engine_killed(name: str) -> Fault:
    """Kill -9 and start again."""

    async def strike(scene: Scene) -> None:
        await scene.stack.kill_engine(name, scene.chance.uniform(1, 5))

    what = f"kill -9 {ENGINES[name]}, start it again after 1 to 5 s"
    return Fault(f"kill-{name}", what, strike, probe=True)


async def _sealed(scene: Scene) -> None:
    vault = scene.stack.vault
    await asyncio.to_thread(vault.seal)
    await asyncio.sleep(SEALED)
    await asyncio.to_thread(vault.unseal)


async def _throttled(scene: Scene) -> None:
    for jira in scene.jiras:
        await jira.add_fault(match="/rest/api/", kind="status", status=429, retry_after=5, times=None)
    await asyncio.sleep(THROTTLED)
    for jira in scene.jiras:
        await jira.clear_faults()


async def _frozen(scene: Scene) -> None:
    index = scene.chance.randrange(len(scene.jiras))
    scene.stack.freeze_jira(index, frozen=True)
    try:
        await asyncio.sleep(FROZEN)
    finally:
        scene.stack.freeze_jira(index, frozen=False)


async def _down_for_long(scene: Scene, *, killed: bool) -> None:
    jira = scene.chance.choice(list(scene.jiras))
    await jira.add_fault(match="/rest/api/", kind="status", status=503, times=None)
    await asyncio.sleep(DOWN)
    if killed:
        scene.stack.kill("jira-actor")
        await asyncio.sleep(scene.chance.uniform(0, 20))
    await jira.clear_faults()


OUTAGES = (
    *(engine_killed(name) for name in ENGINES),
    Fault("seal-vault", f"Vault is sealed for {SEALED:g} s", _sealed),
    Fault("jira-throttles", f"both Jiras answer 429 with Retry-After 5 for {THROTTLED:g} s", _throttled),
    Fault(
        "jira-freezes", f"one Jira's process stands still for {FROZEN:g} s, and then does what lay before it", _frozen
    ),
    Fault(
        "jira-down",
        f"one Jira answers 503 for {DOWN:g} s: messages are parked",
        partial(_down_for_long, killed=False),
    ),
    Fault(
        "jira-down-actor-killed",
        f"one Jira answers 503 for more than {DOWN:g} s; jira-actor is killed while messages are parked",
        partial(_down_for_long, killed=True),
    ),
)
