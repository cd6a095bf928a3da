"""Registering each way in which Bridge can act as people."""

from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import BASE_URL, Clock, FakeKeyVault
from tests.tenant_registry.test_registration import call, code_for

from contracts.registry import Tenant
from tenant_registry.decide import version
from tenant_registry.registry import Registry

CLIENT = {"authMode": "oauth2", "clientId": "the-client-id", "clientSecret": "the-client-secret"}


def pasted(answer: dict[str, Any], screen: str) -> dict[str, str]:
    return {one["field"]: one["value"] for one in answer["paste"] if one["screen"] == BASE_URL + screen}


LINKS = "/plugins/servlet/applinks/listApplicationLinks"
WEBHOOKS = "/plugins/servlet/webhooks"


async def test_with_oauth1_the_consumer_is_to_be_pasted(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    said = (await web.post("/v1/registrations", json=call(await code_for(registry, clock)))).json()

    assert pasted(said, LINKS) == {
        "Consumer Key": said["consumerKey"],
        "Consumer Name": "Bridge",
        "Public Key": said["publicKey"],
        "Consumer Callback URL": said["callbackUrl"],
    }
    assert pasted(said, WEBHOOKS)["URL"] == said["webhookUrl"]
    assert said["redirectUrl"] is said["scope"] is said["webhookSecret"] is None


async def test_with_oauth2_redirect_and_scope_are_to_be_pasted_and_the_client_is_protected(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    answer = await web.post("/v1/registrations", json=call(await code_for(registry, clock), **CLIENT))

    said = answer.json()
    assert answer.status_code == 201
    assert said["redirectUrl"] == "https://bridge.example/oauth/callback"
    assert said["scope"] == "WRITE"
    assert pasted(said, LINKS)["Redirect URL"] == said["redirectUrl"]
    assert said["consumerKey"] is said["publicKey"] is said["callbackUrl"] is None
    assert "the-client" not in answer.text
    stored = await registry.tenants.find(said["tenantId"])
    assert stored is not None
    assert keys.protected[stored.consumer_key] == "the-client-id"
    assert keys.protected[stored.client_secret or ""] == "the-client-secret"
    told = stored.event()
    assert isinstance(told, Tenant)
    assert (told.auth_mode, told.client_secret) == ("oauth2", stored.client_secret)


async def test_with_personal_access_tokens_nothing_identifies_bridge(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    answer = await web.post("/v1/registrations", json=call(await code_for(registry, clock), authMode="pat"))

    said = answer.json()
    assert answer.status_code == 201
    assert pasted(said, LINKS) == {}
    assert pasted(said, WEBHOOKS)["URL"] == said["webhookUrl"]
    stored = await registry.tenants.find(said["tenantId"])
    assert stored is not None
    assert (stored.auth_mode, stored.consumer_key, stored.client_secret) == ("pat", "", None)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"authMode": "oauth2"}, "https://bridge.example/oauth/callback"),
        ({"authMode": "oauth2", "clientId": "x"}, "clientSecret"),
        ({**CLIENT, "consumerKey": "x"}, "oauth1"),
        ({**CLIENT, "version": "8.21.9"}, "8.22"),
        ({**CLIENT, "version": "v8.21.9"}, "8.22"),
        ({"version": "newest"}, "version"),
        ({"version": ""}, "9.12.4"),
        ({"authMode": "pat", "clientId": "x"}, "oauth2"),
        ({"authMode": "pat", "version": "8.13"}, "8.14"),
        ({"authMode": "pat", "version": "Jira 8.13"}, "8.14"),
        ({"authMode": "pat", "privateKey": "-----BEGIN PRIVATE KEY-----"}, "oauth1"),
        ({"clientSecret": "x"}, "oauth2"),
        ({**CLIENT, "clientSecret": "a\nb"}, "printable"),
    ],
)
async def test_what_does_not_go_together_is_refused_with_what_does_and_no_code_is_used(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, more: dict[str, str], word: str
) -> None:
    code = await code_for(registry, clock)

    answer = await web.post("/v1/registrations", json=call(code, **more))

    assert answer.status_code == 422
    assert word in answer.json()["detail"]
    assert (await web.post("/v1/registrations", json=call(code))).status_code == 201


@pytest.mark.parametrize(
    ("version", "signed"),
    [
        (None, False),
        ("9.17.5", False),
        ("10.0.0", True),
        ("11", True),
        ("v10.3.1", True),
        ("Jira 10.3", True),
        ("Jira Software Data Center v9.12.4-m0007", False),
    ],
)
async def test_a_jira_that_can_sign_gets_a_secret_and_an_address_without_one(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, version: str | None, signed: bool
) -> None:
    said = (await web.post("/v1/registrations", json=call(await code_for(registry, clock), version=version))).json()

    assert (said["webhookSecret"] is not None) is signed
    assert said["webhookUrl"].endswith(said["tenantId"]) is signed
    stored = await registry.tenants.find(said["tenantId"])
    assert stored is not None
    assert (stored.webhook_secret is not None) is signed
    assert (stored.hook_token_hash is None) is signed


async def test_of_a_version_in_other_words_its_number_is_kept(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    for n, (written, kept) in enumerate({"v10.3.1": "10.3.1", "Jira 10.3": "10.3", " 9.12.4-m7": "9.12.4"}.items()):
        code = await code_for(registry, clock)
        given = call(code, version=written, baseUrl=f"https://jira-{n}.example")
        said = (await web.post("/v1/registrations", json=given)).json()
        stored = await registry.tenants.find(said["tenantId"])
        assert stored is not None
        assert stored.jira_version == kept


@pytest.mark.parametrize(
    ("said", "numbers"), [(None, None), ("", None), ("ten", None), ("9" * 5000, (999_999_999, 0)), ("8.22.1", (8, 22))]
)
def test_whatever_a_jira_calls_its_version_is_read(said: str | None, numbers: tuple[int, int] | None) -> None:
    assert version(said) == numbers


async def test_the_first_jira_is_the_default_and_aliases_are_unique(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    urls = ["https://jira.eu.example", "https://jira.us.example", "https://jira.asia.example/jira", "https://10.1.2.3"]
    answers = [
        (await web.post("/v1/registrations", json=call(await code_for(registry, clock), baseUrl=url))).json()
        for url in urls
    ]
    named = await web.post(
        "/v1/registrations", json=call(await code_for(registry, clock), baseUrl="https://b.example", alias="Build")
    )
    taken = await web.post(
        "/v1/registrations", json=call(await code_for(registry, clock), baseUrl="https://c.example", alias="jira-2")
    )

    assert [one["alias"] for one in answers] == ["jira", "jira-2", "jira-3", "jira-4"]
    assert [one["default"] for one in answers] == [True, False, False, False]
    assert named.json()["alias"] == "build"
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:bridge:problem:alias-taken")


@pytest.mark.parametrize("alias", ["", "-a", "a b", "x" * 33, "ä", "a/b"])
async def test_an_alias_that_nobody_could_type_is_refused(empty_web: httpx.AsyncClient, alias: str) -> None:
    answer = await empty_web.post("/v1/registrations", json=call("x", alias=alias))

    assert answer.status_code == 422
    assert "hyphens" in answer.json()["detail"]
