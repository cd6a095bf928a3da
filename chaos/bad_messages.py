"""The fault of bad messages: they are set aside with their reason, and nobody stops."""

import asyncio
import time

from chaos.poison import SKIPPED, TOO_LARGE, poison
from chaos.scene import Fault, Scene
from chaos.wire import Place, dead_letters, publish

PATIENCE = 60.0
TOO_LARGE_SAID = 413


async def _poisoned(scene: Scene) -> None:
    teams = scene.companies.teams
    people = scene.companies.people
    keys = [f"{teams.tenants[person.tenant]}|{teams.user_id(person.key)}".encode() for person in people]
    places = await publish(scene.bootstrap, poison(keys))
    due = {place for place in places if place.topic not in SKIPPED}
    status = await teams.deliver(teams.message(people[0], "comment OPS-1 " + "x" * TOO_LARGE))
    missing = await _not_set_aside(scene, due)
    scene.poison |= set(places)
    scene.notes |= {
        "poison": len(places),
        "to_be_dead_lettered": len(due),
        "dead_lettered": len(due) - len(missing),
        "missing": [str(place) for place in sorted(missing, key=str)[:20]],
        "status_of_a_large_activity": status,
    }
    if missing:
        scene.failures.append(f"{len(missing)} bad messages did not become dead letters")
    if status != TOO_LARGE_SAID:
        scene.failures.append(f"an activity of 1 MiB was answered with {status}")


async def _not_set_aside(scene: Scene, due: set[Place]) -> set[Place]:
    """Wait until all that is due has become a dead letter; give what has not."""
    ends = time.monotonic() + PATIENCE
    while True:
        missing = due - {letter.origin for letter in await dead_letters(scene.bootstrap)}
        if not missing or time.monotonic() > ends:
            return missing
        await asyncio.sleep(0.5)


BAD_MESSAGES = Fault("poison", "bad JSON, bad headers, null values, 1 MiB + 1, in every topic that is read", _poisoned)
