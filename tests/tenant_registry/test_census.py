"""What the registry counts for metrics: all together, nobody by name."""

from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from tests.tenant_registry.fakes import NOON, registered
from tests.tenant_registry.test_rotation import link_of

from tenant_registry.census import Holdings
from tenant_registry.mongo.census import Census, Numbers
from tenant_registry.registry import Registry
from tenant_registry.tasks import ErasureRow, RotationRow

DAY = timedelta(days=1)


def rotation(tenant_id: str, **more: Any) -> RotationRow:
    return RotationRow(id=tenant_id, **{"asked_by": "operator", "asked_at": NOON, "due_at": NOON, **more})


async def test_tenants_are_counted_by_state_and_people_by_how_long_ago_they_connected(registry: Registry) -> None:
    tenant = await registered(registry, id="t1", state="active")
    await registered(registry, id="t2", state="failed", base_url="https://other.example")
    ages = {"anna": 0.5, "ben": 3, "cara": 20, "dan": 60, "eve": 200, "fay": 400, "gil": 500}
    for user, days in ages.items():
        link = link_of(tenant, user).model_copy(update={"linked_at": NOON - days * DAY})
        await registry.database["links"].insert_one(link.document())
    await registry.database["links"].insert_one({"_id": "t1:gone", "gone": True})

    numbers = await Census(registry.database).take(NOON)

    assert numbers.tenants == {"active": 1, "failed": 1}
    assert numbers.links == {
        ("oauth1", "day"): 1,
        ("oauth1", "week"): 1,
        ("oauth1", "month"): 1,
        ("oauth1", "quarter"): 1,
        ("oauth1", "year"): 1,
        ("oauth1", "older"): 2,
    }


async def test_keys_are_as_old_as_their_tenant_or_as_its_last_rotation_that_was_done(registry: Registry) -> None:
    await registered(registry, id="t1", registered_at=NOON - 300 * DAY)
    await registered(registry, id="t2", registered_at=NOON - 100 * DAY, base_url="https://other.example")
    assert (await Census(registry.database).take(NOON)).oldest_keys == NOON - 300 * DAY

    await registry.rotations.ask(rotation("t1", state="done", ended_at=NOON - 5 * DAY, due_at=None))

    assert (await Census(registry.database).take(NOON)).oldest_keys == NOON - 100 * DAY


async def test_what_has_not_ended_is_as_old_as_it_was_asked_for(registry: Registry) -> None:
    await registry.rotations.ask(rotation("t1", state="done", asked_at=NOON - 9 * DAY, ended_at=NOON, due_at=None))
    await registry.rotations.ask(rotation("t2", state="rewrapping", asked_at=NOON - 2 * DAY))
    await registry.rotations.ask(rotation("t3", asked_at=NOON - DAY))
    erasure = ErasureRow(
        id="t4",
        asked_by="operator",
        asked_at=NOON - 3 * DAY,
        due_at=NOON,
        teams_tenant="teams",
        base_url_sha256="0" * 64,
        token_hash="0" * 64,
        receipt_id="r",
    )
    await registry.database["erasures"].insert_one(erasure.document())

    numbers = await Census(registry.database).take(NOON)

    assert (numbers.oldest_rotation, numbers.oldest_erasure) == (NOON - 2 * DAY, NOON - 3 * DAY)


async def test_of_an_empty_registry_all_is_0(registry: Registry) -> None:
    metrics = CollectorRegistry()
    Holdings(metrics).tell(await Census(registry.database).take(NOON), NOON)

    values = [sample.value for family in metrics.collect() for sample in family.samples]
    assert len(values) == 4 + 3 * 6 + 3
    assert set(values) == {0}


def test_what_is_gone_is_told_as_0_and_ages_in_seconds() -> None:
    metrics = CollectorRegistry()
    holdings = Holdings(metrics)
    holdings.tell(Numbers({"failed": 2}, {("pat", "older"): 3}, NOON - DAY, NOON - DAY, None), NOON)
    assert metrics.get_sample_value("bridge_links", {"auth_mode": "pat", "age": "older"}) == 3
    assert metrics.get_sample_value("bridge_oldest_tenant_keys_seconds") == 86_400

    holdings.tell(Numbers({}, {}, NOON - DAY, None, None), NOON)

    assert metrics.get_sample_value("bridge_tenants", {"state": "failed"}) == 0
    assert metrics.get_sample_value("bridge_links", {"auth_mode": "pat", "age": "older"}) == 0
    assert metrics.get_sample_value("bridge_oldest_rotation_seconds") == 0
