"""Whatever is sent: never a 5xx, always a problem that says what to do."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from tests.tenant_registry.fakes import ANNA, Clock, FakeKeyVault, origin, registered

from contracts.teams import RegisterAsked
from tenant_registry.decide import fingerprint
from tenant_registry.handlers.registration import RegistrationRules, register_asked
from tenant_registry.http.edge import edge
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.registry import Registry
from tenant_registry.settings import Settings

GOOD = {"code": "x", "baseUrl": "https://jira.example", "product": "jira", "authMode": "oauth1"}


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == status
    assert said["type"].startswith("urn:bridge:problem:")
    assert said["title"]
    assert len(said["detail"]) > 20


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("GET", "/v1/registrations", 405),
        ("DELETE", "/v1/hooks/a/b", 405),
        ("POST", "/connect", 405),
        ("BREW", "/connect", 405),
        ("GET", "/v1/tenants/%00%ff%2e%2e", 401),
        ("GET", "/v1/tenants/a/b/c", 404),
        ("POST", "/v1/hooks/%F0%9F%92%A9/%ff", 404),
        ("GET", "/connect?oauth_token=" + "x" * 600, 422),
    ],
)
async def test_wrong_addresses_and_methods(empty_web: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await empty_web.request(method, path)

    assert_problem(answer, status)
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 200_000, 413),
        (b"[" * 60_000, 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (json.dumps({**GOOD, "code": None}).encode(), 422),
        (json.dumps({**GOOD, "code": ["x"]}).encode(), 422),
        (json.dumps({**GOOD, "code": ""}).encode(), 422),
        (json.dumps({**GOOD, "code": "y" * 300}).encode(), 422),
        (json.dumps({**GOOD, "code": "\ud800"}).encode(), 422),
        (json.dumps({**GOOD, "code": "🚀\u0000"}).encode(), 403),
        (json.dumps({**GOOD, "baseUrl": "javascript:alert(1)"}).encode(), 422),
        (json.dumps({**GOOD, "baseUrl": "\ud800"}).encode(), 422),
        (json.dumps({**GOOD, "baseUrl": "http://jira.example"}).encode(), 422),
        (json.dumps({**GOOD, "product": "confluence"}).encode(), 422),
        (json.dumps({**GOOD, "authMode": "basic"}).encode(), 422),
        (json.dumps({**GOOD, "version": 9}).encode(), 422),
        (json.dumps({**GOOD, "version": "\ud800"}).encode(), 422),
        (json.dumps({**GOOD, "consumerKey": ""}).encode(), 422),
        (json.dumps({**GOOD, "consumerKey": "a\nb"}).encode(), 422),
        (json.dumps({**GOOD, "privateKey": "c2VjcmV0-not-a-pem"}).encode(), 422),
        (json.dumps(GOOD).encode(), 403),
        (json.dumps({**GOOD, "unknown": "field"}).encode(), 403),
    ],
)
async def test_wrong_registrations(empty_web: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await empty_web.post("/v1/registrations", content=body, headers={"Content-Type": "application/json"})

    assert_problem(answer, status)
    assert "c2VjcmV0" not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json; charset=klingon", ""])
async def test_other_content_types(empty_web: httpx.AsyncClient, kind: str) -> None:
    answer = await empty_web.post("/v1/registrations", content=json.dumps(GOOD), headers={"Content-Type": kind})

    assert answer.status_code in {403, 422}
    assert_problem(answer, answer.status_code)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer \xe9", "nonsense"])
async def test_odd_authorizations(web: httpx.AsyncClient, registry: Registry, authorization: str) -> None:
    tenant = await registered(registry)

    answer = await web.get(f"/v1/tenants/{tenant.id}", headers=[(b"Authorization", authorization.encode("latin-1"))])

    assert answer.status_code in {401, 404}
    assert_problem(answer, answer.status_code)


async def test_a_source_that_asks_too_often_is_told_when_to_come_back(
    registry: Registry, keys: FakeKeyVault, clock: Clock
) -> None:
    around = Surroundings(registry, keys, clock, "https://bridge.example", allow_http=False, biggest_hook=1024)
    app = edge(around, Settings(requests_per_minute=6))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://bridge.example") as web:
        answers = [await web.get("/nothing") for _ in range(4)]
        other = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("192.0.2.9", 1)), base_url="https://bridge.example"
        )
        async with other:
            assert (await other.get("/nothing")).status_code == 404
        hook = await web.post("/v1/hooks/a/b", json={})

    assert [answer.status_code for answer in answers] == [404, 404, 429, 429]
    assert_problem(answers[-1], 429)
    assert int(answers[-1].headers["retry-after"]) > 0
    assert hook.status_code == 404, "webhooks have a limit of their own"


async def test_a_body_that_grows_without_end_is_cut_off(empty_web: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1024

    assert_problem(await empty_web.post("/v1/registrations", content=endless()), 413)


async def test_a_body_that_never_ends_is_not_waited_for(registry: Registry, keys: FakeKeyVault, clock: Clock) -> None:
    around = Surroundings(registry, keys, clock, "https://bridge.example", allow_http=False, biggest_hook=1024)
    app = edge(around, Settings(body_patience=timedelta(milliseconds=50)))

    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://bridge.example") as web:
        assert_problem(await web.post("/v1/registrations", content=stuck()), 408)


async def test_the_openapi_document_names_every_address_and_the_problem(empty_web: httpx.AsyncClient) -> None:
    document = (await empty_web.get("/openapi.json")).json()

    assert set(document["paths"]) >= {
        "/v1/registrations",
        "/v1/tenants",
        "/v1/tenants/{tenant_id}",
        "/v1/tenants/{tenant_id}/checks",
        "/v1/tenants/{tenant_id}/suspension",
        "/v1/tenants/{tenant_id}/webhook",
        "/connect",
        "/oauth/callback",
        "/v1/hooks/{tenant_id}",
        "/v1/hooks/{tenant_id}/{token}",
    }
    errors = document["paths"]["/v1/registrations"]["post"]["responses"]
    assert {"400", "403", "409", "422", "503"} <= set(errors)
    assert "HTTPValidationError" not in json.dumps(document)
    for status in ("403", "422"):
        assert list(errors[status]["content"]) == ["application/problem+json"]


async def test_a_code_survives_wrong_calls(registry: Registry, clock: Clock, web: httpx.AsyncClient) -> None:
    rules = RegistrationRules(frozenset({ANNA}), "")
    code = "the code"
    await register_asked(RegisterAsked(origin=origin(), code_hash=fingerprint(code)), registry, rules, clock)

    await web.post("/v1/registrations", json={**GOOD, "code": code, "baseUrl": "https://a b"})

    assert (await web.post("/v1/registrations", json={**GOOD, "code": code})).status_code == 201
