"""A fresh registry per test, in the database that all tests share."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from tests.tenant_registry.fakes import Clock, FakeKeyVault, registered

from devstack.engines import Engines
from tenant_registry.http.edge import edge
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.mongo.database import connect
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow
from tenant_registry.settings import Settings

PUBLIC_URL = "https://bridge.example"


@pytest.fixture
async def registry(engines: Engines) -> AsyncIterator[Registry]:
    client = connect(engines.mongo_url)
    registry = Registry(client, f"t{uuid4().hex}")
    await registry.prepare()
    yield registry
    await client.drop_database(registry.database.name)
    await registry.close()


@pytest.fixture(scope="session")
def empty_database() -> list[str]:
    """Once it is prepared, the name of a database where nothing is ever written."""
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys() -> FakeKeyVault:
    return FakeKeyVault()


@pytest.fixture
async def tenant(registry: Registry) -> TenantRow:
    """A registered Jira whose people connect by OAuth 1.0a."""
    return await registered(registry)


@pytest.fixture
def settings() -> Settings:
    return Settings(registry_public_url=PUBLIC_URL)


@pytest.fixture
async def web(
    registry: Registry, keys: FakeKeyVault, clock: Clock, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP edge as a browser, a Jira or an administrator reaches it."""
    async with visiting(Surroundings(registry, keys, clock, PUBLIC_URL, False, 1024 * 1024), settings) as client:
        yield client


@pytest.fixture
async def empty_web(
    engines: Engines, empty_database: list[str], keys: FakeKeyVault, clock: Clock, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """The same over a database without a tenant, for tests that write nothing."""
    registry = Registry(connect(engines.mongo_url), (empty_database or [f"t{uuid4().hex}"])[0])
    if not empty_database:
        await registry.prepare()
        empty_database.append(registry.database.name)
    async with visiting(Surroundings(registry, keys, clock, PUBLIC_URL, False, 1024 * 1024), settings) as client:
        yield client
    await registry.close()


def visiting(around: Surroundings, settings: Settings) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(edge(around, settings)), base_url=PUBLIC_URL)
