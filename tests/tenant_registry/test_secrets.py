"""A canary pushed through every flow is found neither in the database nor in events nor in the log."""

import json
import re
from datetime import timedelta

import httpx
import pytest
from tests.tenant_registry.fakes import ANNA, Clock, FakeKafka, FakeKeyVault, granted, origin, prepared, verify
from tests.tenant_registry.test_relay import relaying, until

from chassis import logs
from contracts.registry import LinkCompletionAsked, WebhookReceived
from contracts.teams import DisconnectAsked, RegisterAsked
from tenant_registry.decide import fingerprint
from tenant_registry.handlers.linking import authorization_prepared, link_granted, verify_asked
from tenant_registry.handlers.registration import RegistrationRules, register_asked
from tenant_registry.handlers.unlinking import disconnect_asked
from tenant_registry.registry import Registry

CONSUMER = "canary-consumer-key"
PEM = "-----BEGIN PRIVATE KEY-----\ncanaryprivatekey\n-----END PRIVATE KEY-----\n"
REQUEST_TOKEN = "canary-request-token"
VERIFIER = "canary-verifier"
COMMENT = "canary comment text"


async def everything_stored(registry: Registry) -> dict[str, str]:
    names = await registry.database.list_collection_names()
    return {name: repr([one async for one in registry.database[name].find()]) for name in names}


@pytest.mark.usefixtures("restored_logging")
async def test_no_secret_is_found_anywhere(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("tenant-registry", "DEBUG")
    stored: list[dict[str, str]] = []
    kafka = FakeKafka()

    rules = RegistrationRules(frozenset({ANNA}), "https://bridge.example/register")
    code = "CANARY-registration-code"
    await register_asked(RegisterAsked(origin=origin(), code_hash=fingerprint(code)), registry, rules, clock)
    call = {"code": code, "baseUrl": "https://jira.linden.example", "product": "jira", "authMode": "oauth1"}
    registration = (
        await web.post("/v1/registrations", json={**call, "consumerKey": CONSUMER, "privateKey": PEM})
    ).json()
    tenant = await registry.tenants.find(registration["tenantId"])
    assert tenant is not None
    bearer = {"Authorization": f"Bearer {registration['registrationToken']}"}
    assert (await web.get(registration["tenantUrl"], headers=bearer)).status_code == 200
    await web.post(registration["webhookUrl"], json={"comment": {"body": COMMENT}})
    stored.append(await everything_stored(registry))

    await authorization_prepared(prepared(tenant, token=REQUEST_TOKEN), registry, clock)
    await web.get("/connect", params={"oauth_token": REQUEST_TOKEN})
    page = await web.get("/oauth/callback", params={"oauth_token": REQUEST_TOKEN, "oauth_verifier": VERIFIER})
    found = re.search(r'<p id="code">(\d{8})</p>', page.text)
    assert found is not None
    stored.append(await everything_stored(registry))
    completion = await verify_asked(verify(found[1]), registry, clock)
    assert isinstance(completion, LinkCompletionAsked)
    answers = await link_granted(granted(tenant), registry, clock)
    async with relaying(registry, kafka, clock):
        await until(lambda: bool(kafka.of(WebhookReceived)))
        clock.passes(timedelta(seconds=1))
        await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)
        await until(lambda: bool(kafka.tombstones))
    stored.append(await everything_stored(registry))

    secrets = {
        "code": code,
        "registration token": registration["registrationToken"],
        "hook token": registration["webhookUrl"].rsplit("/", 1)[1],
        "consumer key": CONSUMER,
        "private key": "canaryprivatekey",
        "request token": REQUEST_TOKEN,
        "verifier": VERIFIER,
        "verify code": found[1],
    }
    published = " ".join(event.model_dump_json() for event, _ in kafka.events)
    said = published + completion.model_dump_json() + "".join(one.model_dump_json() for one in answers)
    logged = capsys.readouterr().err
    for what, secret in secrets.items():
        assert not any(secret in text for dump in stored for text in dump.values()), f"{what} is in the database"
        assert secret not in said, f"{what} is in an event"
        assert secret not in logged, f"{what} is in the log"
    assert COMMENT in published, "webhooks are passed on whole"
    assert not any(COMMENT in text for text in stored[-1].values()), "and do not stay"
    assert "vault:v1:access" not in stored[-1]["links"]


@pytest.mark.usefixtures("restored_logging")
async def test_the_log_names_routes_and_never_addresses(
    registry: Registry, web: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("tenant-registry", "INFO")

    await web.post("/v1/hooks/tenant/canary-token?secret=canary", json={})
    await web.get("/canary-path?x=canary")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    requests = [(line["route"], line["status"]) for line in lines if line["event"] == "request"]
    assert requests == [("/v1/hooks/{tenant_id}/{token}", 404), ("none", 404)]
    assert "canary" not in json.dumps(lines)


@pytest.mark.usefixtures("restored_logging")
async def test_no_secret_of_the_other_ways_to_act_and_of_webhooks_is_found_anywhere(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("tenant-registry", "DEBUG")
    rules = RegistrationRules(frozenset({ANNA}), "https://bridge.example/register")
    for code in ("CANARY-code-1", "CANARY-code-2", "CANARY-code-3"):
        await register_asked(RegisterAsked(origin=origin(), code_hash=fingerprint(code)), registry, rules, clock)
    client = {"authMode": "oauth2", "clientId": "CANARY-client-id", "clientSecret": "CANARY-client-secret"}
    call = {"baseUrl": "https://jira.linden.example", "product": "jira", "version": "10.3", **client}

    first = (await web.post("/v1/registrations", json={**call, "code": "CANARY-code-1"})).json()
    bearer = {"Authorization": f"Bearer {first['registrationToken']}"}
    wrong = await web.post("/v1/registrations", json={**call, "code": "CANARY-code-2", "proof": "CANARY.proof.x"})
    second = (await web.post("/v1/registrations", json={**call, "code": "CANARY-code-2"}, headers=bearer)).json()
    bearer = {"Authorization": f"Bearer {second['registrationToken']}"}
    made = [
        (await web.post(f"{second['tenantUrl']}/webhook", json={"signed": s}, headers=bearer)).json()
        for s in (True, False)
    ]
    moved = {"baseUrl": "https://new.example", "code": "CANARY-code-3", "alias": "new"}
    assert (await web.patch(second["tenantUrl"], json=moved, headers=bearer)).status_code == 200
    await web.post(second["webhookUrl"], json={}, headers={"X-Hub-Signature": "sha256=CANARY-signature"})

    assert wrong.status_code == 403
    secrets = [
        "CANARY",
        *(one["registrationToken"] for one in (first, second)),
        *(one["webhookSecret"] for one in (first, second, made[0])),
        made[1]["webhookUrl"].rsplit("/", 1)[1],
    ]
    stored, logged = await everything_stored(registry), capsys.readouterr().err
    for secret in secrets:
        assert not any(secret in dump for dump in stored.values())
        assert secret not in logged
    assert "CANARY" not in wrong.text
