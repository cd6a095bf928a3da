"""OAuth 2.0: connecting and refreshing with the simulated Jira, whose authlib checks every step."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from tests.jira_actor.browser import press
from tests.jira_actor.fakes import ADA, CLIENT, LINK, ORIGIN, REACH, TEAMS_TENANT, TENANT_ID, LinksInMemory, Office

from chassis.errors import Unavailable
from contracts.event import Event
from contracts.jira import AuthorizationPrepared, GrantHeld, GrantRefused, LinkLost, LinkRefreshed
from contracts.outcomes import AuthorizationOffered, IssueShown, Refused
from contracts.registry import AccountLink, CodeExchangeAsked, CommandResumed, WaitingIntent
from contracts.teams import ConnectAsked, ShowAsked
from devstack.jira.faults import Fault
from jira_actor import handlers, words
from jira_actor.bearers import Caller
from jira_actor.errors import JiraUnavailable
from jira_actor.site import site_of

CONNECT = ConnectAsked(origin=ORIGIN)
SHOW = ShowAsked(origin=ORIGIN, issue="OPS-1")
TOKEN = "/rest/oauth2/latest/token"


@pytest.fixture
async def oauth2(desk: Office) -> Office:
    """An office whose Jira is of version 10 and has an incoming link for Bridge."""
    desk.authenticate_by("oauth2")
    return desk


async def offered(desk: Office) -> tuple[AuthorizationPrepared, str]:
    """Begin to connect; give what the registry keeps, and the state that only the person's link carries."""
    prepared, offer = await handlers.connect(CONNECT, desk.means)
    assert isinstance(prepared, AuthorizationPrepared)
    assert isinstance(offer, AuthorizationOffered)
    url = urlsplit(offer.url)
    assert url.path == "/connect"
    return prepared, parse_qs(url.query)["state"][0]


async def allowed(desk: Office, button: str = "approve") -> CodeExchangeAsked:
    """Be the person, then the registry, which has the code sealed."""
    prepared, state = await offered(desk)
    back = await press(desk.address, button, f"{prepared.authorize_url}&{urlencode({'state': state})}")
    assert back["state"] == state
    return CodeExchangeAsked(
        origin=ORIGIN,
        tenant_id=TENANT_ID,
        link_id=LINK,
        lookup=prepared.lookup,
        code=desk.keys.seal(back["code"]),
        code_verifier=prepared.code_verifier or "",
    )


async def linked(desk: Office, age: timedelta = timedelta(days=1)) -> AccountLink:
    """Connect Ada; `age` is how long ago that was."""
    held = await handlers.exchange_code(await allowed(desk), desk.means)
    assert isinstance(held, GrantHeld), held
    link = AccountLink(
        link_id=LINK,
        tenant_id=TENANT_ID,
        teams_tenant=TEAMS_TENANT,
        user=ADA,
        jira_user=held.jira_user.name,
        auth_mode="oauth2",
        access_token=held.access_token,
        refresh_token=held.refresh_token,
        generation=1_000,
        linked_at=datetime.now(UTC) - age,
        expires_at=held.expires_at,
    )
    desk.links.put(link)
    return link


def expire(desk: Office, link: AccountLink) -> AccountLink:
    """Let the access token end, as Jira and the registry see it."""
    for pair in desk.state.world.oauth2_tokens.values():
        pair.access_expires = desk.state.now()
    ended = link.model_copy(update={"expires_at": datetime.now(UTC)})
    desk.links.put(ended)
    return ended


def stored(fact: Event, link: AccountLink) -> AccountLink:
    """Be the registry: keep the tokens that Jira rotated."""
    assert isinstance(fact, LinkRefreshed)
    tokens = fact.model_dump(include={"access_token", "refresh_token", "expires_at", "generation"})
    return link.model_copy(update=tokens)


async def show(desk: Office) -> list[Event]:
    return await handlers.command(SHOW, desk.means)


async def test_the_way_to_jira_names_bridge_and_its_challenge_but_neither_state_nor_secret(oauth2: Office) -> None:
    prepared, state = await offered(oauth2)

    url = prepared.authorize_url or ""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{oauth2.address}/rest/oauth2/latest/authorize?")
    assert asked.keys() == {
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "code_challenge",
        "code_challenge_method",
    }
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT.id, CLIENT.redirect_url)
    assert (asked["scope"], asked["code_challenge_method"]) == ("WRITE", "S256")
    assert prepared.lookup == hashlib.sha256(state.encode()).hexdigest()
    assert prepared.request_token == ""
    told = prepared.model_dump_json()
    assert state not in told
    assert CLIENT.secret not in told
    assert oauth2.keys.unseal(prepared.code_verifier or "") not in told
    assert len(state) >= 43
    assert (prepared.code_verifier or "").startswith(f"sealed:{TENANT_ID}:"), "for this tenant alone"


