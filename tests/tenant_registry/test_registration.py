"""Registering a Jira: code, call, checks."""

import asyncio
import secrets
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    BEN,
    NOON,
    REGISTRATION_TOKEN,
    Clock,
    FakeKeyVault,
    checked,
    origin,
    registered,
)

from contracts.keys import TenantKeys
from contracts.outcomes import Refused, RegistrationCodeIssued
from contracts.registry import Tenant, TenantCheckAsked
from contracts.teams import RegisterAsked
from tenant_registry.decide import fingerprint
from tenant_registry.handlers.registration import (
    RegistrationRules,
    register_asked,
    tenant_checked,
    tenant_keys,
)
from tenant_registry.mongo.outbox import event_in
from tenant_registry.registry import Registry

RULES = RegistrationRules(frozenset({ANNA}), "https://bridge.example/register")
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n"


async def code_for(registry: Registry, clock: Clock) -> str:
    code = secrets.token_hex()
    issued = await register_asked(RegisterAsked(origin=origin(), code_hash=fingerprint(code)), registry, RULES, clock)
    assert isinstance(issued, RegistrationCodeIssued)
    return code


def call(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "baseUrl": BASE_URL, "product": "jira", "authMode": "oauth1", **more}


async def asked_checks(registry: Registry) -> list[TenantCheckAsked]:
    events = [event_in(one) async for one in registry.database["outbox"].find()]
    return [event for event in events if isinstance(event, TenantCheckAsked)]


async def test_an_allowed_administrator_gets_a_code_that_lives_an_hour(registry: Registry, clock: Clock) -> None:
    asked = RegisterAsked(origin=origin(), code_hash=fingerprint("code"))
    issued = await register_asked(asked, registry, RULES, clock)
    again = await register_asked(asked, registry, RULES, clock)

    assert isinstance(issued, RegistrationCodeIssued)
    assert again == issued
    assert issued.expires_at == NOON + timedelta(hours=1)
    assert issued.registration_url == "https://bridge.example/register"


async def test_others_hear_who_can_allow_them(registry: Registry, clock: Clock) -> None:
    refused = await register_asked(
        RegisterAsked(origin=origin(BEN), code_hash=fingerprint("code")), registry, RULES, clock
    )

    assert isinstance(refused, Refused)
    assert refused.code == "forbidden"
    assert BEN in str(refused.advice)


