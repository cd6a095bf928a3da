"""OAuth 2.0 and personal access tokens: the token is borne as it is, by those it belongs to, until its end."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.key_vault.fakes import Asker, Directory, sealed

from chassis.sealing import SealedFor
from contracts.keys import Call, CallsAuthorizationAsked, CallsAuthorized
from contracts.registry import AccountLink, Tenant
from key_vault import handlers
from key_vault.decide import Bound
from key_vault.handlers import Known
from key_vault.memory import Memory
from key_vault.sealing import sealing_key
from key_vault.vault import Vault

pytestmark = pytest.mark.engines
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOKEN = "NDc4NDkyNDg3ODE3+/~._-=="
GET = Call(method="GET", url="https://jira.example.com/rest/api/2/myself")
PUT = Call(method="PUT", url="https://jira.example.com/rest/api/2/issue/OPS-7")
bearing = pytest.mark.parametrize("mode", ["oauth2", "pat"])


@dataclass(frozen=True)
class Place:
    """A tenant whose people act with bearer tokens, and one of them."""

    vault: Vault
    tenant: Tenant
    link: AccountLink

    def but(self, tenant: dict[str, Any] | None = None, link: dict[str, Any] | None = None) -> "Place":
        return Place(self.vault, self.tenant.model_copy(update=tenant or {}), self.link.model_copy(update=link or {}))

    async def authorize(self, *calls: Call, linked: bool = True) -> list[dict[str, Any]] | str:
        """Give the values, or the code of the refusal."""
        asker, directory = Asker(), Directory(self.tenant, self.link)
        known = Known(directory.tenant, directory.link, Memory(self.vault.open, timedelta(minutes=5), 100))
        link_id = self.link.link_id if linked else None
        asked = CallsAuthorizationAsked(ask=asker.ask, tenant_id=self.tenant.tenant_id, link_id=link_id, calls=calls)
        answer = await handlers.authorize(asked, self.vault, known, lambda: NOW)
        return list(asker.key.open(answer.sealed)) if isinstance(answer, CallsAuthorized) else answer.code

    async def sealed(self, token: str, use: SealedFor | None = None) -> str:
        return sealed(token, sealing_key(await self.vault.prepare()).jwk, use)


@pytest.fixture
async def place(vault: Vault, tenant_id: str, mode: Any) -> Place:
    await vault.make_keys(tenant_id)
    link_id = f"{tenant_id}:{uuid4()}"
    [token] = await vault.protect(tenant_id, [Bound(TOKEN, f"{tenant_id}|{link_id}|access_token")])
    tenant = Tenant(
        tenant_id=tenant_id,
        teams_tenant="teams",
        base_url="https://jira.example.com",
        site="jira.example.com",
        auth_mode=mode,
        consumer_key="",
        state="active",
        updated_at=NOW,
    )
    link = AccountLink(
        link_id=link_id,
        tenant_id=tenant_id,
        teams_tenant="teams",
        user="user",
        jira_user="jane",
        auth_mode=mode,
        access_token=token,
        linked_at=NOW,
    )
    return Place(vault, tenant, link)


@bearing
async def test_every_call_of_a_person_gets_the_token_and_may_use_it_again(place: Place) -> None:
    value = {"value": f"Bearer {TOKEN}", "until": None}

    assert await place.authorize(GET, PUT) == [value, value]


@bearing
async def test_a_token_that_ends_says_when(place: Place) -> None:
    ends = NOW + timedelta(hours=1)

    answer = await place.but(link={"expires_at": ends}).authorize(GET)

    assert isinstance(answer, list)
    assert [datetime.fromisoformat(told["until"]) for told in answer] == [ends]


@bearing
@pytest.mark.parametrize(
    ("left", "expired"),
    [
        (timedelta(seconds=61), False),
        (timedelta(seconds=60), True),
        (timedelta(seconds=1), True),
        (-timedelta(days=9), True),
    ],
)
async def test_a_token_is_refused_from_a_minute_before_its_end(place: Place, left: timedelta, expired: bool) -> None:
    answer = await place.but(link={"expires_at": NOW + left}).authorize(GET)

    assert (answer == "token_expired") is expired


@bearing
async def test_before_there_is_a_link_a_call_bears_the_token_that_came_with_it(place: Place) -> None:
    use = SealedFor(place.tenant.tenant_id)
    calls = [
        call.model_copy(update={"token": await place.sealed(word, use)}) for call, word in ((GET, "a"), (PUT, "b"))
    ]

    assert await place.authorize(*calls, linked=False) == [
        {"value": "Bearer a", "until": None},
        {"value": "Bearer b", "until": None},
    ]


@bearing
@pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Injected: 1", "ü", 'quo"te', "a=b"])
async def test_what_no_header_could_carry_is_refused(place: Place, token: str) -> None:
    call = GET.model_copy(update={"token": await place.sealed(token, SealedFor(place.tenant.tenant_id))})

    assert await place.authorize(call, linked=False) == "bad_token"


@bearing
async def test_a_tenant_without_a_consumer_does_nothing_by_itself(place: Place) -> None:
    assert await place.authorize(GET, linked=False) == "bad_request"


@bearing
@pytest.mark.parametrize("step", [{"callback": "oob"}, {"token": "jwe", "verifier": "jwe"}])
async def test_the_dance_of_oauth1_is_not_danced(place: Place, step: dict[str, str]) -> None:
    assert await place.authorize(GET.model_copy(update=step), linked=False) == "bad_request"


@bearing
async def test_another_tenants_link_bears_nothing(place: Place) -> None:
    for other in ({"tenant_id": "another"}, {"auth_mode": "oauth1"}):
        assert await place.but(link=other).authorize(GET) == "not_linked"


@bearing
async def test_a_link_of_another_way_of_acting_is_used_no_more(place: Place) -> None:
    assert await place.but(tenant={"auth_mode": "oauth1"}).authorize(GET) == "not_linked"


@bearing
async def test_a_ciphertext_of_another_link_in_the_row_does_not_open(place: Place) -> None:
    assert await place.but(link={"link_id": f"{place.tenant.tenant_id}:other"}).authorize(GET) == "bad_request"


@pytest.mark.parametrize("mode", ["oauth1", "oauth2", "pat"])
async def test_a_suspended_tenants_people_do_nothing(place: Place) -> None:
    assert await place.but(tenant={"state": "suspended"}).authorize(GET) == "suspended"


@bearing
async def test_with_destroyed_keys_nothing_is_borne(place: Place) -> None:
    await place.vault.destroy_keys(place.tenant.tenant_id)

    assert await place.authorize(GET) == "keys_destroyed"


@bearing
async def test_a_token_that_was_not_sealed_for_this_tenant_and_purpose_is_refused(place: Place) -> None:
    own = place.tenant.tenant_id
    for use in (SealedFor("another"), SealedFor(own, "private_key"), None):
        call = GET.model_copy(update={"token": await place.sealed("a", use)})
        assert await place.authorize(call, linked=False) == "bad_request"
