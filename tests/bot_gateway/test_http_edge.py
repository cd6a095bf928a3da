import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bot_gateway.fakes import (
    APP_ID,
    CODES,
    ISSUER,
    SERVICE_URL,
    TICKETS,
    Chats,
    Clock,
    Counted,
    KeyVault,
    Log,
    PublishedKeys,
    Signer,
    claims,
    invoke,
    message,
)

from bot_gateway.hearing import Hearing
from bot_gateway.http_edge import Door, messages_app
from bot_gateway.service_urls import ServiceUrls
from bot_gateway.signing_keys import KeysPolicy, SigningKeys
from bot_gateway.token_validation import Admission, Expected, TokenValidation
from bot_gateway.waiting import Waiting
from chassis.key_vault_seal import KeyVaultSeal
from contracts.teams import CommentAsked, Intent

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("BRIDGE_REFERENCE_DATA", ROOT.parent / "shared/reference/data"))
SIGNER = Signer()


class Bot:
    """The edge with its surroundings, called as the Connector calls it."""

    def __init__(self, limit: int = 256 * 1024, tenants: frozenset[str] = frozenset()) -> None:
        self.clock, self.log, self.chats, self.published = Clock(), Log(), Chats(), PublishedKeys(SIGNER)
        self.vault, self.counted = KeyVault(), Counted()
        keys = SigningKeys(self.published, KeysPolicy(), self.clock)
        tokens = TokenValidation(Expected(ISSUER, APP_ID), keys, self.clock)
        self.admission = Admission(ServiceUrls(("smba.trafficmanager.net",)), tenants)
        hearing = Hearing(self.log, self.chats, Waiting(), KeyVaultSeal(self.vault).seal, self.counted.refusals)
        door = Door(tokens, self.admission, CODES, TICKETS, self.counted.refusals, limit, timedelta(seconds=0.05))
        self.app = messages_app(door, hearing.hear)
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://bot")

    async def call(self, body: Any, token: str | None = None, **headers: str) -> httpx.Response:
        """Post an activity, or raw bytes, with a good token unless another is given."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        good = token if token is not None else SIGNER.sign(claims(self.clock))
        headers = {"Authorization": f"Bearer {good}", "Content-Type": "application/json", **headers}
        return await self._http.post("/api/messages", content=raw, headers=headers)

    async def receiving(self, *pieces: dict[str, Any]) -> int:
        """Give the status where the body comes in these pieces, and then nothing more."""
        good = f"Bearer {SIGNER.sign(claims(self.clock))}".encode()
        scope = {"type": "http", "method": "POST", "path": "/api/messages", "headers": [(b"authorization", good)]}
        coming, sent = list(pieces), []

        async def receive() -> dict[str, Any]:
            if not coming:
                await asyncio.sleep(60)
            return coming.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return int(sent[0]["status"])

    async def bare(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self._http.request(method, path, **more)


async def test_a_comment_is_published_and_answered_with_200() -> None:
    bot = Bot()
    answer = await bot.call(message("comment OPS-7 deployed to staging"))

    assert (answer.status_code, answer.content) == (200, b"")
    (intent,) = bot.log.of(Intent)
    assert isinstance(intent, CommentAsked)
    assert intent.origin.conversation.service_url == SERVICE_URL


async def test_without_a_good_token_nothing_is_heard() -> None:
    bot = Bot()
    wrong = SIGNER.sign(claims(bot.clock, aud="another"))
    refused = [await bot.call(message(), token=token) for token in (wrong, "x.y.z", "")]
    refused.append(await bot.bare("POST", "/api/messages", json=message()))

    assert [answer.status_code for answer in refused] == [401] * 4
    assert refused[0].json()["error"]["code"] == "Unauthorized"
    assert refused[0].headers["www-authenticate"] == "Bearer"
    assert bot.log.events == []


async def test_an_activity_from_elsewhere_than_the_token_says_is_forbidden() -> None:
    bot = Bot()
    refused = await bot.call(message(serviceUrl="https://smba.trafficmanager.net/amer/"))

    assert refused.status_code == 403
    assert bot.log.events == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"type":""}',
        b'{"text":"x"}',
        b"[" * 100_000,
        b'{"type":"message"',
        b"\0",
    ],
)
async def test_what_is_no_activity_gets_400(body: bytes) -> None:
    refused = await Bot().call(body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")


async def test_a_body_that_is_too_large_gets_413_however_it_is_sent() -> None:
    bot = Bot(limit=1000)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    streamed = await bot.bare(
        "POST",
        "/api/messages",
        content=chunks(),
        headers={"Authorization": f"Bearer {SIGNER.sign(claims(bot.clock))}"},
    )
    assert streamed.status_code == 413
    assert (await bot.call(message("x" * 1000))).status_code == 413
    assert (await bot.call(b"x" * 1001)).status_code == 413


async def test_a_body_may_come_in_pieces() -> None:
    bot, raw = Bot(), json.dumps(message()).encode()
    first: dict[str, Any] = {"type": "http.request", "body": raw[:9], "more_body": True}

    assert await bot.receiving(first, {"type": "http.request", "body": raw[9:]}) == 200
    assert len(bot.log.of(Intent)) == 1


async def test_a_body_that_does_not_come_in_time_gets_408_and_one_that_never_will_400() -> None:
    bot = Bot()
    begun = {"type": "http.request", "body": b"{", "more_body": True}

    assert await bot.receiving() == 408
    assert await bot.receiving(begun) == 408
    assert await bot.receiving(begun, {"type": "http.disconnect"}) == 400
    assert bot.log.events == []


async def test_the_content_type_does_not_matter() -> None:
    assert (await Bot().call(message(), **{"Content-Type": "text/plain"})).status_code == 200


async def test_while_kafka_is_away_teams_is_asked_to_come_again() -> None:
    bot = Bot()
    bot.log.down = True
    put_off = await bot.call(message())

    assert (put_off.status_code, put_off.headers["retry-after"]) == (503, "2")
    bot.log.down = False
    assert (await bot.call(message())).status_code == 200
    assert len(bot.log.of(Intent)) == 1


async def test_while_no_keys_can_be_had_the_answer_is_503_and_nothing_is_heard() -> None:
    bot = Bot()
    bot.published.down = True

    assert (await bot.call(message())).status_code == 503
    assert bot.log.events == []


async def test_other_methods_and_paths_are_not_served() -> None:
    bot = Bot()

    assert (await bot.bare("GET", "/api/messages")).status_code == 405
    assert (await bot.bare("POST", "/")).status_code == 404


async def test_the_answer_to_an_invoke_is_its_http_body() -> None:
    answer = await Bot().call(invoke("composeExtension/query", {"commandId": "x"}))

    assert answer.json()["composeExtension"]["type"] == "message"


@given(st.dictionaries(st.sampled_from(sorted(message())), st.none() | st.integers() | st.text() | st.lists(st.text())))
@settings(max_examples=60, deadline=None)
async def test_no_activity_however_odd_gets_a_5xx(changes: Mapping[str, Any]) -> None:
    bot = Bot()

    assert (await bot.call({**message(), **changes})).status_code in (200, 400, 403)


def reference_activities() -> Iterator[Path]:
    for folder in ("teams-activities/Activity", "teams-doc-samples"):
        yield from sorted((REFERENCE / folder).rglob("*.json"))


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference data are not here")
async def test_every_published_sample_of_an_activity_is_answered_with_200() -> None:
    samples = list(reference_activities())
    assert len(samples) > 40
    answered = {}
    for path in samples:
        activity, bot = json.loads(path.read_text()), Bot()
        bot.published.signers = [signer := Signer(endorsements=("msteams", "webchat", "channelId"))]
        # The samples' service URLs are invented; where there is one, it is replaced by one that may be used.
        service_url = activity.get("serviceUrl") or SERVICE_URL
        if not bot.admission.service_urls.allows(service_url):
            activity["serviceUrl"] = service_url = SERVICE_URL
        answer = await bot.call(activity, token=signer.sign(claims(bot.clock, serviceurl=service_url)))
        # Of an invoke the body is the answer; nobody reads one of anything else.
        said = isinstance(answer.json(), dict) if activity["type"] == "invoke" else answer.content == b""
        answered[path.name] = (answer.status_code, said)

    assert answered == dict.fromkeys(answered, (200, True))
