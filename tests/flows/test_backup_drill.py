"""What docs/operate.md says of backups, done: engines are lost, what was saved is given to new ones, people go on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.flows.drill import Drill
from tests.flows.town import town_of

from bridge.demo.environment import Addresses


@pytest.fixture
async def drill(tmp_path: Path) -> AsyncIterator[tuple[Drill, Addresses]]:
    """Processes of this test alone, with a registered Jira, Ada connected, and a channel that hears of the project."""
    drill = Drill(tmp_path, lambda *_: None)
    try:
        at = await drill.start()
        async with town_of(drill, at) as town:
            await town.move_in()
            await town.ask("ada", "subscribe OPS", "hears of", conversation="alerts")
        yield drill, at
    finally:
        await drill.stop()


async def goes_on(drill: Drill, at: Addresses, text: str) -> None:
    """Ada comments without connecting anew, it is hers, and the channel hears of it."""
    async with town_of(drill, at) as town:
        await town.ask("ada", f"comment OPS-7 {text}", "Comment added", "OPS-7")
        authors = [one["author"] for one in (await town.jira.issue("OPS-7"))["comments"] if one["body"] == text]
        assert authors == ["ada"]
        await town.chat.hear("alerts", text)
    assert drill.ended() == []


async def test_everything_is_lost_and_a_dump_of_mongodb_and_a_snapshot_of_vault_bring_it_back(
    drill: tuple[Drill, Addresses],
) -> None:
    stack, at = drill
    dump, snapshot, before = stack.dump_mongo(), stack.snapshot_vault(), stack.vault
    await stack.stop_services()
    await stack.lose_kafka()
    await stack.lose_mongo()
    await stack.lose_vault()

    stack.restore_vault(snapshot, before)
    stack.restore_mongo(dump)
    at = await stack.start_services(at)

    await goes_on(stack, at, "after the flood")


async def test_kafka_alone_is_lost_and_mongodb_tells_everything_once_more(drill: tuple[Drill, Addresses]) -> None:
    stack, at = drill
    await stack.stop_services()
    await stack.lose_kafka()

    at = await stack.start_services(at)

    await goes_on(stack, at, "on an empty Kafka")


async def test_after_an_earlier_mongodb_is_restored_nobody_acts_through_a_connection_that_it_does_not_know(
    drill: tuple[Drill, Addresses],
) -> None:
    stack, at = drill
    dump = stack.dump_mongo()
    async with town_of(stack, at) as town:
        await town.teams.install("grace")
        await town.connect("grace")
    await stack.stop_services()
    await stack.lose_mongo()

    stack.restore_mongo(dump)
    await stack.begin_anew("registry.tenants.v1", "registry.links.v1")
    at = await stack.start_services(at)

    await goes_on(stack, at, "with the earlier MongoDB")
    async with town_of(stack, at) as town:
        await town.ask("grace", "comment OPS-7 am I still there", "Connect your account")
