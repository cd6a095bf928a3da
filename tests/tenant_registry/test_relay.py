"""The relay: from the database to Kafka, whatever is killed in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.tenant_registry.fakes import ANNA, Clock, FakeKafka, checked, granted, origin, registered

from contracts.registry import AccountLink, Tenant, TenantCheckAsked
from contracts.teams import DisconnectAsked
from tenant_registry.handlers.linking import link_granted
from tenant_registry.handlers.registration import tenant_checked
from tenant_registry.handlers.unlinking import disconnect_asked
from tenant_registry.mongo.relay import LEASE
from tenant_registry.registry import Registry
from tenant_registry.relay import PROLONG_EVERY, Relay


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@asynccontextmanager
async def relaying(registry: Registry, kafka: FakeKafka, clock: Clock, name: str = "one") -> AsyncIterator[Relay]:
    relay = Relay(registry, kafka, name, clock)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await relay.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for lies in a database
            await asyncio.sleep(0.01)


async def test_a_registration_becomes_a_tenant_and_a_check_to_make(
    registry: Registry, kafka: FakeKafka, clock: Clock
) -> None:
    async with relaying(registry, kafka, clock) as relay:
        await until(lambda: relay.works)
        tenant = await registered(registry)
        await until(lambda: len(kafka.of(TenantCheckAsked)) == 1)

        assert kafka.of(Tenant) == [tenant.event()]
        assert kafka.events[-1][1] == f"check:{tenant.id}"


async def test_the_newest_state_is_told(registry: Registry, kafka: FakeKafka, clock: Clock) -> None:
    async with relaying(registry, kafka, clock):
        tenant = await registered(registry)
        await tenant_checked(checked(tenant), registry)
        await until(lambda: any(event.state == "active" for event in kafka.of(Tenant)))

    assert kafka.of(Tenant)[-1].state == "active"


async def test_a_link_is_told_and_its_end_is_a_tombstone(registry: Registry, kafka: FakeKafka, clock: Clock) -> None:
    tenant = await registered(registry)
    async with relaying(registry, kafka, clock):
        await link_granted(granted(tenant), registry, clock)
        await until(lambda: bool(kafka.of(AccountLink)))
        await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)
        await until(lambda: bool(kafka.tombstones))

        assert kafka.of(AccountLink)[0].access_token == "vault:v1:access"
        assert kafka.tombstones[0] == (AccountLink, f"{tenant.id}:{ANNA}")
        await asyncio.sleep(0.1)
    assert await registry.database["links"].count_documents({}) == 0


async def test_what_happened_while_nobody_relayed_is_told_afterwards(
    registry: Registry, kafka: FakeKafka, clock: Clock
) -> None:
    async with relaying(registry, kafka, clock) as relay:
        await until(lambda: relay.works)
    tenant = await registered(registry)
    await link_granted(granted(tenant), registry, clock)
    await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)

    async with relaying(registry, kafka, clock):
        await until(lambda: bool(kafka.tombstones) and len(kafka.of(TenantCheckAsked)) == 1)

    assert len(kafka.of(Tenant)) == 1, "it went on where it stood"


@pytest.mark.parametrize("token", [None, {"_data": "8200"}, {"_data": "nonsense"}])
async def test_a_lost_place_leads_to_a_sweep_that_tells_of_deletions_too(
    registry: Registry, kafka: FakeKafka, clock: Clock, token: dict[str, str] | None
) -> None:
    tenant = await registered(registry)
    async with relaying(registry, kafka, clock):
        await link_granted(granted(tenant), registry, clock)
        await until(lambda: bool(kafka.of(AccountLink)) and bool(kafka.of(TenantCheckAsked)))
    await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)
    await registry.database["relay"].update_one({}, {"$set": {"token": token}})

    async with relaying(registry, kafka, clock) as relay:
        await until(lambda: bool(kafka.tombstones) and relay.works)

    assert kafka.tombstones[0] == (AccountLink, f"{tenant.id}:{ANNA}")
    assert len(kafka.of(Tenant)) == 2
    assert len(kafka.of(TenantCheckAsked)) == 1, "what left the outbox is not told again"


@pytest.mark.parametrize("lost", [Tenant, AccountLink])
async def test_when_kafka_lost_its_log_everything_is_told_again(
    registry: Registry, kafka: FakeKafka, clock: Clock, lost: type[Tenant | AccountLink]
) -> None:
    tenant = await registered(registry)
    async with relaying(registry, kafka, clock):
        await link_granted(granted(tenant), registry, clock)
        await until(lambda: bool(kafka.of(AccountLink)) and bool(kafka.of(TenantCheckAsked)))
        await asyncio.sleep(1)
    kafka.lose(lost.topic)
    told = len(kafka.of(Tenant)), len(kafka.of(AccountLink))

    async with relaying(registry, kafka, clock) as relay:
        await until(lambda: relay.works)
    assert (len(kafka.of(Tenant)), len(kafka.of(AccountLink))) == (told[0] + 1, told[1] + 1)

    async with relaying(registry, kafka, clock) as relay:
        await until(lambda: relay.works)
    assert (len(kafka.of(Tenant)), len(kafka.of(AccountLink))) == (told[0] + 1, told[1] + 1), "now it stands"


async def test_while_kafka_is_down_everything_waits_and_nothing_is_lost(
    registry: Registry, kafka: FakeKafka, clock: Clock
) -> None:
    async with relaying(registry, kafka, clock) as relay:
        await until(lambda: relay.works)
        kafka.down = True
        await registered(registry)
        await until(lambda: not relay.works)
        assert relay.database_answers, "webhooks can still be taken"
        kafka.down = False
        await until(lambda: len(kafka.of(TenantCheckAsked)) == 1)

    assert len(kafka.of(Tenant)) == 1


async def test_a_row_that_an_operator_deletes_is_a_tombstone(
    registry: Registry, kafka: FakeKafka, clock: Clock
) -> None:
    tenant = await registered(registry)
    async with relaying(registry, kafka, clock) as relay:
        await until(lambda: relay.works)
        await registry.database["tenants"].delete_one({"_id": tenant.id})
        await until(lambda: bool(kafka.tombstones))

    assert kafka.tombstones == [(Tenant, tenant.id)]


async def test_one_of_two_relays_and_the_other_steps_in(registry: Registry, kafka: FakeKafka, clock: Clock) -> None:
    other = FakeKafka()
    async with relaying(registry, other, clock, "two") as second:
        async with relaying(registry, kafka, clock, "one") as first:
            await until(lambda: first.works and second.works)
            await registered(registry)
            await until(lambda: len(kafka.of(Tenant)) + len(other.of(Tenant)) == 1)
        await registered(registry, base_url="https://second.example")
        await until(lambda: len(kafka.of(Tenant)) + len(other.of(Tenant)) == 2)


async def test_a_relay_whose_lease_ran_out_stops(registry: Registry, kafka: FakeKafka, clock: Clock) -> None:
    other = FakeKafka()
    async with relaying(registry, kafka, clock, "one") as first:
        await until(lambda: first.works)
        clock.passes(LEASE + timedelta(seconds=1))
        async with relaying(registry, other, clock, "two") as second:
            await until(lambda: second.works)
            await asyncio.sleep(PROLONG_EVERY.total_seconds() * 1.2)
            await registered(registry)
            await until(lambda: bool(other.of(Tenant)))
            await asyncio.sleep(0.1)

    assert kafka.of(Tenant) == []