async def test_no_two_connections_share_their_state_or_their_verifier(oauth2: Office) -> None:
    begun = [await offered(oauth2) for _ in range(5)]

    assert len({state for _, state in begun}) == 5
    assert len({prepared.code_verifier for prepared, _ in begun}) == 5


async def test_a_code_becomes_tokens_that_are_held_as_ciphertexts(oauth2: Office) -> None:
    held = await handlers.exchange_code(await allowed(oauth2), oauth2.means)

    assert isinstance(held, GrantHeld), held
    assert (held.link_id, held.jira_user.display_name) == (LINK, "Ada Lovelace")
    assert held.access_token.startswith(f"cipher|{TENANT_ID}|{LINK}|access_token|")
    assert (held.refresh_token or "").startswith(f"cipher|{TENANT_ID}|{LINK}|refresh_token|")
    assert held.expires_at is not None
    assert timedelta(minutes=55) < held.expires_at - datetime.now(UTC) <= timedelta(hours=1)


async def test_a_code_works_once(oauth2: Office) -> None:
    asked = await allowed(oauth2)
    await handlers.exchange_code(asked, oauth2.means)

    refused = await handlers.exchange_code(asked, oauth2.means)

    assert isinstance(refused, GrantRefused)
    assert refused.lookup == asked.lookup
    assert "used already" in refused.why


async def test_a_code_that_is_too_old_gives_no_grant(oauth2: Office) -> None:
    oauth2.state.oauth2.code_lifetime = timedelta()

    assert isinstance(await handlers.exchange_code(await allowed(oauth2), oauth2.means), GrantRefused)


async def test_a_code_with_the_verifier_of_another_connection_gives_no_grant(oauth2: Office) -> None:
    asked = await allowed(oauth2)
    other, _ = await offered(oauth2)

    mixed = asked.model_copy(update={"code_verifier": other.code_verifier})

    assert isinstance(await handlers.exchange_code(mixed, oauth2.means), GrantRefused)


async def test_a_wrong_client_secret_is_told_in_words(oauth2: Office) -> None:
    asked = await allowed(oauth2)
    oauth2.state.world.oauth2_clients[CLIENT.id] = replace(CLIENT, secret="changed")

    refused = await handlers.exchange_code(asked, oauth2.means)

    assert isinstance(refused, GrantRefused)
    assert "client secret" in refused.why


async def test_a_code_that_does_not_open_gives_no_grant(oauth2: Office) -> None:
    asked = (await allowed(oauth2)).model_copy(update={"code": "nonsense"})

    assert isinstance(await handlers.exchange_code(asked, oauth2.means), GrantRefused)


async def test_a_jira_that_is_down_is_asked_again_for_the_tokens(oauth2: Office) -> None:
    asked = await allowed(oauth2)
    oauth2.state.faults.append(Fault("oauth2/latest/token", "status", status=502))

    with pytest.raises(JiraUnavailable):
        await handlers.exchange_code(asked, oauth2.means)
    assert isinstance(await handlers.exchange_code(asked, oauth2.means), GrantHeld)


async def test_nobody_is_told_of_a_code_that_waits_for_a_slow_jira(oauth2: Office) -> None:
    asked = await allowed(oauth2)

    assert words.delayed(asked, datetime.now(UTC)) is None
    assert words.given_up(asked, datetime.now(UTC)) is None
    assert words.delayed(SHOW, datetime.now(UTC)) is not None


async def test_one_question_to_key_vault_serves_many_commands(oauth2: Office) -> None:
    await linked(oauth2)

    for _ in range(3):
        [shown] = await show(oauth2)
        assert isinstance(shown, IssueShown)

    assert len(oauth2.keys.asked) == 1


async def test_a_link_that_went_is_forgotten_at_once(oauth2: Office) -> None:
    await linked(oauth2)
    await show(oauth2)

    oauth2.links.drop(LINK)
    before = len(oauth2.state.requests)
    prepared, _ = await show(oauth2)

    assert isinstance(prepared, AuthorizationPrepared)
    assert len(oauth2.state.requests) == before, "nothing was sent with what was held"


async def test_a_link_that_was_made_anew_is_asked_for_anew(oauth2: Office) -> None:
    link = await linked(oauth2)
    await show(oauth2)

    oauth2.links.put(link.model_copy(update={"generation": link.generation + 1}))
    await show(oauth2)

    assert len(oauth2.keys.asked) == 2


