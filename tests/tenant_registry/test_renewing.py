"""Registering a known base URL anew, with proof of what it had before."""

import asyncio
import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.tenant_registry.fakes import (
    BASE_URL,
    HOOK_TOKEN,
    NOON,
    REGISTRATION_TOKEN,
    TEAMS_TENANT,
    Clock,
    FakeKafka,
    FakeKeyVault,
    origin,
    registered,
)
from tests.tenant_registry.test_registration import asked_checks, call, code_for
from tests.tenant_registry.test_relay import relaying

from contracts.registry import AccountLink
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, LinkRow, TenantRow

OLD_TOKEN = {"Authorization": f"Bearer {REGISTRATION_TOKEN}"}
IAT = int(NOON.timestamp())


@cache
def key_pair() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def header_of(said: Any) -> str:
    return part(json.dumps(said).encode())


def signed(claims: Any, header: Any = None, key: rsa.RSAPrivateKey | None = None) -> str:
    """Sign as RFC 7515 says, without the library that verifies."""
    said = f"{header_of(header or {'alg': 'RS256'})}.{part(json.dumps(claims).encode())}"
    return f"{said}.{part((key or key_pair()).sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@dataclass
class Known:
    """A tenant that is registered already, and a code to register it anew."""

    tenant: TenantRow
    code: str

    def claims(self, **other: Any) -> dict[str, Any]:
        return {"code": self.code, "baseUrl": BASE_URL, "iat": IAT, **other}


@pytest.fixture
async def known(registry: Registry, clock: Clock, keys: FakeKeyVault) -> Known:
    (consumer,) = await keys.protect("t1", [("t1", "consumer_key", "OurOldKey")])
    tenant = await registered(
        registry, id="t1", state="active", consumer_key=consumer, public_key=pem(key_pair()), alias="eu"
    )
    return Known(tenant, await code_for(registry, clock))


async def stored(registry: Registry) -> TenantRow:
    found = await registry.tenants.find("t1")
    assert found is not None
    return found


async def test_the_old_registration_token_gives_the_same_tenant_new_tokens(
    registry: Registry, web: httpx.AsyncClient, known: Known
) -> None:
    answer = await web.post("/v1/registrations", json=call(known.code, connectorVersion="2"), headers=OLD_TOKEN)

    said, now = answer.json(), await stored(registry)
    assert answer.status_code == 201
    assert said["tenantId"] == "t1"
    assert said["consumerKey"] == "OurOldKey", "what stands in Jira's application link goes on being right"
    assert said["publicKey"] == known.tenant.public_key
    assert (now.state, now.alias, now.connector_version) == ("pending", "eu", "2")
    assert now.registration_token_hash != known.tenant.registration_token_hash
    assert {check.check_id for check in await asked_checks(registry)} == {"t1", now.check_id}
    assert (await web.get("/v1/tenants/t1", headers=OLD_TOKEN)).status_code == 404
    new = {"Authorization": f"Bearer {said['registrationToken']}"}
    assert (await web.get("/v1/tenants/t1", headers=new)).status_code == 200
    assert (await web.post(f"/v1/hooks/t1/{HOOK_TOKEN}", json={})).status_code == 404
    noted = await registry.database["audit"].find_one({"what": "registered_anew"})
    assert noted is not None
    assert noted["details"] == {"base_url": BASE_URL, "auth_mode": "oauth1", "proven_by": "registration_token"}


async def test_a_signature_by_the_old_private_key_proves_it_too(
    registry: Registry, web: httpx.AsyncClient, known: Known
) -> None:
    body = call(known.code, proof=signed(known.claims()), consumerKey="OurNewKey")

    answer = await web.post("/v1/registrations", json=body)

    assert answer.status_code == 201
    assert answer.json()["consumerKey"] == "OurNewKey"
    noted = await registry.database["audit"].find_one({"what": "registered_anew"})
    assert noted is not None
    assert noted["details"]["proven_by"] == "private_key"


