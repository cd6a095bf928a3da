"""A message that was given up and is replayed has one effect, however often it is replayed."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.flows.town import Town

COMMENTS = "/rest/api/2/issue/[^/]+/comment$"
ISSUES = "/rest/api/2/issue$"
WISHES = {
    "comment OPS-1 written, then the answer was lost": {"match": COMMENTS, "kind": "lost_answer"},
    "comment OPS-1 not written": {"match": COMMENTS, "kind": "status"},
    "create OPS Made, then the answer was lost": {"match": ISSUES, "kind": "lost_answer"},
    "create OPS Not made": {"match": ISSUES, "kind": "status"},
}
"""What Ada says, and what Jira does when it comes to writing."""


@asynccontextmanager
async def impatient_actor(town: Town) -> AsyncIterator[None]:
    """A jira-actor that gives up at once."""
    actor = next(service for service in town.stack._services if service.name == "jira-actor")
    await asyncio.to_thread(actor.stop)
    actor.env["BRIDGE_RETRY_BUDGET"] = "PT0.01S"
    await asyncio.to_thread(actor.start)
    try:
        yield
    finally:
        await asyncio.to_thread(actor.stop)
        del actor.env["BRIDGE_RETRY_BUDGET"]
        await asyncio.to_thread(actor.start)


async def bridge(town: Town, *arguments: str) -> Any:
    """Run the command as an operator does."""
    argv = [sys.executable, "-m", "bridge.main", *arguments, "-o", "json"]
    env = town.stack._services[0].env
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=-1, stderr=-1)
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    return json.loads(out)


async def given_up(town: Town) -> list[dict[str, Any]]:
    """Wait for the dead letters of all wishes."""
    async with asyncio.timeout(60):
        letters: list[dict[str, Any]] = []
        while len(letters) < len(WISHES):
            letters = await bridge(town, "dlq", "list", "--service", "jira-actor", "--reason", "unavailable")
        return letters


async def answered(town: Town, intent_id: str, times: int) -> None:
    """Wait until jira-actor has answered an intent so often."""
    async with asyncio.timeout(60):
        answers = 0
        while answers < times:
            story = await bridge(town, "trace", intent_id)
            answers = sum(step["event_type"] == "bridge.issue-created.v1" for step in story["steps"])


async def effects(town: Town) -> list[int]:
    """Count in Jira what each wish made."""
    issues = (await town.state())["issues"]
    texts = [comment["body"] for issue in issues for comment in issue["comments"]] + [one["summary"] for one in issues]
    return [texts.count(wish.split(maxsplit=2)[2]) for wish in WISHES]


async def test_what_is_replayed_three_times_is_done_once(town: Town) -> None:
    async with impatient_actor(town):
        for wish, fault in WISHES.items():
            added = await town.http.post(f"{town.at.jira}/_control/faults", json=fault | {"method": "POST"})
            added.raise_for_status()
            await town.chat.say("ada", wish)
        letters = await given_up(town)
        assert await effects(town) == [1, 0, 1, 0]

    ids = [letter["id"] for letter in letters]
    for times in (1, 2, 3):
        done = await bridge(town, "dlq", "replay", *ids, "--yes", *(["--again"] if times > 1 else []))
        assert (done["replayed"], done["failed"]) == (ids, {})
        await answered(town, letters[-1]["correlation_id"], times)

    assert await effects(town) == [1, 1, 1, 1]
