"""The processes, started once; a Jira is registered and Ada is connected."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from tests.flows.town import Town

from bridge.demo.environment import Addresses
from bridge.demo.stack import Stack


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Addresses]]:
    """Engines, stand-ins and services, with a registered Jira."""
    directory: Path = tmp_path_factory.mktemp("flows")
    stack = Stack(directory, lambda *_: None)

    async def start() -> Addresses:
        at = await stack.start()
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            town = Town(stack, at, http)
            await town.teams.do("limits", enforced=False)
            await town.teams.install("ada")
            await town.teams.install("ada", "alerts")
            await town.register()
            await town.connect("ada")
        return at

    try:
        yield stack, asyncio.run(start())
    finally:
        asyncio.run(stack.stop())


@pytest.fixture
async def town(processes: tuple[Stack, Addresses]) -> AsyncIterator[Town]:
    """The processes as one test sees them."""
    stack, at = processes
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        town = Town(stack, at, http)
        await town.catch_up()
        yield town
    assert stack.ended() == []