async def test_a_value_is_not_used_in_its_last_minute(oauth2: Office) -> None:
    link = await linked(oauth2)
    oauth2.links.put(link.model_copy(update={"expires_at": datetime.now(UTC) + timedelta(seconds=60.5)}))
    await show(oauth2)

    await asyncio.sleep(0.6)
    [shown] = await show(oauth2)

    assert isinstance(shown, IssueShown)
    assert [type(fact) for fact in oauth2.published] == [LinkRefreshed]


async def test_an_expired_token_is_refreshed_and_stored_before_it_is_used(oauth2: Office) -> None:
    link = expire(oauth2, await linked(oauth2))

    [shown] = await show(oauth2)

    assert isinstance(shown, IssueShown)
    assert oauth2.sent_before == [len(oauth2.state.requests) - 1]
    [fact] = oauth2.published
    assert isinstance(fact, LinkRefreshed)
    assert (fact.link_id, fact.generation, fact.tenant_id) == (LINK, link.generation + 1, TENANT_ID)
    assert fact.access_token.startswith(f"cipher|{TENANT_ID}|{LINK}|access_token|")
    assert fact.refresh_token.startswith(f"cipher|{TENANT_ID}|{LINK}|refresh_token|")
    assert fact.refresh_token != link.refresh_token
    assert timedelta(minutes=55) < fact.expires_at - datetime.now(UTC) <= timedelta(hours=1)


async def test_what_was_refreshed_is_used_until_the_view_has_it_and_after(oauth2: Office) -> None:
    link = expire(oauth2, await linked(oauth2))
    for _ in range(3):
        await show(oauth2)

    oauth2.links.put(stored(oauth2.published[0], link))
    [shown] = await show(oauth2)

    assert isinstance(shown, IssueShown)
    assert len(oauth2.published) == 1
    assert len(oauth2.sent("POST", TOKEN)) == 2, "one for the code, one to refresh"


async def test_the_refreshed_token_is_refreshed_in_its_turn(oauth2: Office) -> None:
    link = expire(oauth2, await linked(oauth2))
    await show(oauth2)
    link = expire(oauth2, stored(oauth2.published[0], link))
    oauth2.links.put(link.model_copy(update={"generation": link.generation}))
    oauth2.restart()

    [shown] = await show(oauth2)

    assert isinstance(shown, IssueShown)
    assert [fact.generation for fact in oauth2.published if isinstance(fact, LinkRefreshed)] == [1_001, 1_002]


async def test_many_commands_at_one_time_refresh_once(oauth2: Office) -> None:
    expire(oauth2, await linked(oauth2))

    answers = await asyncio.gather(*(show(oauth2) for _ in range(8)))

    assert all(isinstance(shown, IssueShown) for [shown] in answers)
    assert len(oauth2.published) == 1


async def test_a_token_that_jira_ended_early_is_refreshed_after_one_401(oauth2: Office) -> None:
    await linked(oauth2)
    await show(oauth2)
    for pair in oauth2.state.world.oauth2_tokens.values():
        pair.access_expires = oauth2.state.now()

    [shown] = await show(oauth2)

    assert isinstance(shown, IssueShown)
    assert len(oauth2.published) == 1


async def test_tokens_that_could_not_be_stored_are_stored_by_the_next_attempt(oauth2: Office) -> None:
    """Jira has forgotten the old ones: what it gave must not be lost while this process lives."""
    expire(oauth2, await linked(oauth2))
    oauth2.kafka_is_down = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            await show(oauth2)
    oauth2.kafka_is_down = False
    oauth2.keys.outage = Unavailable("key-vault did not answer in time")
    with pytest.raises(Unavailable):
        await show(oauth2)

    [shown] = await show(oauth2)

    assert isinstance(shown, IssueShown)
    assert len(oauth2.published) == 1
    assert len(oauth2.sent("POST", TOKEN)) == 2, "one for the code, one to refresh"


async def test_a_revoked_permission_ends_the_link_and_offers_one_card(oauth2: Office) -> None:
    link = await linked(oauth2)
    await show(oauth2)
    await control(oauth2, "/tokens/revoke", {"user": "ada"})

    lost, prepared, offer = await show(oauth2)

    assert lost == LinkLost(origin=ORIGIN, tenant_id=TENANT_ID, link_id=LINK, generation=link.generation, why="revoked")
    assert isinstance(prepared, AuthorizationPrepared)
    assert isinstance(offer, AuthorizationOffered)
    assert offer.resumes


async def test_a_permission_that_slept_for_ninety_days_has_expired(oauth2: Office) -> None:
    link = await linked(oauth2, age=timedelta(days=100))
    oauth2.links.put(link.model_copy(update={"expires_at": datetime.now(UTC) - timedelta(days=90)}))
    await control(oauth2, "/tokens/expire", {"kind": "oauth2-refresh"})

    lost, *_ = await show(oauth2)

    assert isinstance(lost, LinkLost)
    assert lost.why == "expired"


