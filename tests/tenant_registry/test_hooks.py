"""Webhooks from Jira."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import HOOK_TOKEN, NOON

from contracts.registry import WebhookReceived
from tenant_registry.decide import issue_of
from tenant_registry.mongo.outbox import event_in
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("BRIDGE_REFERENCE_DATA", ROOT.parent / "shared/reference/data")) / "jira-webhooks"
CREATED = {
    "timestamp": int(NOON.timestamp() * 1000),
    "webhookEvent": "jira:issue_created",
    "issue": {"id": "10100", "key": "OPS-9", "fields": {"summary": "Ünïcode 🚀 \u202eright to left"}},
}


async def hooks(registry: Registry) -> list[WebhookReceived]:
    events = [event_in(one) async for one in registry.database["outbox"].find()]
    return [event for event in events if isinstance(event, WebhookReceived)]


def address(tenant: TenantRow, token: str = HOOK_TOKEN) -> str:
    return f"/v1/hooks/{tenant.id}/{token}"


async def test_a_webhook_is_stored_as_it_came_before_it_is_answered(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    body = json.dumps(CREATED, ensure_ascii=False)

    answer = await web.post(address(tenant), content=body.encode())

    assert answer.status_code == 202
    (hook,) = await hooks(registry)
    assert hook.body == body
    assert hook.issue_id == "10100"
    assert hook.key() == f"{tenant.id}|10100"
    assert answer.json() == {"hookId": hook.hook_id, "duplicate": False}


async def test_the_same_delivery_twice_is_taken_once(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    for _ in range(2):
        same_body = await web.post(address(tenant), json=CREATED)
    headers = {"X-Atlassian-Webhook-Identifier": "delivery-1"}
    for n in range(2):
        same_id = await web.post(address(tenant), json={**CREATED, "n": n}, headers=headers)

    assert same_body.json()["duplicate"]
    assert same_id.json() == {"hookId": "delivery-1", "duplicate": True}
    assert len(await hooks(registry)) == 2


async def test_a_wrong_address_is_refused(registry: Registry, tenant: TenantRow, web: httpx.AsyncClient) -> None:
    wrong_token = await web.post(address(tenant, "guess"), json=CREATED)
    wrong_tenant = await web.post(f"/v1/hooks/0000/{HOOK_TOKEN}", json=CREATED)

    assert wrong_token.status_code == wrong_tenant.status_code == 404
    assert wrong_token.json() == wrong_tenant.json()
    assert await hooks(registry) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b"1" * 10_000,
        "Ä".encode("latin-1"),
    ],
)
async def test_what_is_not_a_json_object_is_refused(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient, body: bytes
) -> None:
    answer = await web.post(address(tenant), content=body)

    assert answer.status_code == 400
    assert "JSON object" in answer.json()["detail"]
    assert await hooks(registry) == []


async def test_odd_but_valid_json_is_taken(registry: Registry, tenant: TenantRow, web: httpx.AsyncClient) -> None:
    odd = [
        b"{}",
        b'{"issue": 7}',
        b'{"issue": {"id": {"a": []}}}',
        b'{"comment": {"self": 5}}',
        b'{"x": "\\ud800\\u0000"}',
        b'{"issue": {"id": "\\ud800"}}',
        b'{"worklog": {"issueId": "\\ud8007"}}',
    ]

    answers = [await web.post(address(tenant), content=body) for body in odd]

    assert [answer.status_code for answer in answers] == [202] * len(odd)
    assert sorted(hook.issue_id for hook in await hooks(registry)) == ["", "", "", "", "", "?", "?7"]


async def test_what_kafka_would_not_take_is_refused_at_once(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    answer = await web.post(address(tenant), json={"text": "x" * (1024 * 1024)})

    assert answer.status_code == 413
    assert await hooks(registry) == []


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        ({"issue": {"id": "10013"}}, "10013"),
        ({"issue": {"id": 10013}}, "10013"),
        ({"comment": {"self": "https://jira.example/rest/api/2/issue/10013/comment/10082"}}, "10013"),
        ({"worklog": {"issueId": "10013"}}, "10013"),
        ({"user": {}}, ""),
    ],
)
def test_webhooks_of_one_issue_have_one_order(body: dict[str, Any], issue: str) -> None:
    assert issue_of(body) == issue


@pytest.mark.skipif(not REAL.is_dir(), reason="the reference data is not on this machine")
async def test_real_webhooks_are_taken(registry: Registry, tenant: TenantRow, web: httpx.AsyncClient) -> None:
    files = sorted(REAL.glob("*.json"))

    for file in files:
        sent_now = {**json.loads(file.read_bytes()), "timestamp": CREATED["timestamp"]}
        assert (await web.post(address(tenant), json=sent_now)).status_code == 202

    taken = await hooks(registry)
    assert len(taken) == len(files) > 0
    assert all(hook.issue_id.isdigit() for hook in taken)
