import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr
from tests.bot_gateway.fakes import APP_ID, ISSUER, SERVICE_URL, TENANT, origin

from bot_gateway.connector import BotAccount, Patience, Teams
from bot_gateway.http import Http
from bot_gateway.service_urls import ServiceUrls
from bot_gateway.teams_errors import TeamsRefused, TeamsUnavailable
from contracts.event import Conversation

SECRET = "the-bots-secret"
ACCOUNT = BotAccount(
    app_id=APP_ID,
    secret=SecretStr(SECRET),
    token_url="https://login.example/tenant/oauth2/v2.0/token",
    scope="https://api.botframework.com/.default",
    issuer=ISSUER,
    openid_metadata_url="https://login.example/openid",
)
CHAT = Conversation(conversation_id="a:1/2 3;x=ü", service_url=SERVICE_URL, teams_tenant=TENANT)
QUICK = Patience(attempts=3, first=timedelta(milliseconds=2), longest=timedelta(seconds=2))
BLOCKED = {"errorCode": 209, "message": json.dumps({"subCode": "MessageWritesBlocked", "details": "x"})}


@dataclass
class Microsoft:
    """Answers the next calls of each kind as told, and then well; remembers what it was asked."""

    answers: list[httpx.Response | Exception] = field(default_factory=list)
    token_answers: list[httpx.Response | Exception] = field(default_factory=list)
    openid: Mapping[str, Any] = field(
        default_factory=lambda: {"issuer": ISSUER, "jwks_uri": "https://login.example/keys"}
    )
    keys: Any = field(default_factory=lambda: {"keys": [{"kid": "1"}, 7]})
    calls: list[httpx.Request] = field(default_factory=list)
    token_calls: list[httpx.Request] = field(default_factory=list)
    life: int = 3600

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if request.url.path == "/openid":
            return httpx.Response(200, json=self.openid)
        if request.url.path == "/keys":
            return httpx.Response(200, json=self.keys)
        if request.url.host == "login.example":
            self.token_calls.append(request)
            return given(self.token_answers) or httpx.Response(
                200, json={"token_type": "Bearer", "expires_in": self.life, "access_token": f"t{len(self.token_calls)}"}
            )
        self.calls.append(request)
        return given(self.answers) or httpx.Response(201, json={"id": "new"}, headers={"MS-CV": "abc.1"})

    def body(self) -> Any:
        """Give the JSON of the last call."""
        return json.loads(self.calls[-1].content)


def given(answers: list[httpx.Response | Exception]) -> httpx.Response | None:
    answer = answers.pop(0) if answers else None
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture
def microsoft() -> Microsoft:
    return Microsoft()


@pytest.fixture
def teams(microsoft: Microsoft) -> Teams:
    return Teams(ACCOUNT, ServiceUrls(("smba.trafficmanager.net",)), Http(httpx.MockTransport(microsoft)), QUICK)


async def test_a_reply_is_posted_with_the_bots_token_and_encoded_ids(teams: Teams, microsoft: Microsoft) -> None:
    assert await teams.post(CHAT, {"type": "message", "text": "x"}, reply_to="17") == "new"

    (call,) = microsoft.calls
    assert call.url.raw_path == b"/emea/v3/conversations/a%3A1%2F2%203%3Bx%3D%C3%BC/activities"
    assert call.headers["authorization"] == "Bearer t1"
    assert microsoft.body() == {"type": "message", "text": "x", "replyToId": "17"}


async def test_the_token_is_asked_for_as_microsoft_documents_it(teams: Teams, microsoft: Microsoft) -> None:
    await teams.post(CHAT, {"type": "message"})

    (call,) = microsoft.token_calls
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(call.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": [APP_ID],
        "client_secret": [SECRET],
        "scope": ["https://api.botframework.com/.default"],
    }
    assert SECRET not in str(call.url)


async def test_one_token_serves_many_calls_even_at_once(teams: Teams, microsoft: Microsoft) -> None:
    await asyncio.gather(*(teams.post(CHAT, {"type": "message"}) for _ in range(5)))

    assert len(microsoft.token_calls) == 1


