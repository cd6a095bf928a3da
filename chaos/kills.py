"""SIGKILL for each service: at random moments, and at the steps where it hurts most."""

import asyncio
from collections.abc import Callable
from functools import partial

from chaos.scene import Fault, Scene
from chaos.stack import on_kill
from chaos.wire import on_next
from contracts.topics import SERVICES

WRITES = "/rest/api/2/issue(/[^/]+/comment)?$"
ENGINES = ("kafka", "mongodb", "vault")
STORM = 6
PATIENCE = 40.0
POLL = 0.01


def at_random(service: str) -> Fault:
    """Kill at a moment that nobody chose."""

    async def strike(scene: Scene) -> None:
        await asyncio.sleep(scene.chance.uniform(0, 2))
        scene.stack.kill(service)

    return Fault(f"kill-{service}", f"SIGKILL {service} at a random moment", strike, service == "tenant-registry")


def on_message(name: str, what: str, service: str, topic: str, kind: str = "") -> Fault:
    """Kill at once when a message appears in a topic."""

    async def strike(scene: Scene) -> None:
        kill = on_kill(scene.stack, service)
        async with asyncio.timeout(PATIENCE):
            await on_next(scene.bootstrap, topic, kill, kind)

    return Fault(name, what, strike)


async def _answer_lost(scene: Scene, *, killed: bool) -> None:
    nothing: Callable[[], None] = lambda: None  # noqa: E731
    await scene.stack.gate.lose_an_answer(on_kill(scene.stack, "bot-gateway") if killed else nothing)


async def _while_jira_works(scene: Scene) -> None:
    jira = scene.chance.choice(list(scene.jiras))
    await jira.add_fault(match=WRITES, method="POST", kind="slow", seconds=2.0, times=1)
    await _until_used(scene, "jira-actor", jira.index)


async def _work_done(scene: Scene) -> None:
    jira = scene.chance.choice(list(scene.jiras))
    await jira.add_fault(match=WRITES, method="POST", kind="lost_answer", times=1)
    await _until_used(scene, "jira-actor", jira.index)


async def _until_used(scene: Scene, service: str, index: int) -> None:
    """Kill once the fault has caught a request."""
    async with asyncio.timeout(PATIENCE):
        while await scene.jiras[index].faults_left():  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(POLL)
    scene.stack.kill(service)
    await scene.jiras[index].clear_faults()


async def _answers_of_jira_lost(scene: Scene) -> None:
    for jira in scene.jiras:
        await jira.add_fault(match=WRITES, method="POST", kind="lost_answer", times=3)
    async with asyncio.timeout(PATIENCE):
        while sum([await jira.faults_left() for jira in scene.jiras]):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)
    for jira in scene.jiras:
        await jira.clear_faults()


async def _registry_asked(scene: Scene) -> None:
    """Kill the registry when it has been asked for a code; the person must get one all the same."""
    watching = asyncio.create_task(
        on_next(scene.bootstrap, "teams.intents.v1", on_kill(scene.stack, "tenant-registry"), "register")
    )
    await asyncio.sleep(1)
    await scene.companies.ask_for_code(0, patience=90)
    await watching


async def _all_at_once(scene: Scene) -> None:
    for service in SERVICES:
        scene.stack.kill(service)
        await asyncio.sleep(scene.chance.uniform(0, 0.3))


async def _rolled_out(scene: Scene) -> None:
    for service in SERVICES:
        scene.stack.terminate(service)
        await asyncio.sleep(5)
        await scene.stack.wait_ready(service)


async def _storm(scene: Scene) -> None:
    for _ in range(STORM):
        name = scene.chance.choice([*SERVICES, *ENGINES])
        if name in ENGINES:
            await scene.stack.kill_engine(name, scene.chance.uniform(0, 2))
        else:
            scene.stack.kill(name)
        await asyncio.sleep(scene.chance.uniform(1, 5))


BOUNDARIES = (
    Fault(
        "gateway-answer-lost",
        "the intent is confirmed, then bot-gateway is killed before Teams gets its 200",
        partial(_answer_lost, killed=True),
    ),
    Fault("teams-answer-lost", "the 200 is lost on its way; bot-gateway goes on", partial(_answer_lost, killed=False)),
    on_message("actor-intent-read", "jira-actor is killed as an intent arrives", "jira-actor", "teams.intents.v1"),
    on_message("actor-asked-keys", "jira-actor is killed as it asks for signatures", "jira-actor", "keys.requests.v1"),
    on_message("actor-has-keys", "jira-actor is killed as it gets its signatures", "jira-actor", "keys.replies.v1"),
    Fault("actor-call-sent", "jira-actor is killed while Jira carries a write out", _while_jira_works),
    Fault("actor-work-done", "Jira has done the work, the answer is lost, jira-actor is killed", _work_done),
    Fault("jira-answer-lost", "Jira has done the work and the answer is lost, six times", _answers_of_jira_lost),
    on_message(
        "actor-outcome-out", "jira-actor is killed before it commits what it has told", "jira-actor", "jira.outcomes.v1"
    ),
    on_message("vault-asked", "key-vault is killed as it is asked", "key-vault", "keys.requests.v1"),
    on_message("vault-replied", "key-vault is killed before it commits its reply", "key-vault", "keys.replies.v1"),
    on_message(
        "gateway-outcome-read", "bot-gateway is killed as an outcome arrives", "bot-gateway", "jira.outcomes.v1"
    ),
    Fault("registry-asked", "tenant-registry is killed as it is asked for a registration code", _registry_asked),
)
AT_RANDOM = tuple(at_random(service) for service in SERVICES)
ROLLED_OUT = Fault("rollout", "SIGTERM each service in turn, as a new version would", _rolled_out, probe=True)
STORM_OF_KILLS = Fault(
    "kill-storm", f"{STORM} kills of services and engines at random, without waiting for recovery", _storm, probe=True
)
ALL_SERVICES = Fault("kill-all-services", "SIGKILL all four services within a second", _all_at_once, probe=True)
