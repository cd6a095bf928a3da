"""Which of several Jiras is meant."""

import pytest
from tests.jira_actor.fakes import ORIGIN, Office, tenant

from contracts.outcomes import IssueShown, Refused
from contracts.registry import Tenant
from contracts.teams import ShowAsked
from jira_actor import handlers
from jira_actor.decide import No
from jira_actor.sites import meant

EU = tenant("https://eu.example.com", tenant_id="eu", alias="eu", site="eu.example.com")
US = tenant("https://us.example.com", tenant_id="us", alias="us", site="us.example.com")
ASLEEP = US.model_copy(update={"state": "suspended"})
NEW = US.model_copy(update={"state": "pending"})


def default(one: Tenant) -> Tenant:
    return one.model_copy(update={"is_default": True})


@pytest.mark.parametrize(
    ("registered", "alias", "found"),
    [
        ([EU], None, "eu"),
        ([EU], "eu", "eu"),
        ([EU], "EU", "eu"),
        ([EU, default(US)], None, "us"),
        ([EU, default(US)], "eu", "eu"),
        ([EU, ASLEEP], None, "eu"),
        ([EU, NEW], None, "eu"),
        ([EU, NEW], "eu", "eu"),
    ],
)
def test_the_jira_that_is_meant(registered: list[Tenant], alias: str | None, found: str) -> None:
    assert meant(registered, alias).tenant_id == found


@pytest.mark.parametrize(
    ("registered", "alias", "code", "says"),
    [
        ([], None, "not_registered", "register"),
        ([], "eu", "not_registered", "register"),
        ([EU, US], None, "ambiguous", "eu, us"),
        ([EU, US], "asia", "unknown_alias", "eu, us"),
        ([EU.model_copy(update={"alias": None})], "eu", "unknown_alias", "Leave out"),
        ([ASLEEP], None, "suspended", "us.example.com"),
        ([EU, ASLEEP], "us", "suspended", "us.example.com"),
        ([EU, default(ASLEEP)], None, "suspended", "us.example.com"),
        ([NEW], None, "not_active", "us.example.com"),
        ([NEW.model_copy(update={"state": "failed"})], "us", "not_active", "us.example.com"),
    ],
)
def test_no_jira_is_meant(registered: list[Tenant], alias: str | None, code: str, says: str) -> None:
    with pytest.raises(No) as refused:
        meant(registered, alias)

    assert refused.value.code == code
    assert says in f"{refused.value.why} {refused.value.advice}"


async def test_a_command_goes_to_the_jira_that_it_names_and_its_outcome_says_which(linked: Office) -> None:
    here = linked.tenants.tenants[0].model_copy(update={"alias": "here"})
    linked.tenants.tenants = [default(EU), here]

    [shown] = await handlers.command(ShowAsked(origin=ORIGIN, issue="OPS-1", site="here"), linked.means)

    assert isinstance(shown, IssueShown)
    assert shown.tenant_id == here.tenant_id


async def test_another_organisations_alias_is_unknown(linked: Office) -> None:
    others = tenant(linked.address, tenant_id="theirs", teams_tenant="another", alias="theirs")
    linked.tenants.tenants.append(others)

    [refused] = await handlers.command(ShowAsked(origin=ORIGIN, issue="OPS-1", site="theirs"), linked.means)

    assert isinstance(refused, Refused)
    assert (refused.code, refused.tenant_id) == ("unknown_alias", None)


@pytest.mark.parametrize("issue", ["OPS-4711", "../x"])
async def test_a_refusal_says_in_which_jira(linked: Office, issue: str) -> None:
    [refused] = await handlers.command(ShowAsked(origin=ORIGIN, issue=issue), linked.means)

    assert isinstance(refused, Refused)
    assert refused.tenant_id == linked.tenants.tenants[0].tenant_id
