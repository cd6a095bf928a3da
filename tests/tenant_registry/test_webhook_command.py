"""`webhook`: an administrator has Bridge's webhook created in Jira."""

from typing import Any

import pytest
from tests.tenant_registry.fakes import ANNA, BEN, NOON, Clock, FakeKeyVault, origin, registered
from tests.tenant_registry.oauth2_steps import registered_oauth2

from contracts.jira import WebhookCreated
from contracts.outcomes import Refused, WebhookReady
from contracts.registry import AuthMode, WebhookCreationAsked
from contracts.teams import RegisterAsked, WebhookAsked
from tenant_registry.handlers.registration import RegistrationRules, register_asked
from tenant_registry.handlers.webhooks import Means, WebhookRules, webhook_asked, webhook_created
from tenant_registry.http import pasting
from tenant_registry.http.pages_paste import to_enter
from tenant_registry.registry import Registry
from tenant_registry.sites import alias_for

MODES: tuple[AuthMode, ...] = ("oauth1", "oauth2", "pat")


@pytest.fixture
def means(registry: Registry, keys: FakeKeyVault, clock: Clock) -> Means:
    return Means(registry, keys, WebhookRules(frozenset({ANNA}), "https://bridge.example"), clock)


def asked(user: str = ANNA, site: str | None = None) -> WebhookAsked:
    return WebhookAsked(origin=origin(user), site=site)


async def test_a_secret_is_made_once_and_jira_is_to_be_told(
    registry: Registry, means: Means, keys: FakeKeyVault
) -> None:
    tenant = await registered(registry, state="active", jira_version="10.3")

    first, second = await webhook_asked(asked(), means), await webhook_asked(asked(), means)

    assert isinstance(first, WebhookCreationAsked)
    assert isinstance(second, WebhookCreationAsked)
    stored = await registry.tenants.find(tenant.id)
    assert stored is not None
    assert first.secret == second.secret == stored.webhook_secret
    assert len(keys.protected[first.secret]) >= 40
    assert (first.tenant_id, first.url) == (tenant.id, f"https://bridge.example/v1/hooks/{tenant.id}")
    assert keys.protected[first.secret] not in first.model_dump_json()


async def test_only_registrars_may(registry: Registry, means: Means) -> None:
    await registered(registry, state="active")

    refused = await webhook_asked(asked(BEN), means)

    assert isinstance(refused, Refused)
    assert refused.code == "forbidden"


@pytest.mark.parametrize(
    ("rows", "site", "code"),
    [
        ([], None, "not_registered"),
        ([{"state": "suspended"}], None, "suspended"),
        ([{"state": "failed"}], None, "not_ready"),
        ([{"state": "active", "alias": "eu"}], "us", "unknown_alias"),
        ([{"state": "active", "alias": "eu"}, {"state": "active", "alias": "us"}], None, "ambiguous"),
        ([{"state": "active", "jira_version": "9.12", "hook_token_hash": None}], None, "forbidden"),
        ([{"state": "active", "teams_tenant": "another-organisation"}], None, "not_registered"),
    ],
)
async def test_it_is_refused_with_what_to_do(
    registry: Registry, means: Means, rows: list[dict[str, Any]], site: str | None, code: str
) -> None:
    for n, row in enumerate(rows):
        await registered(registry, base_url=f"https://j{n}.example", **row)

    refused = await webhook_asked(asked(site=site), means)

    assert isinstance(refused, Refused)
    assert refused.code == code
    assert refused.advice


async def test_when_the_keys_are_gone_it_is_refused(registry: Registry, means: Means, keys: FakeKeyVault) -> None:
    await registered(registry, state="active")
    keys.refuses = "keys_destroyed"

    assert isinstance(await webhook_asked(asked(), means), Refused)


async def test_what_jira_created_is_told_and_noted(registry: Registry, clock: Clock) -> None:
    tenant = await registered(registry)
    created = WebhookCreated(origin=origin(), tenant_id=tenant.id, webhook_id="17", site=tenant.site)

    ready = await webhook_created(created, registry, clock)
    again = await webhook_created(created, registry, clock)
    foreign = await webhook_created(created.model_copy(update={"tenant_id": "another"}), registry, clock)

    assert ready == again == WebhookReady(origin=created.origin, tenant_id=tenant.id, site=tenant.site)
    assert isinstance(foreign, Refused)
    assert await registry.database["audit"].count_documents({"what": "webhook_created"}) == 1


async def test_an_install_for_one_organisation_gives_others_no_code(registry: Registry, clock: Clock) -> None:
    rules = RegistrationRules(frozenset({ANNA}), "https://bridge.example", only="another-organisation")

    refused = await register_asked(RegisterAsked(origin=origin(), code_hash="0" * 64), registry, rules, clock)

    assert isinstance(refused, Refused)
    assert await registry.codes.usable("0" * 64, NOON) is None


@pytest.mark.parametrize(
    ("site", "taken", "alias"),
    [
        ("jira.example.com", [], "jira"),
        ("jira.example.com", ["jira", "jira-2", None], "jira-3"),
        ("issues.example.com:8443/jira", [], "issues"),
        ("localhost", [], "localhost"),
        ("10.1.2.3", [], "jira"),
        ("[2001:db8::1]", ["jira"], "jira-2"),
        (f"{'x' * 60}.example", ["x" * 32], f"{'x' * 24}-2"),
        (f"{'x' * 31}-y.example", [], "x" * 31),
    ],
)
def test_a_jira_is_called_by_its_first_label(site: str, taken: list[str | None], alias: str) -> None:
    assert alias_for(site, taken) == alias


@pytest.mark.parametrize("version", ["9.12", "10.3"])
async def test_over_oauth2_nothing_is_tried_and_the_person_hears_why_and_what_to_enter(
    registry: Registry, means: Means, version: str
) -> None:
    tenant = await registered_oauth2(registry, state="active", jira_version=version)

    refused = await webhook_asked(asked(), means)

    assert isinstance(refused, Refused)
    assert refused.code == "by_hand"
    assert "administrator's permission" in refused.why
    assert f"{tenant.base_url}/plugins/servlet/webhooks" in (refused.advice or "")
    assert f"https://bridge.example/register/{tenant.id}" in (refused.advice or "")
    assert "Issue: created, updated, deleted." in (refused.advice or "")
    assert await registry.database["audit"].count_documents({"what": "webhook_asked"}) == 0


def test_the_page_says_plainly_that_the_webhook_is_entered_by_hand_over_oauth2() -> None:
    hook = pasting.webhook("https://jira.example", "https://bridge.example/v1/hooks/t", "secret")

    shown = {mode: str(to_enter(hook, mode, "https://bridge.example")) for mode in MODES}

    assert {mode: "entered by hand" in text for mode, text in shown.items()} == {
        "oauth1": False,
        "oauth2": True,
        "pat": False,
    }