async def test_a_token_about_to_expire_is_renewed(teams: Teams, microsoft: Microsoft) -> None:
    microsoft.life = 299
    await teams.post(CHAT, {"type": "message"})
    await teams.post(CHAT, {"type": "message"})

    assert len(microsoft.token_calls) == 2


async def test_a_token_no_longer_accepted_is_renewed_once(teams: Teams, microsoft: Microsoft) -> None:
    microsoft.answers = [httpx.Response(401)]
    assert await teams.post(CHAT, {"type": "message"}) == "new"
    assert [call.headers["authorization"] for call in microsoft.calls] == ["Bearer t1", "Bearer t2"]

    microsoft.answers = [httpx.Response(401), httpx.Response(401)]
    with pytest.raises(TeamsUnavailable):
        await teams.post(CHAT, {"type": "message"})


@pytest.mark.parametrize("status", [412, 429, 502, 504])
async def test_what_may_be_tried_again_is_tried_again(teams: Teams, microsoft: Microsoft, status: int) -> None:
    microsoft.answers = [httpx.Response(status), httpx.Response(status)]

    assert await teams.post(CHAT, {"type": "message"}) == "new"
    assert len(microsoft.calls) == 3


async def test_in_the_end_the_caller_is_told_how_long_to_wait(teams: Teams, microsoft: Microsoft) -> None:
    microsoft.answers = [httpx.Response(429), httpx.Response(429), httpx.Response(429, headers={"Retry-After": "7"})]

    with pytest.raises(TeamsUnavailable) as unavailable:
        await teams.post(CHAT, {"type": "message"})
    assert unavailable.value.retry_after == timedelta(seconds=7)


async def test_a_long_retry_after_is_left_to_the_caller_at_once(teams: Teams, microsoft: Microsoft) -> None:
    microsoft.answers = [httpx.Response(429, headers={"Retry-After": "60"})]

    with pytest.raises(TeamsUnavailable) as unavailable:
        await teams.post(CHAT, {"type": "message"})
    assert (len(microsoft.calls), unavailable.value.retry_after) == (1, timedelta(seconds=60))


async def test_retry_after_is_waited_for(teams: Teams, microsoft: Microsoft) -> None:
    microsoft.answers = [httpx.Response(429, headers={"Retry-After": "1"})]
    started = asyncio.get_running_loop().time()
    await teams.post(CHAT, {"type": "message"})

    assert asyncio.get_running_loop().time() - started >= 1


async def test_a_blocked_bot_is_never_tried_again(teams: Teams, microsoft: Microsoft) -> None:
    microsoft.answers = [httpx.Response(403, json=BLOCKED)]

    with pytest.raises(TeamsRefused) as refused:
        await teams.post(CHAT, {"type": "message"})
    assert (refused.value.code, refused.value.gone, len(microsoft.calls)) == ("MessageWritesBlocked", True, 1)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": {"code": "BadSyntax", "message": "x"}}, "BadSyntax"),
        (403, {"error": {"code": "Forbidden"}}, "Forbidden"),
        (404, {"error": "odd"}, "unknown"),
        (413, [], "unknown"),
    ],
)
async def test_other_refusals_are_final_but_the_conversation_lives(
    teams: Teams, microsoft: Microsoft, status: int, body: Any, code: str
) -> None:
    microsoft.answers = [httpx.Response(status, json=body)]

    with pytest.raises(TeamsRefused) as refused:
        await teams.post(CHAT, {"type": "message"})
    assert (refused.value.status, refused.value.code, refused.value.gone) == (status, code, False)


