"""Erasing a tenant: what goes, what stays, the receipt that anybody can verify, and kills in between."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    BEN,
    CHANNEL,
    NOON,
    REGISTRATION_TOKEN,
    TEAMS_TENANT,
    Clock,
    FakeKafka,
    FakeKeyVault,
    origin,
    prepared,
    registered,
)
from tests.tenant_registry.test_rotation import ask, put_link, relaying
from tests.tenant_registry.test_tenants import OPERATOR, OWN, web_of

from contracts.event import Event
from contracts.keys import StatementSigned
from contracts.registry import AccountLink, Tenant, WebhookReceived
from tenant_registry.audit_chain import Head
from tenant_registry.erasure import TRY_AGAIN, Eraser, sha256
from tenant_registry.mongo.tasks import LEASE
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, CodeRow, SubscriptionRow, TenantRow

CONFIRMED = {"confirm": BASE_URL}


async def full_tenant(registry: Registry, **more: Any) -> TenantRow:
    """A tenant of which there is something in every collection."""
    tenant = await registered(registry, **more)
    await put_link(registry, tenant, ANNA)
    await put_link(registry, tenant, BEN)
    await registry.pending.prepare(prepared(tenant, token=f"token of {tenant.id}"))
    await registry.conversations.seen(CHANNEL, NOON)
    subscription = SubscriptionRow(
        id=f"subscription of {tenant.id}",
        tenant_id=tenant.id,
        project="OPS",
        project_name="Operations",
        conversation_id=CHANNEL.conversation_id,
        teams_tenant=TEAMS_TENANT,
        subscribed_by=ANNA,
        subscribed_at=NOON,
    )
    assert await registry.subscribe(subscription, AuditRow.of("subscribed", origin(), NOON, tenant_id=tenant.id))
    assert await registry.told_changes.first(f"{tenant.id}:comment:1", "teller", NOON)
    hook = WebhookReceived(tenant_id=tenant.id, hook_id="h1", issue_id="1", body="{}", received_at=NOON)
    assert await registry.outbox.add(f"hook:{tenant.id}:h1", hook, NOON)
    await registry.outbox.told(f"hook:{tenant.id}:h0", NOON)
    await ask(registry, tenant)
    return tenant


async def everything(registry: Registry) -> str:
    names = await registry.database.list_collection_names()
    return "\n".join([f"{name}: {one}" for name in names async for one in registry.database[name].find()])


async def all_told(registry: Registry, clock: Clock) -> None:
    """Let the relay tell of the links that are gone, after which nothing is left of them."""
    async with relaying(registry, FakeKafka(), clock), asyncio.timeout(10):
        while await registry.database["links"].count_documents({}):  # noqa: ASYNC110 - it is not in this process
            await asyncio.sleep(0.01)


def verified(receipt: dict[str, Any]) -> dict[str, Any]:
    """What the receipt says, by another library than the one that signed it."""
    signed = jws.deserialize_compact(receipt["jws"], RSAKey.import_key(receipt["jwk"]), algorithms=["RS256"])
    said: dict[str, Any] = json.loads(signed.payload)
    return said


async def test_nothing_of_the_tenant_is_left_but_a_receipt_without_anything_personal(
    registry: Registry, web: httpx.AsyncClient, keys: FakeKeyVault, clock: Clock
) -> None:
    tenant = await full_tenant(registry)

    answer = await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)

    assert answer.status_code == 200, answer.text
    await all_told(registry, clock)
    left = await everything(registry)
    for gone in (ANNA, BEN, BASE_URL, "jira.linden.example", "vault:v1", "alinde", CHANNEL.conversation_id, "Anna"):
        assert gone not in left
    for kind in ("tenants", "pending_links", "subscriptions", "told_changes", "outbox", "rotations", "erasures"):
        assert await registry.database[kind].count_documents({}) == 0, kind
    assert keys.destroyed == [tenant.id]
    assert (await web.get(f"/v1/tenants/{tenant.id}", headers=OWN)).status_code == 404


async def test_the_receipt_is_verified_by_whoever_has_it(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await full_tenant(registry)
    answer = (await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)).json()

    receipt = (await web.get(answer["receiptUrl"])).json()

    assert receipt == answer
    said = verified(receipt)
    assert said == receipt["statement"]
    assert said["what"] == "tenant_erased"
    assert said["tenantId"] == tenant.id
    assert said["baseUrlSha256"] == sha256(BASE_URL)
    assert said["keysDestroyedAt"] == NOON.isoformat()
    assert said["counts"] == {
        "tenants": 1,
        "links": 2,
        "pendingLinks": 1,
        "subscriptions": 1,
        "registrationCodes": 1,
        "waitingEvents": 2,
        "toldChanges": 1,
        "conversations": 1,
        "auditEntriesBlanked": 2,
    }
    assert receipt["jwk"]["kid"] in receipt["jws"] or receipt["jwk"]["kid"] == "bridge-receipts:v1"
    assert "d" not in receipt["jwk"]


async def test_asking_again_gives_the_same_receipt_to_those_who_may_ask(
    registry: Registry, keys: FakeKeyVault, clock: Clock
) -> None:
    tenant = await full_tenant(registry)
    url = f"/v1/tenants/{tenant.id}"
    async with web_of(registry, keys, clock) as web:
        first = await web.delete(url, headers=OWN, params=CONFIRMED)
        clock.passes(timedelta(days=3))
        again = await web.delete(url, headers=OWN, params=CONFIRMED)
        operator = await web.delete(url, headers=OPERATOR)
        nobody = await web.delete(url, params=CONFIRMED)
        other = await web.delete(url, headers={"Authorization": "Bearer another"}, params=CONFIRMED)

    assert first.json() == again.json() == operator.json()
    assert (nobody.status_code, other.status_code) == (401, 404)
    assert keys.destroyed == [tenant.id]


@pytest.mark.parametrize("confirm", ["", "https://other.example", "yes", "https://user@jira.linden.example", "a" * 400])
async def test_without_the_base_url_nothing_is_erased(registry: Registry, web: httpx.AsyncClient, confirm: str) -> None:
    tenant = await full_tenant(registry)
    before = await everything(registry)

    answer = await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params={"confirm": confirm})

    assert answer.status_code == 409
    assert "?confirm=" in answer.json()["detail"]
    assert await everything(registry) == before


async def test_others_may_not_erase(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await full_tenant(registry)
    await full_tenant(registry, base_url=f"{BASE_URL}/two", registration_token_hash=sha256("token of two"))

    theirs = {"Authorization": "Bearer token of two"}
    answer = await web.delete(f"/v1/tenants/{tenant.id}", headers=theirs, params=CONFIRMED)

    assert answer.status_code == 404
    assert await registry.tenants.find(tenant.id) is not None


async def test_another_jira_of_the_same_organisation_stays_as_it_is(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await full_tenant(registry)
    other = await full_tenant(registry, base_url=f"{BASE_URL}/two")

    await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)

    assert await registry.tenants.find(other.id) == other
    counts = {
        name: await registry.database[name].count_documents({"tenant_id": other.id})
        for name in ("links", "subscriptions", "audit")
    }
    assert counts == {"links": 2, "subscriptions": 1, "audit": 2}
    assert await registry.database["conversations"].count_documents({}) == 1
    assert await registry.database["audit"].count_documents({"tenant_id": other.id, "user": ANNA}) == 2


async def test_everybody_is_told_that_the_tenant_and_its_links_are_gone(
    registry: Registry, keys: FakeKeyVault, clock: Clock
) -> None:
    tenant = await full_tenant(registry)
    kafka = FakeKafka()

    async def gone(tenant_id: str) -> None:
        await kafka.tombstone(Tenant, tenant_id)

    async with relaying(registry, kafka, clock), web_of(registry, keys, clock, gone=gone) as web:
        await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)
        told: set[tuple[type[Event], str]] = {
            (Tenant, tenant.id),
            (AccountLink, f"{tenant.id}:{ANNA}"),
            (AccountLink, f"{tenant.id}:{BEN}"),
        }
        async with asyncio.timeout(10):
            while not told <= set(kafka.tombstones):  # noqa: ASYNC110 - the relay looks into a database
                await asyncio.sleep(0.01)


async def test_the_audit_of_an_erased_tenant_still_verifies(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await full_tenant(registry)
    await registry.chain.extend()
    await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)
    await registry.chain.extend()

    end = await registry.audit.verify(TEAMS_TENANT)

    assert isinstance(end, Head)
    assert end.seq == 3
    rows = [one async for one in registry.database["audit"].find().sort("seq")]
    assert [one["what"] for one in rows] == ["registered", "subscribed", "tenant_erased"]
    assert [one["user"] for one in rows] == ["", "", "registration token"]


class Killed(FakeKeyVault):
    """The process is no more when it has asked for this, before or after the answer."""

    at: str = ""
    answered: bool = False

    async def destroy(self, tenant_id: str) -> Any:
        return await self._unless("destroy", super().destroy(tenant_id))

    async def sign_statement(self, tenant_id: str, statement: Any) -> StatementSigned:
        signed: StatementSigned = await self._unless("sign", super().sign_statement(tenant_id, statement))
        return signed

    async def _unless(self, question: str, answer: Any) -> Any:
        if question == self.at and not self.answered:
            answer.close()
            raise asyncio.CancelledError
        result = await answer
        if question == self.at:
            raise asyncio.CancelledError
        return result


async def untold(_: str) -> None:
    """Nobody is told."""


@pytest.mark.parametrize("at", ["destroy", "sign"])
@pytest.mark.parametrize("answered", [False, True])
async def test_an_erasure_that_is_killed_goes_on_elsewhere(
    registry: Registry, keys: FakeKeyVault, clock: Clock, at: str, answered: bool
) -> None:
    tenant = await full_tenant(registry)
    killed = Killed()
    killed.at, killed.answered = at, answered
    eraser = Eraser(registry, killed, untold, clock)
    assert await eraser.begin(tenant, "operator")
    with pytest.raises(asyncio.CancelledError):
        await eraser.finish(tenant.id)
    await put_link(registry, tenant, "late")

    other = Eraser(registry, keys, untold, clock)
    assert not await other.step(), "the killed process has it still"
    clock.passes(LEASE)
    assert await other.step()

    receipt = await registry.receipts.of_tenant(tenant.id)
    assert receipt is not None
    assert receipt.statement["counts"]["links"] == 2
    await all_told(registry, clock)
    assert ANNA not in await everything(registry)
    assert not await other.step(), "it is done"


async def test_while_key_vault_is_silent_the_rest_goes_and_the_receipt_follows(
    registry: Registry, keys: FakeKeyVault, clock: Clock, web: httpx.AsyncClient
) -> None:
    tenant = await full_tenant(registry)
    keys.silent = True

    answer = await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)
    again = await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)

    assert answer.status_code == again.status_code == 202
    assert "ask again" in answer.json()["said"]
    assert await registry.database["tenants"].count_documents({}) == 0
    keys.silent = False
    clock.passes(TRY_AGAIN)
    assert await Eraser(registry, keys, untold, clock).step()
    receipt = (await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)).json()
    assert verified(receipt)["tenantId"] == tenant.id


async def test_two_who_erase_at_once_get_one_receipt(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await full_tenant(registry)
    calls = [web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED) for _ in range(3)]

    answers = await asyncio.gather(*calls)

    assert {answer.status_code for answer in answers} <= {200, 202}
    receipts = [answer.json()["receiptId"] for answer in answers if answer.status_code == 200]
    assert len(set(receipts)) == 1
    assert await registry.database["receipts"].count_documents({}) == 1


async def test_the_same_jira_can_be_registered_again_as_a_new_tenant(
    registry: Registry, web: httpx.AsyncClient
) -> None:
    tenant = await full_tenant(registry)
    await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)

    assert (await registered(registry)).id != tenant.id


async def test_an_unknown_receipt_is_a_problem_with_advice(web: httpx.AsyncClient) -> None:
    answer = await web.get("/v1/receipts/0123")

    assert answer.status_code == 404
    assert "receiptUrl" in answer.json()["detail"]


async def test_a_registration_code_of_the_organisation_goes_with_its_last_tenant(
    registry: Registry, web: httpx.AsyncClient
) -> None:
    tenant = await full_tenant(registry)
    later = NOON + timedelta(hours=1)
    unused = CodeRow(id="0" * 64, teams_tenant=TEAMS_TENANT, user=ANNA, expires_at=later, purge_at=later)
    await registry.codes.add(unused)

    await web.delete(f"/v1/tenants/{tenant.id}", headers=OWN, params=CONFIRMED)

    assert await registry.codes.usable(unused.id, NOON) is None
    assert REGISTRATION_TOKEN not in await everything(registry)
