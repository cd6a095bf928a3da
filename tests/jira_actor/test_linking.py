"""Connecting: the dance with the simulated Jira, whose oauthlib checks every step."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.jira_actor.fakes import LINK, ORIGIN, TENANT_ID, Office, tenant

from contracts.jira import AuthorizationPrepared, GrantRefused, LinkGranted
from contracts.outcomes import AuthorizationOffered, Refused
from contracts.registry import LinkCompletionAsked, WaitingIntent
from contracts.teams import ConnectAsked
from devstack.jira.faults import Fault
from jira_actor import handlers
from jira_actor.answers import oauth_problem
from jira_actor.errors import JiraRefused, JiraUnavailable
from jira_actor.http import Answer
from jira_actor.oauth import token_in

CONNECT = ConnectAsked(origin=ORIGIN)


async def offered(desk: Office) -> tuple[AuthorizationPrepared, AuthorizationOffered]:
    prepared, offer = await handlers.connect(CONNECT, desk.means)
    assert isinstance(prepared, AuthorizationPrepared)
    assert isinstance(offer, AuthorizationOffered)
    return prepared, offer


def completion(desk: Office, prepared: AuthorizationPrepared, verifier: str, **other: Any) -> LinkCompletionAsked:
    return LinkCompletionAsked(
        origin=ORIGIN,
        tenant_id=TENANT_ID,
        link_id=LINK,
        request_token=prepared.request_token,
        verifier=desk.keys.seal(verifier),
        **other,
    )


async def press(desk: Office, button: str, token: str) -> dict[str, list[str]]:
    """Be the person in the browser; give the query with which Jira sends the browser back."""
    async with httpx.AsyncClient(base_url=desk.address, trust_env=False) as browser:
        await browser.get("/login", params={"user": "grace"})
        page = await browser.post("/plugins/servlet/oauth/authorize", data={"oauth_token": token, button: "yes"})
    assert page.headers["location"].startswith("https://bridge.example.com/oauth/callback?")
    return parse_qs(urlsplit(page.headers["location"]).query)


async def test_connecting_links_the_person_who_pressed_allow(desk: Office) -> None:
    prepared, offer = await offered(desk)
    token = desk.keys.unseal(prepared.request_token)
    back = await press(desk, "approve", token)

    [granted] = await handlers.complete(completion(desk, prepared, back["oauth_verifier"][0]), desk.means)

    assert isinstance(granted, LinkGranted)
    assert (granted.link_id, granted.jira_user.name, granted.jira_user.display_name) == (LINK, "grace", "Grace Hopper")
    assert granted.access_token.startswith(f"cipher|{TENANT_ID}|{LINK}|access_token|")
    assert granted.token_secret.startswith(f"cipher|{TENANT_ID}|{LINK}|token_secret|")
    assert granted.expires_at is not None
    assert granted.expires_at > datetime.now(UTC) + timedelta(days=1000)
    assert offer.url == f"https://bridge.example.com/connect?oauth_token={token}"


async def test_the_registry_finds_the_pending_link_by_the_hash_of_its_token(desk: Office) -> None:
    prepared, offer = await offered(desk)

    token = parse_qs(urlsplit(offer.url).query)["oauth_token"][0]
    assert prepared.lookup == hashlib.sha256(token.encode()).hexdigest()
    assert token not in prepared.model_dump_json()
    assert prepared.request_token.startswith(f"sealed:{TENANT_ID}:"), "for this tenant alone"


async def test_the_waiting_command_travels_along(desk: Office) -> None:
    prepared, _ = await offered(desk)
    back = await press(desk, "approve", desk.keys.unseal(prepared.request_token))
    waiting = WaitingIntent(event_type="bridge.show-asked.v1", data={"issue": "OPS-1"})

    asked = completion(desk, prepared, back["oauth_verifier"][0], resume=waiting)
    [granted] = await handlers.complete(asked, desk.means)

    assert isinstance(granted, LinkGranted)
    assert granted.resume == waiting


async def test_a_permission_works_once(desk: Office) -> None:
    prepared, _ = await offered(desk)
    back = await press(desk, "approve", desk.keys.unseal(prepared.request_token))
    asked = completion(desk, prepared, back["oauth_verifier"][0])
    await handlers.complete(asked, desk.means)

    assert "answered already" in await why_not(asked, desk)


async def test_a_denied_permission_links_nobody(desk: Office) -> None:
    prepared, _ = await offered(desk)
    back = await press(desk, "deny", desk.keys.unseal(prepared.request_token))

    assert "did not allow it" in await why_not(completion(desk, prepared, back["oauth_verifier"][0]), desk)


async def test_a_wrong_verifier_links_nobody(desk: Office) -> None:
    prepared, _ = await offered(desk)
    await press(desk, "approve", desk.keys.unseal(prepared.request_token))

    assert "no longer knows" in await why_not(completion(desk, prepared, "guessed"), desk)


async def test_an_expired_question_links_nobody(desk: Office) -> None:
    prepared, _ = await offered(desk)
    back = await press(desk, "approve", desk.keys.unseal(prepared.request_token))
    for token in desk.state.world.request_tokens.values():
        token.issued -= timedelta(hours=1)

    assert "ten minutes" in await why_not(completion(desk, prepared, back["oauth_verifier"][0]), desk)


async def test_connecting_without_an_application_link_is_refused_with_advice(desk: Office) -> None:
    desk.state.world.consumers.clear()

    [refused] = await handlers.connect(CONNECT, desk.means)

    assert isinstance(refused, Refused)
    assert refused.code == "consumer_key_unknown"
    assert "Jira administrator" in (refused.advice or "")


async def test_connecting_to_a_jira_that_is_down_is_tried_again(desk: Office) -> None:
    desk.state.faults.append(Fault("request-token", "status", status=502))

    with pytest.raises(JiraUnavailable):
        await handlers.connect(CONNECT, desk.means)


async def test_a_tenant_that_is_gone_links_nobody(desk: Office) -> None:
    prepared, _ = await offered(desk)
    desk.tenants.tenants = [tenant(desk.address, tenant_id="another")]

    [refused] = await handlers.complete(completion(desk, prepared, "any"), desk.means)

    assert isinstance(refused, Refused)
    assert refused.code == "not_registered"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>log in</html>",
        b"oauth_token=",
        b"oauth_token_secret=x",
        b"oauth_token=a&oauth_token=b&oauth_token_secret=c",
        b"oauth_token=" + b"a" * 3000,
        "oauth_token=ü".encode(),
        b"oauth_token=a&&b",
    ],
)
def test_a_form_that_is_not_exactly_a_token_is_none(body: bytes) -> None:
    with pytest.raises(JiraRefused):
        token_in(Answer(200, {"content-type": "text/plain"}, body))


def test_a_token_does_not_show_in_what_may_be_logged() -> None:
    assert "abc" not in repr(token_in(Answer(200, {}, b"oauth_token=abc&oauth_token_secret=def")))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {"www-authenticate": 'OAuth realm="x", oauth_problem="token_rejected"'}),
        Answer(401, {"www-authenticate": "OAuth realm=x, oauth_problem=token_rejected"}),
        Answer(401, {"content-type": "text/plain"}, b"oauth_problem=token_rejected&oauth_problem_advice=x"),
    ],
)
def test_jiras_oauth_problem_is_found_in_all_its_places(answer: Answer) -> None:
    assert oauth_problem(answer) == "token_rejected"


async def why_not(asked: LinkCompletionAsked, desk: Office) -> str:
    """Give what the registry is told: only it knows whether this came again after success."""
    [refused] = await handlers.complete(asked, desk.means)
    assert isinstance(refused, GrantRefused), refused
    assert (refused.tenant_id, refused.lookup) == (TENANT_ID, "")
    return refused.why
