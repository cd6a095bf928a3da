"""Taking one's data along: everything that is stored is said, and no secret."""

from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import ANNA, BASE_URL, BEN, CHANNEL, HOOK_TOKEN, Clock, FakeKeyVault, registered
from tests.tenant_registry.test_erasure import full_tenant
from tests.tenant_registry.test_tenants import OPERATOR, OWN, web_of

from tenant_registry.decide import fingerprint
from tenant_registry.export import PLAIN, SECRET, WORDS, shown
from tenant_registry.registry import Registry
from tenant_registry.schema import SHAPES
from tenant_registry.task_shapes import ROTATIONS

COLLECTIONS = {
    "tenant": "tenants",
    "pendingLinks": "pending_links",
    "registrationCodes": "registration_codes",
    "waitingEvents": "outbox",
    "toldChanges": "told_changes",
    "rotation": "rotations",
}
WORKINGS = {"rotation": {"due_at", "holder", "new_signing_key", "collection", "place", "clean", "mark", "marks_told"}}
"""Fields that say nothing about anybody: where the work stands."""
NOT_DATA = {"gone", "told_by", "data", "authorize_url"}


async def test_the_export_holds_what_is_stored_in_every_collection(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await full_tenant(registry, alias="linden")

    answer = await web.get(f"/v1/tenants/{tenant.id}/export", headers=OWN)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert "attachment" in answer.headers["content-disposition"]
    said: dict[str, Any] = answer.json()
    assert set(WORDS) < set(said) | {"words"}
    assert said["tenant"]["baseUrl"] == BASE_URL
    assert {one["user"] for one in said["links"]} == {ANNA, BEN}
    assert said["pendingLinks"][0]["origin"]["user_name"] == "Anna Linde"
    assert said["subscriptions"][0]["project"] == "OPS"
    assert said["conversations"][0]["id"] == CHANNEL.conversation_id
    assert said["rotation"][0]["state"] == "waiting"
    assert {one["what"] for one in said["audit"]} == {"registered", "subscribed"}
    assert len(said["registrationCodes"]) == len(said["toldChanges"]) == 1
    assert len(said["waitingEvents"]) == 2


async def test_the_export_says_that_there_are_secrets_and_shows_none(
    registry: Registry, web: httpx.AsyncClient
) -> None:
    tenant = await full_tenant(registry)

    text = (await web.get(f"/v1/tenants/{tenant.id}/export", headers=OWN)).text

    assert "vault:v" not in text
    assert "jwe." not in text
    assert fingerprint(HOOK_TOKEN) not in text
    assert "encrypted with version 1 of this tenant's key" in text


async def test_the_export_is_about_this_tenant_alone(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await registered(registry)
    other = await full_tenant(registry, base_url="https://jira.other.example")

    text = (await web.get(f"/v1/tenants/{tenant.id}/export", headers=OWN)).text

    assert other.id not in text
    assert "jira.other.example" not in text


async def test_the_operator_may_export_and_others_may_not(registry: Registry, keys: FakeKeyVault, clock: Clock) -> None:
    tenant = await registered(registry)
    async with web_of(registry, keys, clock) as web:
        url = f"/v1/tenants/{tenant.id}/export"

        assert (await web.get(url, headers=OPERATOR)).status_code == 200
        assert (await web.get(url)).status_code == 401
        assert (await web.get(url, headers={"Authorization": "Bearer no"})).status_code == 404


@pytest.mark.parametrize("kind", sorted(PLAIN))
def test_every_stored_field_is_either_shown_or_known_to_be_withheld(kind: str) -> None:
    """A new field has to be put into one of the tables, or it is withheld and its owner never hears of it."""
    shape = next(one for one in (*SHAPES, ROTATIONS) if one.name == COLLECTIONS.get(kind, kind))

    named = set(PLAIN[kind]) | set(SECRET) | NOT_DATA | WORKINGS.get(kind, set())
    assert set(shape.fields) - named == set()
    assert set(PLAIN[kind]) <= set(shape.fields)


def test_a_field_that_nobody_thought_of_is_withheld() -> None:
    assert shown("links", {"_id": "l1", "user": ANNA, "new_secret": "s3cret"}) == {
        "id": "l1",
        "user": ANNA,
        "notShown": {"newSecret": "withheld"},
    }