@pytest.mark.parametrize(
    "trouble",
    [httpx.ConnectError("x"), httpx.ReadTimeout("x"), OSError("x"), httpx.Response(500), httpx.Response(503, text="<")],
)
async def test_an_outage_is_told_as_one(
    teams: Teams, microsoft: Microsoft, trouble: httpx.Response | Exception
) -> None:
    microsoft.answers = [trouble]

    with pytest.raises(TeamsUnavailable):
        await teams.post(CHAT, {"type": "message"})


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (httpx.ConnectError("x"), "ConnectError"),
        (
            httpx.Response(401, json={"error": "invalid_client", "error_description": f"AADSTS7000215: {SECRET}"}),
            "AADSTS7000215",
        ),
        (httpx.Response(400, json={"error": "unauthorized_client"}), "unauthorized_client"),
        (httpx.Response(200, json={}), "200"),
        (httpx.Response(200, text="<html>"), "200"),
    ],
)
async def test_a_token_that_is_not_given_is_an_outage_which_names_the_reason_but_no_secret(
    teams: Teams, microsoft: Microsoft, trouble: httpx.Response | Exception, says: str
) -> None:
    microsoft.token_answers = [trouble]

    with pytest.raises(TeamsUnavailable) as unavailable:
        await teams.post(CHAT, {"type": "message"})
    assert says in str(unavailable.value)
    assert SECRET not in str(unavailable.value)
    assert await teams.post(CHAT, {"type": "message"}) == "new"


async def test_no_token_is_sent_to_a_host_that_is_not_listed(teams: Teams, microsoft: Microsoft) -> None:
    for url in (
        "https://evil.example/",
        "http://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net.evil.example",
    ):
        with pytest.raises(TeamsRefused):
            await teams.post(CHAT.model_copy(update={"service_url": url}), {"type": "message"})

    assert microsoft.calls + microsoft.token_calls == []


async def test_a_chat_with_a_person_is_opened_in_the_documented_form(teams: Teams, microsoft: Microsoft) -> None:
    chat = await teams.open_chat(origin("channel"))

    assert microsoft.calls[0].url.path == "/emea/v3/conversations"
    assert microsoft.body() == {"isGroup": False, "members": [{"id": "29:mri-of-dana"}], "tenantId": TENANT}
    assert (chat.conversation_id, chat.kind, chat.service_url) == ("new", "personal", SERVICE_URL)


async def test_a_thread_is_begun_in_the_documented_form(teams: Teams, microsoft: Microsoft) -> None:
    microsoft.answers = [httpx.Response(201, json={"id": "19:ops@thread.tacv2;messageid=9", "activityId": "9"})]
    channel = CHAT.model_copy(update={"conversation_id": "19:ops@thread.tacv2;messageid=1", "kind": "channel"})

    assert await teams.start_thread(channel, {"type": "message", "text": "x"}) == "9"
    assert microsoft.body() == {
        "isGroup": True,
        "activity": {"type": "message", "text": "x"},
        "channelData": {"channel": {"id": "19:ops@thread.tacv2"}},
        "tenantId": TENANT,
    }


async def test_a_conversation_is_not_sent_more_than_teams_takes(teams: Teams, microsoft: Microsoft) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await asyncio.gather(*(teams.post(CHAT, {"type": "message"}) for _ in range(8)))

    assert 1 <= loop.time() - started < 1.9
    other = CHAT.model_copy(update={"conversation_id": "a:other"})
    started = loop.time()
    await teams.post(other, {"type": "message"})
    assert loop.time() - started < 0.5
    with pytest.raises(TeamsUnavailable) as unavailable:
        await asyncio.gather(*(teams.post(other, {"type": "message"}) for _ in range(70)))
    assert unavailable.value.retry_after is not None


async def test_the_public_keys_are_found_through_the_metadata(teams: Teams, microsoft: Microsoft) -> None:
    assert await teams.signing_keys() == [{"kid": "1"}]

    for openid, keys in (
        ({"issuer": "https://evil.example", "jwks_uri": "https://login.example/keys"}, microsoft.keys),
        ({"issuer": ISSUER}, microsoft.keys),
        ({"issuer": ISSUER, "jwks_uri": 7}, microsoft.keys),
        (microsoft.openid, {"keys": []}),
        (microsoft.openid, []),
    ):
        microsoft_now = Http(httpx.MockTransport(Microsoft(openid=openid, keys=keys)))
        with pytest.raises(TeamsUnavailable):
            await Teams(ACCOUNT, ServiceUrls(()), microsoft_now).signing_keys()
