"""Webhooks that Jira signs; the tests sign with another library than the one that checks."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from pydantic import ValidationError
from tests.tenant_registry.fakes import HOOK_TOKEN, NOON, REGISTRATION_TOKEN, Clock, FakeKeyVault, counting, registered
from tests.tenant_registry.test_hooks import address, hooks
from tests.tenant_registry.test_tenants import web_of

from contracts.registry import WebhookReceived
from tenant_registry.http.hook_secrets import HELD_FOR
from tenant_registry.http.hooks import signature_fits
from tenant_registry.http.surroundings import Policy
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow
from tenant_registry.settings import Settings

SECRET = "the-webhook-secret"
AT = int(NOON.timestamp() * 1000)
BODY = json.dumps({"timestamp": AT, "webhookEvent": "jira:issue_updated", "issue": {"id": "7"}}).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    mac = hmac.HMAC(secret.encode(), hashes.SHA256())
    mac.update(body)
    return f"sha256={mac.finalize().hex()}"


async def send(
    web: httpx.AsyncClient, tenant: TenantRow, body: bytes = BODY, said: str | None = None
) -> httpx.Response:
    headers = {"X-Hub-Signature": said if said is not None else signature(body)}
    return await web.post(f"/v1/hooks/{tenant.id}", content=body, headers=headers)


@pytest.fixture
async def tenant(registry: Registry, keys: FakeKeyVault) -> TenantRow:
    (ciphertext,) = await keys.protect("t1", [("t1", "webhook_secret", SECRET)])
    return await registered(registry, id="t1", webhook_secret=ciphertext)


async def test_a_signed_webhook_is_taken_as_it_came_and_once(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    first = await send(web, tenant)
    headers = {"X-Hub-Signature": signature(BODY), "X-Atlassian-Webhook-Identifier": "another"}
    again = await web.post("/v1/hooks/t1", content=BODY, headers=headers)

    assert (first.status_code, first.json()["duplicate"]) == (202, False)
    assert (again.status_code, again.json()["duplicate"]) == (202, True), "a header that is not signed makes no new one"
    (hook,) = await hooks(registry)
    assert (hook.body, hook.issue_id, hook.hook_id) == (BODY.decode(), "7", hashlib.sha256(BODY).hexdigest())


def test_a_published_vector_of_this_header_fits() -> None:
    known = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signature_fits(known, b"It's a Secret to Everybody", b"Hello, World!")
    assert signature_fits(known.replace("757107ea", "757107EA"), b"It's a Secret to Everybody", b"Hello, World!")


SIGNATURES = {
    "none": "",
    "another secret": signature(BODY, "guess"),
    "another body": signature(BODY + b" "),
    "no method": signature(BODY).removeprefix("sha256="),
    "sha1": "sha1=" + "0" * 40,
    "too short": signature(BODY)[:-1],
    "too long": signature(BODY) + "0",
    "spaces": signature(BODY).replace("=", "= "),
    "no hex": "sha256=" + "g" * 64,
    "beyond ASCII": "sha256=" + "é" * 64,
    "digits of another script": "sha256=" + "\xb2" * 64,
    "two": f"{signature(BODY, 'guess')}, {signature(BODY)}",
}


@pytest.mark.parametrize("said", SIGNATURES.values(), ids=SIGNATURES.keys())
async def test_a_wrong_signature_is_refused_and_counted(
    registry: Registry, tenant: TenantRow, keys: FakeKeyVault, clock: Clock, said: str
) -> None:
    counted: list[str] = []
    web = web_of(registry, keys, clock, refused=counting(counted))

    answer = await web.post("/v1/hooks/t1", content=BODY, headers=[(b"X-Hub-Signature", said.encode("latin-1"))])

    assert (answer.status_code, answer.json()["type"]) == (401, "urn:bridge:problem:bad-signature")
    assert "webhookSecret" in answer.json()["detail"]
    assert counted == ["hook_signature"]
    assert await hooks(registry) == []


async def test_who_has_no_secret_or_is_not_there_looks_the_same(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    bare = await registered(registry, base_url="https://bare.example")

    answers = [
        await send(web, tenant, said="sha256="),
        await web.post("/v1/hooks/t1", content=BODY),
        await send(web, bare),
        await web.post("/v1/hooks/0000", content=BODY, headers={"X-Hub-Signature": signature(BODY)}),
    ]

    assert {one.status_code for one in answers} == {401}
    assert len({one.text for one in answers}) == 1


async def test_the_address_with_a_token_goes_on_until_it_is_switched_off(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    own = {"Authorization": f"Bearer {REGISTRATION_TOKEN}"}
    before = await web.post(address(tenant), content=BODY)
    entered_by_bridge = await web.post(address(tenant, SECRET), content=BODY)
    off = await web.patch("/v1/tenants/t1", json={"unsignedWebhooks": False}, headers=own)
    after = [await web.post(address(tenant), content=BODY), await web.post(address(tenant, SECRET), content=BODY)]

    assert (before.status_code, entered_by_bridge.status_code) == (202, 202)
    assert (off.json()["signedWebhooks"], off.json()["unsignedWebhooks"]) == (True, False)
    assert [one.status_code for one in after] == [404, 404]
    assert (await send(web, tenant)).status_code == 202


@pytest.mark.parametrize("minutes", [-61, 61, 60 * 24 * 400, -60 * 24 * 20_000])
async def test_what_is_far_from_now_is_refused_on_both_ways(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient, minutes: int
) -> None:
    body = json.dumps({"timestamp": AT + minutes * 60_000}).encode()

    answers = [await send(web, tenant, body), await web.post(address(tenant), content=body)]

    assert [(one.status_code, one.json()["type"]) for one in answers] == [
        (400, "urn:bridge:problem:outside-window")
    ] * 2
    assert "clock" in answers[0].json()["detail"]
    assert await hooks(registry) == []


@pytest.mark.parametrize("timestamp", [None, "now", 1.5, True, [], {}, "x" * 40])
async def test_without_a_time_only_an_unsigned_webhook_is_taken(
    tenant: TenantRow, web: httpx.AsyncClient, timestamp: Any
) -> None:
    body = json.dumps({"timestamp": timestamp}).encode()

    signed, unsigned = await send(web, tenant, body), await web.post(address(tenant), content=body)

    assert (signed.status_code, signed.json()["type"]) == (400, "urn:bridge:problem:no-timestamp")
    assert unsigned.status_code == 202


async def test_a_time_of_any_length_is_no_mistake_of_ours(tenant: TenantRow, web: httpx.AsyncClient) -> None:
    answers = [await send(web, tenant, b'{"timestamp": %s}' % (b"9" * digits)) for digits in (400, 5000)]

    assert [one.status_code for one in answers] == [400, 400]


async def test_the_window_is_the_operators_choice(
    registry: Registry, tenant: TenantRow, keys: FakeKeyVault, clock: Clock
) -> None:
    web = web_of(registry, keys, clock, Policy(hook_window=timedelta(minutes=5)))
    clock.passes(timedelta(minutes=6))

    assert (await send(web, tenant)).status_code == 400


@pytest.mark.parametrize("window", [timedelta(0), timedelta(seconds=-1), timedelta(hours=12, seconds=1)])
def test_a_window_in_which_a_copy_could_be_taken_again_is_no_setting(window: timedelta) -> None:
    with pytest.raises(ValidationError, match="hook_window"):
        Settings(hook_window=window)


@pytest.mark.parametrize("window", [timedelta(hours=1), timedelta(hours=12)])
async def test_a_copy_of_a_webhook_is_known_as_long_as_it_fits_though_it_was_told(
    registry: Registry, tenant: TenantRow, keys: FakeKeyVault, clock: Clock, window: timedelta
) -> None:
    web = web_of(registry, keys, clock, Policy(hook_window=window))
    clock.passes(-window)
    assert (await send(web, tenant)).json()["duplicate"] is False, "Jira's clock is ahead by all that is allowed"
    stored = await registry.database["outbox"].find_one({"event_type": WebhookReceived.event_type()})
    assert stored is not None
    await registry.outbox.told(stored["_id"], clock())
    clock.passes(2 * window)

    again = await send(web, tenant)

    assert (again.status_code, again.json()["duplicate"]) == (202, True)
    assert await hooks(registry) == [], "nothing is there to be told a second time"
    left = await registry.database["outbox"].find_one({"_id": stored["_id"]})
    assert left is not None
    assert left["purge_at"] >= clock(), "it is not forgotten while a copy fits"
    clock.passes(timedelta(seconds=1))
    assert (await send(web, tenant)).json()["type"] == "urn:bridge:problem:outside-window"


async def test_the_secret_is_opened_once_and_again_when_the_row_changes_or_time_has_passed(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient, keys: FakeKeyVault, clock: Clock
) -> None:
    for _ in range(3):
        assert (await send(web, tenant)).status_code == 202
    assert keys.opened == ["t1:webhook_secret"]
    clock.passes(HELD_FOR + timedelta(seconds=1))
    assert (await send(web, tenant)).status_code == 202
    assert len(keys.opened) == 2

    (other,) = await keys.protect("t1", [("t1", "webhook_secret", "another-secret")])
    await registry.database["tenants"].update_one({"_id": "t1"}, {"$set": {"webhook_secret": other}})

    assert (await send(web, tenant)).status_code == 401, "the old secret ends at once"
    assert (await send(web, tenant, said=signature(BODY, "another-secret"))).status_code == 202


async def test_while_key_vault_is_silent_what_is_held_is_used(
    tenant: TenantRow, web: httpx.AsyncClient, keys: FakeKeyVault, clock: Clock
) -> None:
    keys.silent = True
    cold = await send(web, tenant)
    keys.silent = False
    await send(web, tenant)
    keys.silent = True
    clock.passes(HELD_FOR * 2)

    assert cold.status_code == 503
    assert cold.headers["retry-after"]
    assert (await send(web, tenant)).status_code == 202


async def test_when_the_keys_are_destroyed_nothing_fits_any_more(
    tenant: TenantRow, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    keys.refuses = "keys_destroyed"

    assert (await send(web, tenant)).status_code == 401


async def test_a_suspended_tenants_webhooks_go_nowhere(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    await registry.database["tenants"].update_one({"_id": "t1"}, {"$set": {"state": "suspended"}})

    answers = [await send(web, tenant), await web.post(address(tenant), content=BODY)]

    assert [(one.status_code, one.json()["type"]) for one in answers] == [(409, "urn:bridge:problem:suspended")] * 2
    assert (await web.post(address(tenant, "guess"), content=BODY)).status_code == 404
    assert await hooks(registry) == []


async def test_webhooks_come_from_the_tenants_networks_alone(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient, keys: FakeKeyVault, clock: Clock
) -> None:
    await registry.database["tenants"].update_one({"_id": "t1"}, {"$set": {"source_networks": ["192.0.2.0/24"]}})
    inside = web_of(registry, keys, clock)

    outside = [await send(web, tenant), await web.post(address(tenant), content=BODY)]

    assert [one.json()["type"] for one in outside] == ["urn:bridge:problem:source-not-allowed"] * 2
    assert (await send(inside, tenant)).status_code == 202


async def test_a_new_secret_and_a_new_address_are_shown_once(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    own = {"Authorization": f"Bearer {REGISTRATION_TOKEN}"}
    secret = await web.post("/v1/tenants/t1/webhook", json={"signed": True}, headers=own)
    plain = await web.post("/v1/tenants/t1/webhook", json={"signed": False}, headers=own)

    assert secret.json()["webhookUrl"] == "https://bridge.example/v1/hooks/t1"
    assert (await send(web, tenant)).status_code == 401
    assert (await send(web, tenant, said=signature(BODY, secret.json()["webhookSecret"]))).status_code == 202
    assert plain.json()["webhookSecret"] is None
    assert (await web.post(f"/v1/hooks/t1/{HOOK_TOKEN}", content=BODY)).status_code == 404
    assert (await web.post(plain.json()["webhookUrl"], content=BODY)).status_code == 202
    assert secret.headers["cache-control"] == "no-store"
    noted = await registry.database["audit"].count_documents({"what": "webhook_renewed", "user": "registration token"})
    assert noted == 2
