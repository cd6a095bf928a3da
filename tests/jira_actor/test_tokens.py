"""Personal access tokens: brought in a dialog, checked with Jira, and used as they are."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.jira_actor.fakes import ADA, LINK, ORIGIN, TEAMS_TENANT, TENANT_ID, Office, tenant

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.event import Event
from contracts.jira import LinkGranted, LinkLost
from contracts.outcomes import CommentAdded, IssueShown, Refused, TokenWanted
from contracts.registry import AccountLink, WaitingIntent
from contracts.teams import CommentAsked, ConnectAsked, ShowAsked, TokenBrought
from devstack.jira.faults import Fault
from jira_actor import handlers
from jira_actor.errors import JiraUnavailable

SHOW = ShowAsked(origin=ORIGIN, issue="OPS-1")
COMMENT = CommentAsked(origin=ORIGIN, issue="OPS-1", text="canary")
LATER = ORIGIN.model_copy(update={"intent_id": "intent-2"})
TOKEN = "NjI1MTQ1NzU0NTk2OnB/+canary"


@pytest.fixture
async def pats(desk: Office) -> Office:
    """An office whose people bring personal access tokens."""
    desk.authenticate_by("pat")
    return desk


async def made(desk: Office, token: str = TOKEN, user: str = "ada") -> None:
    """Make a token in Jira."""
    async with httpx.AsyncClient(base_url=desk.address, trust_env=False) as browser:
        await browser.post("/_control/personal-access-tokens", json={"user": user, "token": token})


async def bring(desk: Office, token: str = TOKEN, resume: str | None = None) -> list[Event]:
    asked = TokenBrought(origin=LATER, token=desk.keys.seal(token), resume=resume)
    return await handlers.token_brought(asked, desk.means)


async def linked(desk: Office, age: timedelta = timedelta(days=1)) -> AccountLink:
    await made(desk)
    [granted] = await bring(desk)
    assert isinstance(granted, LinkGranted)
    link = AccountLink(
        link_id=LINK,
        tenant_id=TENANT_ID,
        teams_tenant=TEAMS_TENANT,
        user=ADA,
        jira_user="ada",
        auth_mode="pat",
        access_token=granted.access_token,
        generation=7,
        linked_at=datetime.now(UTC) - age,
    )
    desk.links.put(link)
    return link


async def test_to_connect_is_to_be_asked_for_a_token(pats: Office) -> None:
    [wanted] = await handlers.connect(ConnectAsked(origin=ORIGIN), pats.means)

    assert isinstance(wanted, TokenWanted)
    assert wanted.tokens_url.startswith(f"{pats.address}/secure/ViewProfile.jspa?selectedTab=com.atlassian.pats")
    assert not wanted.resumes
    assert wanted.tenant_id == TENANT_ID


async def test_a_token_is_stored_once_jira_has_said_whose_it_is(pats: Office) -> None:
    await made(pats, user="grace")

    [granted] = await bring(pats)

    assert isinstance(granted, LinkGranted)
    assert (granted.link_id, granted.auth_mode, granted.jira_user.name) == (LINK, "pat", "grace")
    assert granted.access_token == pats.protected(LINK, "access_token", TOKEN)
    assert granted.refresh_token is None
    assert granted.expires_at is None


@pytest.mark.parametrize("token", ["", "wrong", "x" * 3000])
async def test_a_token_that_jira_does_not_know_is_not_stored(pats: Office, token: str) -> None:
    await made(pats)

    [refused] = await bring(pats, token)

    assert isinstance(refused, Refused)
    assert refused.code == "bad_token"
    assert "/secure/ViewProfile.jspa" in (refused.advice or "")
    assert not token or token not in refused.model_dump_json()


async def test_an_expired_token_is_not_stored(pats: Office) -> None:
    await made(pats)
    for one in pats.state.world.personal_access_tokens.values():
        one.expires = pats.state.now()

    [refused] = await bring(pats)

    assert isinstance(refused, Refused)
    assert refused.code == "bad_token"


async def test_a_token_that_does_not_open_is_asked_for_again(pats: Office) -> None:
    asked = TokenBrought(origin=ORIGIN, token="nonsense")

    with pytest.raises(Exception, match="does not open"):
        pats.keys.unseal(asked.token)
    [refused] = await handlers.token_brought(asked, pats.means)

    assert isinstance(refused, Refused)
    assert refused.code == "bad_token"


async def test_a_token_where_jira_is_down_is_tried_again(pats: Office) -> None:
    await made(pats)
    pats.state.faults.append(Fault("/myself", "status", status=503))

    with pytest.raises(JiraUnavailable):
        await bring(pats)


async def test_a_token_for_a_jira_that_takes_none_is_refused(desk: Office) -> None:
    [refused] = await bring(desk)

    assert isinstance(refused, Refused)
    assert (refused.code, refused.tenant_id) == ("invalid", TENANT_ID)
    assert desk.keys.asked == []


async def test_commands_are_carried_out_with_the_token_and_one_question(pats: Office) -> None:
    await linked(pats)
    pats.keys.asked.clear()

    [shown] = await handlers.command(SHOW, pats.means)
    [added] = await handlers.command(COMMENT, pats.means)

    assert isinstance(shown, IssueShown)
    assert isinstance(added, CommentAdded)
    assert pats.state.world.issues["OPS-1"].comments[0].author == "ada"
    assert len(pats.keys.asked) == 1
    assert pats.keys.opened == [], "only key-vault opens it"


async def test_a_revoked_token_ends_the_link_and_asks_for_another(pats: Office) -> None:
    await linked(pats)
    await handlers.command(SHOW, pats.means)
    pats.state.world.personal_access_tokens.clear()

    lost, wanted = await handlers.command(SHOW, pats.means)

    assert lost == LinkLost(origin=ORIGIN, tenant_id=TENANT_ID, link_id=LINK, generation=7, why="revoked")
    assert isinstance(wanted, TokenWanted)
    assert wanted.resumes


async def test_the_command_that_waited_is_carried_out_after_the_token_came(pats: Office) -> None:
    [wanted] = await handlers.command(COMMENT, pats.means)
    assert isinstance(wanted, TokenWanted)
    await made(pats)

    [granted] = await bring(pats, resume=wanted.origin.intent_id)

    assert isinstance(granted, LinkGranted)
    assert granted.resume == WaitingIntent(event_type=COMMENT.event_type(), data=COMMENT.model_dump(mode="json"))


async def test_a_command_that_was_forgotten_meanwhile_is_to_be_sent_again(pats: Office) -> None:
    await handlers.command(COMMENT, pats.means)
    pats.restart()
    await made(pats)

    granted, said = await bring(pats, resume=COMMENT.origin.intent_id)

    assert isinstance(granted, LinkGranted)
    assert granted.resume is None
    assert isinstance(said, Refused)
    assert said.code == "not_resumed"
    assert "again" in (said.advice or "")


async def test_a_message_that_comes_again_after_success_says_nothing_new(pats: Office) -> None:
    await handlers.command(COMMENT, pats.means)
    await linked(pats)

    again = await bring(pats, resume=COMMENT.origin.intent_id)

    assert [type(event) for event in again] == [LinkGranted]


async def test_an_outage_of_key_vault_is_no_reason_to_refuse_a_token(pats: Office) -> None:
    await made(pats)
    pats.keys.outage = Unavailable("key-vault did not answer in time")

    with pytest.raises(Unavailable):
        await bring(pats)


async def test_a_token_goes_to_the_jira_that_is_named(pats: Office) -> None:
    await made(pats)
    here = pats.tenants.tenants[0].model_copy(update={"alias": "eu"})
    there = tenant("http://127.0.0.1:1", tenant_id="t2", alias="us", auth_mode="pat", is_default=True)
    pats.tenants.tenants = [there, here]

    asked = TokenBrought(origin=ORIGIN, token=pats.keys.seal(TOKEN), site="EU")
    [granted] = await handlers.token_brought(asked, pats.means)

    assert isinstance(granted, LinkGranted)
    assert granted.tenant_id == TENANT_ID


@pytest.mark.parametrize(("alias", "written"), [("eu", "on eu connect"), (None, "connect")])
async def test_a_token_where_none_is_taken_is_answered_with_the_way_to_that_jira(
    desk: Office, alias: str | None, written: str
) -> None:
    desk.tenants.tenants = [tenant(desk.address, alias=alias)]

    [refused] = await bring(desk)

    assert isinstance(refused, Refused)
    assert refused.advice == f"To connect, type: {written}"


@pytest.mark.parametrize(("alias", "written"), [("eu", "on eu connect"), (None, "connect")])
async def test_what_key_vault_cannot_use_leads_to_connecting_to_that_jira(
    desk: Office, alias: str | None, written: str
) -> None:
    desk.tenants.tenants = [tenant(desk.address, alias=alias)]
    desk.keys.refusal = KeysRefusal("bad_request", "no")

    [refused] = await handlers.command(SHOW, desk.means)

    assert isinstance(refused, Refused)
    assert refused.advice == f"To connect anew, type: {written}"