async def test_a_link_that_was_just_made_is_not_given_up(oauth2: Office) -> None:
    """Key-vault may still answer with the one that was here before it."""
    await linked(oauth2, age=timedelta())
    await control(oauth2, "/tokens/revoke", {"user": "ada"})

    prepared, _ = await show(oauth2)

    assert isinstance(prepared, AuthorizationPrepared)


async def test_a_link_that_another_replica_refreshed_is_not_given_up(oauth2: Office) -> None:
    link = expire(oauth2, await linked(oauth2))
    await show(oauth2)
    elsewhere, oauth2.published[:] = stored(oauth2.published[0], link), []
    oauth2.restart()
    late = asyncio.get_running_loop().call_later(0.2, oauth2.links.put, elsewhere)

    with pytest.raises(Unavailable, match="another replica"):
        await show(oauth2)
    late.cancel()
    [shown] = await show(oauth2)

    assert isinstance(shown, IssueShown)
    assert oauth2.published == []


async def test_a_key_vault_that_is_behind_is_asked_again(oauth2: Office) -> None:
    link = await linked(oauth2)
    expire(oauth2, link)
    await show(oauth2)
    fresh = stored(oauth2.published[0], link)
    oauth2.links.put(fresh)
    oauth2.keys.links = LinksInMemory()
    oauth2.keys.links.put(link)  # whose access token Jira no longer knows
    oauth2.keys.news.append(fresh)
    oauth2.restart()

    [shown] = await show(oauth2)

    assert isinstance(shown, IssueShown)
    assert len(oauth2.published) == 1, "nothing was refreshed a second time"


async def test_a_proxy_that_lets_nobody_in_costs_nobody_his_link(oauth2: Office) -> None:
    await linked(oauth2)
    await show(oauth2)
    oauth2.state.faults.append(Fault("/rest/", "status", status=401, body={"message": "log in"}, times=None))

    with pytest.raises(JiraUnavailable):
        await show(oauth2)

    assert oauth2.published == []


async def test_a_call_that_is_refused_with_401_alone_does_not_touch_the_token(oauth2: Office) -> None:
    await linked(oauth2)
    await show(oauth2)
    oauth2.state.faults.append(Fault("/issue/OPS-1", "status", status=401))

    [refused] = await show(oauth2)

    assert isinstance(refused, Refused)
    assert refused.code == "forbidden"
    assert oauth2.published == []


async def test_a_changed_client_secret_refuses_in_words_and_keeps_the_link(oauth2: Office) -> None:
    expire(oauth2, await linked(oauth2))
    oauth2.state.world.oauth2_clients[CLIENT.id] = replace(CLIENT, secret="changed")

    [refused] = await show(oauth2)

    assert isinstance(refused, Refused)
    assert refused.code == "invalid_client"
    assert oauth2.published == []


async def test_a_refresh_token_that_key_vault_cannot_open_is_told_in_words(oauth2: Office) -> None:
    link = expire(oauth2, await linked(oauth2))
    oauth2.links.put(link.model_copy(update={"refresh_token": "ciphertext of another place"}))

    [refused] = await show(oauth2)

    assert isinstance(refused, Refused)
    assert (refused.code, refused.tenant_id) == ("link_failed", TENANT_ID)


async def test_a_resumed_command_waits_until_the_new_link_is_known(oauth2: Office) -> None:
    waiting = WaitingIntent(event_type=SHOW.event_type(), data=SHOW.model_dump(mode="json"))

    with pytest.raises(Unavailable):
        await handlers.resumed(CommandResumed(origin=ORIGIN, waiting=waiting), oauth2.means)


async def test_a_link_of_another_kind_is_none(oauth2: Office) -> None:
    link = await linked(oauth2)
    oauth2.links.put(link.model_copy(update={"auth_mode": "oauth1"}))

    prepared, _ = await show(oauth2)

    assert isinstance(prepared, AuthorizationPrepared)


async def test_no_token_shows_in_what_may_be_logged(oauth2: Office, caplog: pytest.LogCaptureFixture) -> None:
    link = expire(oauth2, await linked(oauth2))
    [registered] = oauth2.tenants.tenants
    caller = Caller(registered, site_of(registered, REACH), LINK, ORIGIN)
    bearer = await oauth2.means.bearers.of(caller)
    token = bearer.value.removeprefix("Bearer ")

    assert token
    for text in (repr(bearer), repr(link), caplog.text, repr(oauth2.means.bearers)):
        assert token not in text


async def control(desk: Office, path: str, body: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=desk.address, trust_env=False) as browser:
        assert (await browser.post(f"/_control{path}", json=body)).status_code < 300