async def test_without_proof_the_answer_says_what_proves_it_and_nothing_is_used_up(
    registry: Registry, web: httpx.AsyncClient, known: Known
) -> None:
    answer = await web.post("/v1/registrations", json=call(known.code))

    assert answer.status_code == 409
    assert all(word in answer.json()["detail"] for word in ("registration token", "proof", "RS256", "operator"))
    assert await stored(registry) == known.tenant
    assert (await web.post("/v1/registrations", json=call(known.code), headers=OLD_TOKEN)).status_code == 201


def forged_with_the_public_key(claims: Any) -> str:
    said = f"{header_of({'alg': 'HS256'})}.{part(json.dumps(claims).encode())}"
    mac = hmac.HMAC(pem(key_pair()).encode(), hashes.SHA256())
    mac.update(said.encode())
    return f"{said}.{part(mac.finalize())}"


def attempts(known: Known) -> dict[str, str]:
    good = known.claims()
    header, payload, signature = signed(good).split(".")
    other = signed(known.claims(code="another"), key=other_key())
    return {
        "another key": signed(good, key=other_key()),
        "another code": signed(known.claims(code="another")),
        "another base URL": signed(known.claims(baseUrl="https://evil.example")),
        "no time": signed({"code": known.code, "baseUrl": BASE_URL}),
        "an old time": signed(known.claims(iat=IAT - 601)),
        "a time to come": signed(known.claims(iat=IAT + 601)),
        "a time as text": signed(known.claims(iat=str(IAT))),
        "a time as truth": signed(known.claims(iat=True)),
        "no algorithm": f"{header_of({'alg': 'none'})}.{payload}.",
        "HMAC with the public key": forged_with_the_public_key(good),
        "another algorithm": signed(good, {"alg": "RS512"}),
        "PSS named": signed(good, {"alg": "PS256"}),
        "its own key in the header": signed(good, {"alg": "RS256", "jwk": {"kty": "RSA"}}, other_key()),
        "a critical extension": signed(good, {"alg": "RS256", "crit": ["b64"], "b64": False}),
        "a list": signed([good]),
        "text": signed("text"),
        "a header that is a list": f"{header_of([1])}.{payload}.{signature}",
        "a header that is null": f"{header_of(None)}.{payload}.{signature}",
        "no signature": f"{header}.{payload}.",
        "the payload of another": f"{header}.{other.split('.')[1]}.{signature}",
        "two parts": f"{header}.{payload}",
        "nothing": ".",
        "beyond ASCII": "ä.ö.ü",
        "deep": f"{part(b'[' * 5000)}.{payload}.{signature}",
    }


async def test_what_proves_nothing_changes_nothing(registry: Registry, web: httpx.AsyncClient, known: Known) -> None:
    for what, proof in attempts(known).items():
        answer = await web.post("/v1/registrations", json=call(known.code, proof=proof))

        assert (answer.status_code, answer.json()["type"]) == (403, "urn:bridge:problem:bad-proof"), what
        assert known.code not in answer.text
    assert await stored(registry) == known.tenant


async def test_a_wrong_token_is_refused_even_beside_a_good_proof(web: httpx.AsyncClient, known: Known) -> None:
    body = call(known.code, proof=signed(known.claims()))

    answer = await web.post("/v1/registrations", json=body, headers={"Authorization": "Bearer wrong"})

    assert answer.status_code == 403


async def test_proof_without_a_code_is_not_enough(web: httpx.AsyncClient, known: Known) -> None:
    answer = await web.post("/v1/registrations", json=call("guess"), headers=OLD_TOKEN)

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:bridge:problem:bad-code")


async def test_a_suspended_tenant_does_not_wake_by_registering_anew(
    registry: Registry, web: httpx.AsyncClient, known: Known
) -> None:
    await registry.database["tenants"].update_one({"_id": "t1"}, {"$set": {"state": "suspended"}})

    answer = await web.post("/v1/registrations", json=call(known.code), headers=OLD_TOKEN)

    assert answer.status_code == 409
    assert "operator" in answer.json()["detail"]
    assert (await stored(registry)).state == "suspended"


