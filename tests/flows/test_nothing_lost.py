"""A service that is killed in the middle loses nothing and doubles nothing."""

import asyncio

import pytest
from tests.flows.town import Town


@pytest.mark.parametrize("victim", ["jira-actor", "key-vault", "bot-gateway"])
async def test_killing_a_service_loses_no_comment_and_doubles_none(town: Town, victim: str) -> None:
    said = [f"{victim} {number}" for number in range(12)]
    service = next(one for one in town.stack._services if one.name == victim)

    for number, text in enumerate(said):
        if victim != "bot-gateway" or number != 6:
            await town.chat.say("ada", f"comment OPS-6 {text}")
        if number == 5:
            service.process.kill()
            if victim == "bot-gateway":
                await asyncio.to_thread(service.start)
                await town.chat.say("ada", f"comment OPS-6 {said[6]}")
    if victim != "bot-gateway":
        await asyncio.to_thread(service.start)
    bodies: list[str] = []
    async with asyncio.timeout(40):
        while len([body for body in bodies if body.startswith(victim)]) < len(said):
            await asyncio.sleep(0.2)
            bodies = [comment["body"] for comment in (await town.jira.issue("OPS-6"))["comments"]]

    assert [body for body in bodies if body.startswith(victim)] == said