async def test_a_registration_gives_all_that_the_application_link_needs(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    answer = await web.post(
        "/v1/registrations", json=call(await code_for(registry, clock), version="9.12.4", connectorVersion="2.1")
    )

    assert answer.status_code == 201
    said = answer.json()
    tenant_url = f"https://bridge.example/v1/tenants/{said['tenantId']}"
    assert answer.headers["location"] == tenant_url == said["tenantUrl"]
    assert said["state"] == "pending"
    assert said["consumerKey"].startswith("bridge-")
    assert said["publicKey"].startswith("-----BEGIN PUBLIC KEY-----")
    assert said["callbackUrl"] == "https://bridge.example/oauth/callback"
    assert said["webhookUrl"].startswith(f"https://bridge.example/v1/hooks/{said['tenantId']}/")
    stored = await registry.tenants.find(said["tenantId"])
    assert stored is not None
    assert stored.registered_by == ANNA
    assert (stored.jira_version, stored.connector_version) == ("9.12.4", "2.1")
    assert stored.consumer_key.startswith(f"vault:v1:{stored.id}:consumer_key:")
    (asked,) = await asked_checks(registry)
    assert asked.tenant.tenant_id == stored.id


async def test_a_private_key_is_imported_and_not_kept(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    body = call(await code_for(registry, clock), privateKey=PEM, consumerKey="OurKey")

    answer = await web.post("/v1/registrations", json=body)

    assert answer.status_code == 201
    assert answer.json()["consumerKey"] == "OurKey"
    assert keys.made == [(answer.json()["tenantId"], PEM)]


async def test_a_code_is_good_for_one_registration(registry: Registry, clock: Clock, web: httpx.AsyncClient) -> None:
    code = await code_for(registry, clock)
    await web.post("/v1/registrations", json=call(code))

    answer = await web.post("/v1/registrations", json=call(code, baseUrl="https://other.example"))

    assert answer.status_code == 403
    assert "register" in answer.json()["detail"]


async def test_two_calls_at_once_with_one_code_make_one_tenant(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    code = await code_for(registry, clock)

    answers = await asyncio.gather(
        *(web.post("/v1/registrations", json=call(code, baseUrl=f"https://jira{n}.example")) for n in range(4))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403]
    assert await registry.database["tenants"].count_documents({}) == 1


async def test_an_old_code_is_refused(registry: Registry, clock: Clock, web: httpx.AsyncClient) -> None:
    code = await code_for(registry, clock)
    clock.passes(timedelta(minutes=61))

    assert (await web.post("/v1/registrations", json=call(code))).status_code == 403


async def test_the_same_jira_again_is_a_conflict_and_uses_no_code(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    await registered(registry)
    code = await code_for(registry, clock)

    again = await web.post("/v1/registrations", json=call(code, baseUrl="https://JIRA.linden.example:443/"))
    other = await web.post("/v1/registrations", json=call(code, baseUrl="https://jira.other.example"))

    assert again.status_code == 409
    assert "registration token" in again.json()["detail"]
    assert other.status_code == 201


async def test_another_teams_organisation_may_register_the_same_jira(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    await registered(registry, teams_tenant="another-organisation")

    answer = await web.post("/v1/registrations", json=call(await code_for(registry, clock)))

    assert answer.status_code == 201


async def test_when_key_vault_is_silent_nothing_is_used_up(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    code = await code_for(registry, clock)
    keys.silent = True
    silent = await web.post("/v1/registrations", json=call(code))
    keys.silent = False

    assert silent.status_code == 503
    assert silent.headers["retry-after"]
    assert (await web.post("/v1/registrations", json=call(code))).status_code == 201


async def test_a_key_that_vault_refuses_is_the_callers_mistake(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    keys.refuses = "bad_request"

    answer = await web.post("/v1/registrations", json=call(await code_for(registry, clock), privateKey=PEM))

    assert answer.status_code == 422
    assert "2048" in answer.json()["detail"]
    assert "MIIE" not in answer.text


async def test_passed_checks_make_a_tenant_active(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await registered(registry)

    await tenant_checked(checked(tenant), registry)

    headers = {"Authorization": f"Bearer {REGISTRATION_TOKEN}"}
    said = (await web.get(f"/v1/tenants/{tenant.id}", headers=headers)).json()
    assert said["state"] == "active"
    assert said["signingBaseUrl"] == BASE_URL
    assert said["jiraVersion"] == "9.12.4"
    assert [check["name"] for check in said["checks"]] == ["dns", "tcp", "tls", "server_info", "authentication"]
    assert "consumerKey" not in said


async def test_a_failed_check_makes_it_failed_and_an_older_result_changes_nothing(registry: Registry) -> None:
    tenant = await registered(registry)

    await tenant_checked(checked(tenant, failed="tls"), registry)
    await tenant_checked(checked(tenant, checked_at=NOON), registry)

    stored = await registry.tenants.find(tenant.id)
    assert stored is not None
    assert stored.state == "failed"


async def test_checks_can_be_run_again(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await registered(registry)

    answer = await web.post(
        f"/v1/tenants/{tenant.id}/checks", headers={"Authorization": f"Bearer {REGISTRATION_TOKEN}"}
    )

    assert answer.status_code == 202
    assert {asked.check_id for asked in await asked_checks(registry)} == {tenant.id, answer.json()["checkId"]}


@pytest.mark.parametrize("path", ["/v1/tenants/{id}", "/v1/tenants/0000"])
async def test_a_wrong_token_and_an_unknown_tenant_look_alike(
    registry: Registry, web: httpx.AsyncClient, path: str
) -> None:
    tenant = await registered(registry)

    answer = await web.get(path.format(id=tenant.id), headers={"Authorization": "Bearer wrong"})

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:bridge:problem:unknown-tenant"


async def test_without_a_token_the_answer_says_which_one(registry: Registry, web: httpx.AsyncClient) -> None:
    answer = await web.get("/v1/tenants/0000")

    assert answer.status_code == 401
    assert "registrationToken" in answer.json()["detail"]


async def test_public_keys_and_versions_are_recorded(registry: Registry) -> None:
    tenant = await registered(registry)

    await tenant_keys(
        TenantKeys(tenant_id=tenant.id, public_key="PEM", data_key_version=2, signing_key_version=3), registry
    )

    stored = await registry.tenants.find(tenant.id)
    assert stored is not None
    assert (stored.public_key, stored.data_key_version, stored.signing_key_version) == ("PEM", 2, 3)
    assert isinstance(stored.event(), Tenant)
