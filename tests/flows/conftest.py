"""The processes, started once; a Jira is registered and Ada is connected."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.flows.estate import Estate, Registrations, SetUpStack, estate_of, furnish, operated, organisation, stack_in
from tests.flows.town import Town, town_of

from bridge.demo.environment import Addresses
from bridge.demo.stack import Stack


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Addresses]]:
    """Engines, stand-ins and services, with a registered Jira."""
    directory: Path = tmp_path_factory.mktemp("flows")
    stack = Stack(directory, lambda *_: None)

    async def start() -> Addresses:
        at = await stack.start()
        async with town_of(stack, at) as town:
            await town.move_in()
        return at

    try:
        yield stack, asyncio.run(start())
    finally:
        asyncio.run(stack.stop())


@pytest.fixture
async def town(processes: tuple[Stack, Addresses]) -> AsyncIterator[Town]:
    """The processes as one test sees them."""
    stack, at = processes
    async with town_of(stack, at) as town:
        yield town
    assert stack.ended() == []


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SetUpStack, Addresses, Registrations]]:
    """Engines, stand-ins and services of their own, for one organisation alone, with three registered Jiras."""
    pinned = {"SINGLE_TENANT": organisation(), "REFUSALS_WINDOW": "PT1S"}
    stack = stack_in(
        tmp_path_factory.mktemp("estate"), {"bot-gateway": pinned, **operated(**pinned, ROTATION_SETTLES="PT2S")}
    )

    async def start() -> tuple[Addresses, Registrations]:
        at = await stack.start()
        return at, await furnish(stack, at)

    try:
        yield stack, *asyncio.run(start())
    finally:
        asyncio.run(stack.stop())


@pytest.fixture
async def estate(furnished: tuple[SetUpStack, Addresses, Registrations]) -> AsyncIterator[Estate]:
    """The processes with three Jiras as one test sees them."""
    async with estate_of(*furnished) as estate:
        yield estate
