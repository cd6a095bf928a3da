"""What may be asked of key-vault."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.keys import Ask, Call, CallsAuthorizationAsked
from contracts.registry import AccountLink, Tenant, TenantState
from key_vault import decide
from key_vault.decide import Bound, Plan, Refusal

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ASK = Ask(request_id="r1", partition=0, reply_key={})
TENANT = Tenant(
    tenant_id="t1",
    teams_tenant="tt",
    base_url="https://jira.example.com",
    site="jira.example.com",
    consumer_key="vault:v1:consumer",
    state="active",
    updated_at=NOW,
)
LINK = AccountLink(
    link_id="t1:u1",
    tenant_id="t1",
    teams_tenant="tt",
    user="u1",
    jira_user="jane",
    access_token="vault:v1:token",
    token_secret="vault:v1:secret",
    linked_at=NOW,
)
URL = "https://jira.example.com/rest/api/2/myself"


def asked(*calls: Call, link_id: str | None = None) -> CallsAuthorizationAsked:
    return CallsAuthorizationAsked(ask=ASK, tenant_id="t1", link_id=link_id, calls=calls)


def test_a_persons_call_needs_the_consumer_key_and_the_access_token() -> None:
    plan = decide.plan(asked(Call(method="GET", url=URL), link_id="t1:u1"), TENANT, LINK, NOW)

    assert plan == Plan(
        (Bound("vault:v1:consumer", "t1|t1|consumer_key"), Bound("vault:v1:token", "t1|t1:u1|access_token")), ()
    )


def test_the_dance_needs_the_consumer_key_and_what_came_sealed() -> None:
    calls = (
        Call(method="POST", url=URL, callback="https://bridge.example.com/oauth/callback"),
        Call(method="POST", url=URL, token="jwe-1", verifier="jwe-2"),
    )

    plan = decide.plan(asked(*calls), TENANT, None, NOW)

    assert plan == Plan((Bound("vault:v1:consumer", "t1|t1|consumer_key"),), ("jwe-1", "jwe-2"))


def test_an_unknown_tenant_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        decide.plan(asked(), None, None, NOW)
    assert refusal.value.code == "unknown_tenant"


def test_a_bearers_call_needs_the_access_token_alone() -> None:
    bearing = {"auth_mode": "oauth2"}
    ends = NOW + timedelta(hours=1)
    tenant, link = TENANT.model_copy(update=bearing), LINK.model_copy(update=bearing | {"expires_at": ends})

    plan = decide.plan(asked(Call(method="GET", url=URL), link_id="t1:u1"), tenant, link, NOW)

    assert plan == Plan((Bound("vault:v1:token", "t1|t1:u1|access_token"),), (), bearer=True, until=ends)


def test_the_end_of_an_oauth1_token_is_jiras_to_tell() -> None:
    link = LINK.model_copy(update={"expires_at": NOW})

    assert decide.plan(asked(Call(method="GET", url=URL), link_id="t1:u1"), TENANT, link, NOW).at_rest


@pytest.mark.parametrize("state", ["pending", "active", "failed"])
def test_a_tenant_in_use_or_being_tried_may_ask(state: TenantState) -> None:
    assert decide.plan(asked(), TENANT.model_copy(update={"state": state}), None, NOW)


def test_a_suspended_tenant_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        decide.plan(asked(), TENANT.model_copy(update={"state": "suspended"}), None, NOW)
    assert refusal.value.code == "suspended"


@pytest.mark.parametrize("link", [None, LINK.model_copy(update={"tenant_id": "t2"})])
def test_nobody_acts_through_a_link_that_is_not_there_or_is_another_tenants(link: AccountLink | None) -> None:
    with pytest.raises(Refusal) as refusal:
        decide.plan(asked(Call(method="GET", url=URL), link_id="t1:u1"), TENANT, link, NOW)
    assert refusal.value.code == "not_linked"


@pytest.mark.parametrize(
    "call",
    [
        Call(method="POST", url=URL, verifier="jwe"),
        Call(method="POST", url=URL, callback="oob", token="jwe", verifier="jwe"),
        Call(method="get", url=URL),
        Call(method="GET\r\n", url=URL),
        Call(method="", url=URL),
        Call(method="GET", url=""),
        Call(method="GET", url="/rest/api/2/myself"),
        Call(method="GET", url="ftp://jira.example.com/"),
        Call(method="GET", url="https:///path"),
        Call(method="GET", url="https://jira.example.com:port/"),
        Call(method="GET", url="https://[::1/"),
        Call(method="GET", url="https://user:word@jira.example.com/"),
        Call(method="GET", url="https://jira.example.com/a b"),
        Call(method="GET", url="https://jira.example.com/ü"),
        Call(method="GET", url="https://jira.example.com/?q=%FF"),
        Call(method="GET", url="https://jira.example.com/?q=100%"),
        Call(method="GET", url="https://jira.example.com/%zz"),
        Call(method="GET", url="https://jira.example.com/\n"),
    ],
)
def test_a_call_that_cannot_be_signed_as_it_will_be_sent_is_refused(call: Call) -> None:
    with pytest.raises(Refusal) as refusal:
        decide.plan(asked(call), TENANT, None, NOW)
    assert refusal.value.code == "bad_request"


@pytest.mark.parametrize("call", [Call(method="POST", url=URL, callback="oob")])
def test_the_dance_is_not_danced_in_a_persons_name(call: Call) -> None:
    with pytest.raises(Refusal):
        decide.plan(asked(call, link_id="t1:u1"), TENANT, LINK, NOW)


@pytest.mark.parametrize(
    "given", ["", "../sys/seal", "a/b", "t1-sign", "key-vault-sealing", "t 1", "é", "a" * 65, "t1\n"]
)
def test_a_tenant_id_that_could_name_something_else_in_vault_is_refused(given: str) -> None:
    with pytest.raises(Refusal):
        decide.tenant_id(given)


@pytest.mark.parametrize(("row", "name"), [("a|b", "c"), ("a", "b|c"), ("", "c"), ("a", ""), ("a\n", "c")])
def test_a_place_that_could_be_read_as_another_is_refused(row: str, name: str) -> None:
    with pytest.raises(Refusal):
        decide.bound("t1", row, name, "text")
