"""Taking back in Jira what made a link that its person ended: as far as Jira has a call for it, and no further."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.jira_actor.fakes import ADA, CLIENT, LINK, ORIGIN, TEAMS_TENANT, TENANT_ID, Office, tenant
from tests.jira_actor.test_oauth2 import linked as linked_oauth2

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.jira import RevocationTried
from contracts.registry import AccountLink, RevocationAsked
from devstack.jira.faults import Fault
from jira_actor import revoking, words
from jira_actor.errors import JiraUnavailable

TOKEN = "NjI1MTQ1NzU0NTk2OnB/+canary"
TOKENS = "/rest/pat/latest/tokens"
TOKEN_ENDPOINT = "/rest/oauth2/latest/token"


@pytest.fixture
async def pats(desk: Office) -> Office:
    """An office whose Ada made a personal access token, which Bridge had."""
    desk.authenticate_by("pat")
    await made(desk, TOKEN)
    return desk


@pytest.fixture
async def oauth2(desk: Office) -> Office:
    """An office whose Jira has an incoming link for Bridge."""
    desk.authenticate_by("oauth2")
    return desk


async def made(desk: Office, token: str, user: str = "ada") -> None:
    async with httpx.AsyncClient(base_url=desk.address, trust_env=False) as browser:
        await browser.post("/_control/personal-access-tokens", json={"user": user, "token": token})
    desk.state.requests.clear()


def asked(desk: Office, **more: Any) -> RevocationAsked:
    facts: dict[str, Any] = {
        "revocation_id": f"unlinked:intent-1:{TENANT_ID}",
        "tenant_id": TENANT_ID,
        "link_id": LINK,
        "auth_mode": "pat",
        "generation": 7,
        "token": desk.protected(LINK, "access_token", TOKEN),
        "origin": ORIGIN,
    }
    return RevocationAsked.model_validate({**facts, **more})


async def of_oauth2(desk: Office) -> RevocationAsked:
    """Connect Ada and disconnect her."""
    link = await linked_oauth2(desk)
    desk.links.drop(LINK)
    desk.state.requests.clear()
    return asked(desk, auth_mode="oauth2", generation=link.generation, token=link.refresh_token)


def linked_anew(desk: Office, generation: int) -> None:
    desk.links.put(
        AccountLink(
            link_id=LINK,
            tenant_id=TENANT_ID,
            teams_tenant=TEAMS_TENANT,
            user=ADA,
            jira_user="ada",
            auth_mode="pat",
            access_token=desk.protected(LINK, "access_token", TOKEN),
            generation=generation,
            linked_at=datetime.now(UTC),
        )
    )


async def outcome(desk: Office, event: RevocationAsked) -> str:
    tried = await revoking.revoke(event, desk.means)
    assert tried is not None
    return tried.outcome


def calls(desk: Office) -> list[tuple[str, str]]:
    return [(one["method"], one["path"]) for one in desk.state.requests]


async def test_the_only_token_of_a_person_is_deleted_with_itself(pats: Office) -> None:
    [only] = pats.state.world.personal_access_tokens
    event = asked(pats)

    tried = await revoking.revoke(event, pats.means)

    assert tried == RevocationTried(
        revocation_id=event.revocation_id, tenant_id=TENANT_ID, auth_mode="pat", outcome="revoked", origin=ORIGIN
    )
    assert calls(pats) == [("GET", TOKENS), ("DELETE", f"{TOKENS}/{only}")]
    assert {one["headers"]["authorization"] for one in pats.state.requests} == {"Bearer ***"}
    assert pats.state.world.personal_access_tokens == {}
    assert TOKEN not in tried.model_dump_json()


async def test_tokens_of_others_do_not_count(pats: Office) -> None:
    await made(pats, "of-grace", "grace")

    assert await outcome(pats, asked(pats)) == "revoked"
    assert [one.user for one in pats.state.world.personal_access_tokens.values()] == ["grace"]


async def test_of_several_tokens_none_is_deleted_for_jira_does_not_say_which_was_ours(pats: Office) -> None:
    await made(pats, "another")

    assert await outcome(pats, asked(pats)) == "several_tokens"
    assert len(pats.state.world.personal_access_tokens) == 2
    assert calls(pats) == [("GET", TOKENS)]


async def test_the_same_message_again_finds_the_token_gone_and_deletes_no_newer_one(pats: Office) -> None:
    assert await outcome(pats, asked(pats)) == "revoked"
    await made(pats, "a-newer-one")

    assert await outcome(pats, asked(pats)) == "already_gone"
    assert len(pats.state.world.personal_access_tokens) == 1


async def test_a_deletion_whose_answer_was_lost_and_that_is_sent_again_finds_the_token_gone(pats: Office) -> None:
    pats.state.faults.append(Fault(f"{TOKENS}/", "lost_answer", method="DELETE"))

    assert await outcome(pats, asked(pats)) == "already_gone"
    assert pats.state.world.personal_access_tokens == {}


async def test_a_token_with_which_the_person_connected_again_stays(pats: Office) -> None:
    linked_anew(pats, generation=8)

    assert await outcome(pats, asked(pats)) == "in_use"
    assert len(pats.state.world.personal_access_tokens) == 1


async def test_the_ended_link_in_a_view_that_is_behind_is_no_new_one(pats: Office) -> None:
    linked_anew(pats, generation=7)

    assert await outcome(pats, asked(pats)) == "revoked"


async def test_a_proxy_that_lets_nobody_in_does_not_mean_that_the_token_is_gone(pats: Office) -> None:
    pats.state.faults.append(Fault("/rest", "status", times=None, status=401))

    with pytest.raises(JiraUnavailable):
        await revoking.revoke(asked(pats), pats.means)


@pytest.mark.parametrize("answer", [[], [{"id": "../7"}], [{"id": -7}], {"id": 7}, [{"name": "bridge"}]])
async def test_a_list_that_is_not_understood_deletes_nothing(pats: Office, answer: object) -> None:
    pats.state.faults.append(Fault(TOKENS, "status", status=200, body=answer))

    assert await outcome(pats, asked(pats)) == "refused"
    assert calls(pats) == [("GET", TOKENS)]


async def test_a_jira_that_forbids_it_is_a_refusal_and_an_outage_is_tried_again(pats: Office) -> None:
    pats.state.faults.append(Fault(TOKENS, "status", status=403))
    assert await outcome(pats, asked(pats)) == "refused"

    pats.state.faults[:] = [Fault(TOKENS, "status", status=503)]
    with pytest.raises(JiraUnavailable):
        await revoking.revoke(asked(pats), pats.means)


async def test_an_exchanged_refresh_token_makes_all_that_was_stored_worthless(oauth2: Office) -> None:
    event = await of_oauth2(oauth2)

    assert await outcome(oauth2, event) == "revoked"

    [sent] = oauth2.sent("POST", TOKEN_ENDPOINT)
    assert calls(oauth2) == [("POST", TOKEN_ENDPOINT)]
    assert "authorization" not in sent["headers"]
    assert await outcome(oauth2, event) == "already_gone", "Jira gives nothing more for it"
    assert oauth2.published == [], "what came back is stored nowhere"


async def test_the_old_tokens_are_refused_by_jira(oauth2: Office) -> None:
    link = await linked_oauth2(oauth2)
    event = asked(oauth2, auth_mode="oauth2", generation=link.generation, token=link.refresh_token)
    access = oauth2.keys.unseal(link.access_token.rpartition("|")[2])
    async with httpx.AsyncClient(base_url=oauth2.address, trust_env=False) as thief:
        headers = {"Authorization": f"Bearer {access}", "X-Atlassian-Token": "no-check", "User-Agent": "Bridge"}
        before = await thief.get("/rest/api/2/myself", headers=headers)
        await revoking.revoke(event, oauth2.means)
        after = await thief.get("/rest/api/2/myself", headers=headers)

    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_new_connection_over_oauth_2_goes_on(oauth2: Office) -> None:
    event = await of_oauth2(oauth2)
    newer = await linked_oauth2(oauth2)

    assert await outcome(oauth2, event) == "revoked"
    assert await outcome(oauth2, asked(oauth2, auth_mode="oauth2", token=newer.refresh_token)) == "revoked"


async def test_a_client_that_jira_no_longer_knows_is_a_refusal(oauth2: Office) -> None:
    event = await of_oauth2(oauth2)
    del oauth2.state.world.oauth2_clients[CLIENT.id]

    assert await outcome(oauth2, event) == "refused"


async def test_a_jira_that_gives_the_same_refresh_token_back_has_revoked_nothing(oauth2: Office) -> None:
    event = await of_oauth2(oauth2)
    oauth2.state.faults.append(Fault(TOKEN_ENDPOINT, "status", status=200, body={"access_token": "new"}))

    assert await outcome(oauth2, event) == "refused"


async def test_in_a_suspended_jira_nothing_is_done(pats: Office) -> None:
    pats.tenants.tenants = [tenant(pats.address, auth_mode="pat", state="suspended")]

    assert await outcome(pats, asked(pats)) == "suspended"
    assert calls(pats) == []


@pytest.mark.parametrize("state", ["pending", "failed"])
async def test_a_jira_without_green_checks_gets_no_token_yet(pats: Office, state: str) -> None:
    pats.tenants.tenants = [tenant(pats.address, auth_mode="pat", state=state)]

    with pytest.raises(Unavailable):
        await revoking.revoke(asked(pats), pats.means)
    assert calls(pats) == []
    assert pats.keys.opened == []


async def test_of_an_erased_jira_nothing_is_said(pats: Office) -> None:
    pats.tenants.tenants = []

    assert await revoking.revoke(asked(pats), pats.means) is None
    assert calls(pats) == []


async def test_what_key_vault_no_longer_opens_is_a_refusal(pats: Office) -> None:
    pats.keys.refusal = KeysRefusal("keys_destroyed", "no")
    assert await outcome(pats, asked(pats)) == "refused"

    pats.keys.refusal = None
    assert await outcome(pats, asked(pats, link_id="t1:somebody-else")) == "refused", "bound to its link"
    assert calls(pats) == []


def test_what_is_given_up_is_told_to_the_registry_and_no_delay_to_anybody(pats: Office) -> None:
    event, now = asked(pats), datetime.now(UTC)

    given_up = words.given_up(event, now)

    assert isinstance(given_up, RevocationTried)
    assert (given_up.outcome, given_up.revocation_id) == ("unreachable", event.revocation_id)
    assert words.delayed(event, now) is None


async def test_whom_bridge_forgot_is_not_named_by_what_came_of_it(pats: Office) -> None:
    tried = await revoking.revoke(asked(pats, origin=None), pats.means)

    assert tried is not None
    assert tried.origin is None
    assert ADA not in tried.model_dump_json()