async def test_another_way_to_act_as_people_may_be_chosen_anew(
    registry: Registry, web: httpx.AsyncClient, known: Known, keys: FakeKeyVault
) -> None:
    client = {"authMode": "oauth2", "clientId": "id", "clientSecret": "s3cret", "version": "10.3"}

    answer = await web.post("/v1/registrations", json=call(known.code, **client), headers=OLD_TOKEN)

    now = await stored(registry)
    assert answer.status_code == 201
    assert now.auth_mode == "oauth2"
    assert keys.protected[now.client_secret or ""] == "s3cret"
    assert answer.json()["webhookSecret"] == keys.protected[now.webhook_secret or ""]


async def test_from_outside_its_networks_a_tenant_is_not_registered_anew(
    registry: Registry, web: httpx.AsyncClient, known: Known, clock: Clock
) -> None:
    await registry.database["tenants"].update_one({"_id": "t1"}, {"$set": {"source_networks": ["192.0.2.0/24"]}})
    clock.passes(timedelta(seconds=1))

    answer = await web.post("/v1/registrations", json=call(known.code), headers=OLD_TOKEN)

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:bridge:problem:source-not-allowed")
    assert "127.0.0.1" in answer.json()["detail"]


async def test_with_proof_another_private_key_takes_the_place_of_the_old_one(
    web: httpx.AsyncClient, known: Known, keys: FakeKeyVault
) -> None:
    body = call(known.code, privateKey="-----BEGIN PRIVATE KEY-----\nx", consumerKey="k")

    answer = await web.post("/v1/registrations", json=body, headers=OLD_TOKEN)

    assert answer.status_code == 201
    assert keys.replaced == ["t1"]


async def test_a_key_that_key_vault_does_not_replace_is_a_conflict(
    web: httpx.AsyncClient, known: Known, keys: FakeKeyVault
) -> None:
    keys.refuses = "keys_exist"
    body = call(known.code, privateKey="-----BEGIN PRIVATE KEY-----\nx", consumerKey="k")

    answer = await web.post("/v1/registrations", json=body, headers=OLD_TOKEN)

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bridge:problem:other-private-key")


@pytest.mark.parametrize(
    ("now_by", "left"),
    [
        ({"authMode": "oauth1"}, {"anna", "ben"}),
        ({"authMode": "pat", "version": "9.12"}, set[str]()),
        ({"authMode": "oauth2", "clientId": "id", "clientSecret": "s3cret", "version": "10.3"}, set[str]()),
    ],
    ids=["the same", "tokens", "OAuth 2.0"],
)
async def test_links_of_another_way_to_act_as_people_end_with_it_and_everybody_is_told(
    registry: Registry, web: httpx.AsyncClient, known: Known, clock: Clock, now_by: dict[str, str], left: set[str]
) -> None:
    other = await registered(registry, base_url="https://other.example")
    for user in ("anna", "ben"):
        for tenant in (await stored(registry), other):
            await registry.link(link_of(user, tenant), AuditRow.of("linked", origin(user), NOON, tenant_id=tenant.id))

    assert (await web.post("/v1/registrations", json=call(known.code, **now_by), headers=OLD_TOKEN)).is_success

    kafka = FakeKafka()
    async with relaying(registry, kafka, clock):
        async with asyncio.timeout(20):
            while len(kafka.events) + len(kafka.tombstones) < 6:  # noqa: ASYNC110 - nobody tells a test
                await asyncio.sleep(0.05)
    there = [link.id for user in ("anna", "ben") for link in await registry.links.of_person(TEAMS_TENANT, user)]
    ended = {"t1:anna", "t1:ben"} - {f"t1:{user}" for user in left}
    assert set(there) == {f"t1:{user}" for user in left} | {f"{other.id}:anna", f"{other.id}:ben"}
    assert {key for kind, key in kafka.tombstones if kind is AccountLink} == ended
    (noted,) = await registry.database["audit"].find({"what": "registered_anew"}).to_list(None)
    assert noted["details"].get("links_ended") == (str(len(ended)) if ended else None)


def link_of(user: str, tenant: TenantRow) -> LinkRow:
    facts = {"tenant_id": tenant.id, "teams_tenant": tenant.teams_tenant, "user": user, "linked_at": NOON}
    return LinkRow(id=f"{tenant.id}:{user}", jira_user=user, auth_mode="oauth1", access_token="vault:v1:a", **facts)
