"""Rotating keys: everything is protected anew, whatever is killed in between and whatever changes meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    NOON,
    REGISTRATION_TOKEN,
    TEAMS_TENANT,
    Clock,
    FakeKafka,
    FakeKeyVault,
    prepared,
    registered,
)
from tests.tenant_registry.test_tenants import OPERATOR, OWN, web_of
from tests.tenant_registry.versioned_keys import VersionedKeys, ciphertext

from chassis.errors import Unavailable
from contracts.keys import ProtectedSecret
from contracts.registry import AccountLink
from tenant_registry.mongo.ciphertexts import key_version
from tenant_registry.mongo.tasks import LEASE
from tenant_registry.registry import Registry
from tenant_registry.relay import Relay
from tenant_registry.rotation import AT_ONCE, LOOK_AGAIN, MARKS, SETTLES, TRY_AGAIN, Rotator
from tenant_registry.rows import LinkRow, TenantRow
from tenant_registry.tasks import RotationRow


@pytest.fixture
def vault() -> VersionedKeys:
    return VersionedKeys()


async def tenant_with_links(registry: Registry, count: int = 3, **more: Any) -> TenantRow:
    tenant_id = more.pop("id", "t1")
    held = {name: ciphertext(1, tenant_id, name, "plain") for name in ("consumer_key", "webhook_secret")}
    tenant = await registered(registry, id=tenant_id, **held, **more)
    if count:
        links = [link_of(tenant, f"user{number:04}").document() for number in range(count)]
        await registry.database["links"].insert_many(links)
    return tenant


async def put_link(registry: Registry, tenant: TenantRow, user: str, version: int = 1, plain: str = "plain") -> None:
    link = link_of(tenant, user, version, plain)
    await registry.database["links"].replace_one({"_id": link.id}, link.document(), upsert=True)


def link_of(tenant: TenantRow, user: str, version: int = 1, plain: str = "plain") -> LinkRow:
    link_id = f"{tenant.id}:{user}"
    return LinkRow(
        id=link_id,
        tenant_id=tenant.id,
        teams_tenant=TEAMS_TENANT,
        user=user,
        jira_user=user,
        access_token=ciphertext(version, link_id, "access_token", plain),
        token_secret=ciphertext(version, link_id, "token_secret", plain),
        linked_at=NOON,
    )


async def ask(registry: Registry, tenant: TenantRow) -> None:
    row = RotationRow(id=tenant.id, asked_by="operator", asked_at=NOON, due_at=NOON, signing_key_version=1)
    assert await registry.rotations.ask(row)


@asynccontextmanager
async def relaying(registry: Registry, kafka: FakeKafka, clock: Clock) -> AsyncIterator[None]:
    task = asyncio.create_task(Relay(registry, kafka, "one", clock).run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def finished(registry: Registry, rotator: Rotator, clock: Clock, tenant: TenantRow) -> RotationRow:
    """Let time pass until the rotation ends; a relay must be running."""
    async with asyncio.timeout(20):
        while True:
            row = await registry.rotations.find(tenant.id)
            assert row is not None
            if row.due_at is None:
                return row
            if row.mark is not None:  # the relay does this
                while await registry.marks.waits(row.mark):  # noqa: ASYNC110 - what is waited for lies in a database
                    await asyncio.sleep(0.01)
            clock.time = max(clock.time, row.due_at)
            try:
                await rotator.step()
            except Unavailable:
                clock.passes(TRY_AGAIN)


async def versions(registry: Registry, tenant: TenantRow) -> set[int]:
    return {
        key_version(text) async for one in registry.ciphertexts.every(tenant.id) for text in one.ciphertexts.values()
    }


async def test_everything_is_protected_with_the_new_version_and_still_opens(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry, AT_ONCE * 2 + 3)
    await ask(registry, tenant)

    async with relaying(registry, FakeKafka(), clock):
        row = await finished(registry, Rotator(registry, vault, clock), clock, tenant)

    assert (row.state, row.problem, row.unreadable) == ("done", None, 0)
    assert row.done == row.of == AT_ONCE * 2 + 4
    assert await versions(registry, tenant) == {2}
    assert vault.oldest == 2
    async for kept in registry.ciphertexts.every(tenant.id):
        assert {vault.opened(secret) for secret in kept.older(99)} == {"plain"}


async def test_what_waits_to_become_a_link_is_protected_anew_too(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry, 0)
    waiting = prepared(tenant)
    await registry.pending.prepare(waiting)
    link_id = f"{tenant.id}:{ANNA}"
    grant = {
        "origin": waiting.origin.model_dump(),
        "tenant_id": tenant.id,
        "lookup": waiting.lookup,
        "link_id": link_id,
        "jira_user": {"name": "alinde", "key": None, "display_name": "Anna Linde"},
        "access_token": ciphertext(1, link_id, "access_token", "plain"),
        "refresh_token": ciphertext(1, link_id, "refresh_token", "plain"),
        "expires_at": None,
    }
    await registry.database["pending_links"].update_one({}, {"$set": {"grant": grant}})
    await ask(registry, tenant)

    await Rotator(registry, vault, clock).step()

    pending = await registry.pending.by_lookup(waiting.lookup)
    assert pending is not None
    assert pending.grant is not None
    assert pending.grant.access_token == ciphertext(2, link_id, "access_token", "plain")
    assert pending.grant.refresh_token == ciphertext(2, link_id, "refresh_token", "plain")


@pytest.mark.parametrize("questions", range(1, 6))
async def test_a_process_that_is_killed_anywhere_is_followed_by_one_that_goes_on(
    registry: Registry, vault: VersionedKeys, clock: Clock, questions: int
) -> None:
    """Killed where key-vault is asked for the nth time: nothing after that is saved."""
    tenant = await tenant_with_links(registry, AT_ONCE * 2)
    await ask(registry, tenant)
    killed = Rotator(registry, Killed(vault, questions), clock)
    try:
        while await killed.step():
            pass
    except asyncio.CancelledError:
        assert not await Rotator(registry, vault, clock).step(), "the killed process has it still"
    clock.passes(LEASE)

    async with relaying(registry, FakeKafka(), clock):
        row = await finished(registry, Rotator(registry, vault, clock), clock, tenant)

    assert row.state == "done"
    assert await versions(registry, tenant) == {row.data_key_version}
    assert vault.oldest == row.data_key_version


class Killed:
    """Asks key-vault so often; then the process is no more, before or after the answer."""

    def __init__(self, vault: VersionedKeys, questions: int) -> None:
        self._vault = vault
        self._left = questions

    async def rotate(self, tenant_id: str, *, signing: bool = False) -> Any:
        return self._unless_killed(await self._vault.rotate(tenant_id, signing=signing))

    async def rewrap(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> Any:
        return self._unless_killed(await self._vault.rewrap(tenant_id, secrets))

    async def retire_old(self, tenant_id: str, data_key_version: int) -> Any:
        return self._unless_killed(await self._vault.retire_old(tenant_id, data_key_version))

    def _unless_killed(self, answer: Any) -> Any:
        self._left -= 1
        if self._left <= 0:
            raise asyncio.CancelledError
        return answer


async def test_a_link_that_changes_meanwhile_keeps_its_new_value_and_is_protected_anew(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry, 2)
    await ask(registry, tenant)
    changing = ChangesMeanwhile(vault, registry, tenant)

    async with relaying(registry, FakeKafka(), clock):
        await finished(registry, Rotator(registry, changing, clock), clock, tenant)

    links = {one.id: one async for one in registry.ciphertexts.every(tenant.id) if one.collection == "links"}
    renewed = links[f"{tenant.id}:user0000"].ciphertexts["access_token"]
    assert renewed == ciphertext(2, f"{tenant.id}:user0000", "access_token", "refreshed")
    assert await versions(registry, tenant) == {2}


class ChangesMeanwhile(VersionedKeys):
    """While it answers, a link is refreshed with a token that the old version protects."""

    def __init__(self, vault: VersionedKeys, registry: Registry, tenant: TenantRow) -> None:
        super().__init__(vault.version)
        self._registry = registry
        self._tenant = tenant
        self._refreshed = False

    async def rewrap(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> tuple[str, ...]:
        fresh = await super().rewrap(tenant_id, secrets)
        if not self._refreshed and any(one.row.endswith("user0000") for one in secrets):
            self._refreshed = True
            await put_link(self._registry, self._tenant, "user0000", version=1, plain="refreshed")
        return fresh


async def test_old_versions_end_only_when_all_was_told_and_time_to_follow_has_passed(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry, 1)
    await ask(registry, tenant)
    rotator, kafka = Rotator(registry, vault, clock), FakeKafka()
    for _ in range(5):
        await rotator.step()
        clock.passes(timedelta(hours=1))
    assert vault.asked == ["rotate", "rewrap 2", "rewrap 2"], "no relay has told of the new ciphertexts"

    async with relaying(registry, kafka, clock):
        before = clock()
        await finished(registry, rotator, clock, tenant)

    assert vault.asked[-1] == "retire"
    assert clock() - before >= SETTLES
    assert key_version(kafka.of(AccountLink)[-1].access_token) == 2


async def test_a_process_that_has_just_started_first_takes_in_what_came_meanwhile(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry, 1)
    await ask(registry, tenant)
    first = Rotator(registry, vault, clock)
    async with relaying(registry, FakeKafka(), clock):
        while (row := await registry.rotations.find(tenant.id)) and row.marks_told < MARKS:
            await first.step()
            clock.passes(LOOK_AGAIN)
            await asyncio.sleep(0.05)
        clock.passes(timedelta(hours=2))
        second = Rotator(registry, vault, clock)
        await second.step()
        assert "retire" not in vault.asked
        await finished(registry, second, clock, tenant)

    assert vault.asked[-1] == "retire"


async def test_what_came_late_with_an_old_version_is_found_before_it_ends(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry, 1)
    await ask(registry, tenant)
    rotator = Rotator(registry, vault, clock)
    async with relaying(registry, FakeKafka(), clock):
        await rotator.step()
        await put_link(registry, tenant, "late", version=1)
        await finished(registry, rotator, clock, tenant)

    assert await versions(registry, tenant) == {2}
    assert vault.asked[-1] == "retire"


async def test_a_ciphertext_that_does_not_open_stops_nothing_and_is_told(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry, 3)
    await registry.database["links"].update_one({"user": "user0001"}, {"$set": {"access_token": "vault:v1:a|b|c"}})
    await ask(registry, tenant)

    async with relaying(registry, FakeKafka(), clock):
        row = await finished(registry, Rotator(registry, vault, clock), clock, tenant)

    assert (row.state, row.unreadable) == ("done", 1)
    assert "connect again" in str(row.problem)
    assert vault.oldest == 2


async def test_while_key_vault_is_silent_it_waits_and_says_so(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry)
    await ask(registry, tenant)
    vault.silent = True
    rotator = Rotator(registry, vault, clock)

    with pytest.raises(Unavailable):
        await rotator.step()
    assert not await rotator.step(), "it is not due yet"
    row = await registry.rotations.find(tenant.id)
    assert row is not None
    assert "goes on by itself" in str(row.problem)

    vault.silent = False
    clock.passes(TRY_AGAIN)
    assert await rotator.step()
    assert await versions(registry, tenant) == {2}


async def test_a_tenant_without_keys_ends_the_rotation_with_a_reason(
    registry: Registry, vault: VersionedKeys, clock: Clock
) -> None:
    tenant = await tenant_with_links(registry)
    await ask(registry, tenant)
    vault.destroyed = True

    assert await Rotator(registry, vault, clock).step()

    row = await registry.rotations.find(tenant.id)
    assert row is not None
    assert row.state == "failed"
    assert "register its Jira anew" in str(row.problem)


async def test_an_outage_in_the_middle_is_no_end(registry: Registry, vault: VersionedKeys, clock: Clock) -> None:
    tenant = await tenant_with_links(registry, AT_ONCE * 2)
    await ask(registry, tenant)
    vault.fails_after = 2
    rotator = Rotator(registry, vault, clock)
    with pytest.raises(Unavailable):
        await rotator.step()
    vault.fails_after = None

    async with relaying(registry, FakeKafka(), clock):
        row = await finished(registry, rotator, clock, tenant)

    assert row.state == "done"
    assert vault.asked.count("rotate") == 1


async def test_a_tenant_asks_for_its_rotation_and_sees_how_far_it_is(
    registry: Registry, vault: VersionedKeys, clock: Clock, web: httpx.AsyncClient
) -> None:
    tenant = await tenant_with_links(registry)
    url = f"/v1/tenants/{tenant.id}/rotation"
    assert (await web.get(url, headers=OWN)).json()["type"] == "urn:bridge:problem:not-asked"

    asked = await web.post(url, headers=OWN)
    again = await web.post(url, headers=OWN, json={})
    assert asked.status_code == again.status_code == 202
    assert asked.json() == again.json(), "one is under way already"
    assert asked.json()["state"] == "waiting"

    rotator = Rotator(registry, vault, clock)
    await rotator.step()
    shown = (await web.get(url, headers=OWN)).json()
    assert (shown["state"], shown["done"], shown["of"], shown["dataKeyVersion"]) == ("settling", 4, 4, 2)
    async with relaying(registry, FakeKafka(), clock):
        await finished(registry, rotator, clock, tenant)
    ended = (await web.get(url, headers=OWN)).json()
    assert ended["state"] == "done"
    assert ended["ended"] is not None
    deeds = [one["what"] async for one in registry.database["audit"].find({"tenant_id": tenant.id}).sort("at")]
    assert deeds[-2:] == ["rotation_asked", "keys_rotated"]
    assert "vault:" not in str(ended)


async def test_a_new_signing_key_is_made_when_asked_for_and_said_to_be_pasted(
    registry: Registry, vault: VersionedKeys, clock: Clock, web: httpx.AsyncClient
) -> None:
    tenant = await tenant_with_links(registry)
    asked = await web.post(f"/v1/tenants/{tenant.id}/rotation", headers=OWN, json={"signingKey": True})
    assert asked.json()["advice"] is None

    await Rotator(registry, vault, clock).step()

    shown = (await web.get(f"/v1/tenants/{tenant.id}/rotation", headers=OWN)).json()
    assert "application link" in shown["advice"]
    assert shown["signingKeyVersion"] == 2


async def test_a_tenant_that_signs_nothing_has_no_signing_key_to_renew(
    registry: Registry, web: httpx.AsyncClient
) -> None:
    tenant = await tenant_with_links(registry, auth_mode="pat")

    answer = await web.post(f"/v1/tenants/{tenant.id}/rotation", headers=OWN, json={"signingKey": True})

    assert answer.status_code == 422
    assert "leave it out" in answer.json()["detail"]


async def test_the_operator_has_all_keys_rotated(
    registry: Registry, vault: VersionedKeys, clock: Clock, keys: FakeKeyVault
) -> None:
    first = await tenant_with_links(registry, id="t1")
    second = await tenant_with_links(registry, id="t2", base_url=f"{BASE_URL}/two")
    await ask(registry, first)
    async with web_of(registry, keys, clock) as web:
        refused = await web.post("/v1/rotations", headers={"Authorization": f"Bearer {REGISTRATION_TOKEN}"})
        asked = (await web.post("/v1/rotations", headers=OPERATOR)).json()
        assert refused.status_code == 403
        assert (asked["asked"], asked["underWay"]) == (1, 1)

        rotator = Rotator(registry, vault, clock)
        while await rotator.step():
            pass
        page = (await web.get("/v1/rotations?limit=1", headers=OPERATOR)).json()
        rest = (await web.get(f"/v1/rotations?after={page['next']}", headers=OPERATOR)).json()

    assert page["states"] == {"settling": 2}
    assert [one["tenantId"] for one in (*page["rotations"], *rest["rotations"])] == [first.id, second.id]
    assert rest["next"] is None


async def test_the_age_of_tokens_is_told_by_bucket_and_key_version(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    tenant = await tenant_with_links(registry, 3)
    await put_link(registry, tenant, "new", version=2)
    links = registry.database["links"]
    await links.update_one({"user": "user0000"}, {"$set": {"linked_at": NOON - timedelta(days=400)}})
    await links.update_one({"user": "user0001"}, {"$set": {"expires_at": NOON - timedelta(days=1)}})

    said = (await web.get(f"/v1/tenants/{tenant.id}/tokens", headers=OWN)).json()

    assert (said["links"], said["expired"]) == (4, 1)
    assert said["oldest"].startswith("2125-01-26")
    assert said["ages"][0] == {"upToDays": 7, "links": 3}
    assert said["ages"][-1] == {"upToDays": None, "links": 1}
    assert said["byKeyVersion"] == {"1": 3, "2": 1}
