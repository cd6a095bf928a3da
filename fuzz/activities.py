"""The gateway's one route: activities with anything wrong in them, and tokens of anybody."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from devstack.connector.activities import Activities, Place
from devstack.connector.world import World
from fuzz.crowd import Crowd
from fuzz.found import Found
from fuzz.posting import PATIENCE, Posted, post
from fuzz.strange import ANYTHING, RAW, TEXT, mutated
from fuzz.town import Town
from fuzz.trying import Amount, tried

COMMANDS = (
    "help",
    "connect",
    "verify 12345678",
    "disconnect",
    "OPS-1",
    "show OPS-1",
    "create OPS fuzz",
    "comment OPS-1 deployed",
    "assign OPS-1 to me",
    "transition OPS-1 to Done",
    "search printer fire",
    "subscribe OPS",
    "unsubscribe OPS",
    "jiras",
    "on acme comment OPS-1 deployed",
    "my data",
    "delete my data",
    "webhook",
    "register",
)
INVOKES = ("signin/verifyState", "adaptiveCard/action", "task/fetch", "task/submit", "composeExtension/query", "x")
TAKEN = frozenset({200, 400, 403, 413})
REFUSED = frozenset({401, 403})
LEGAL = frozenset({*range(0x20, 0x7F), *range(0x80, 0x100)})
"""Bytes that HTTP allows in a header."""


def fuzz(town: Town, amount: Amount) -> Found:
    """Send all of it to the running gateway."""
    found = Found("bot-gateway's activities", tell=amount.tell)
    world = World(town.bot)
    crowd = Crowd(world)
    good = _good(Activities(town.bot, world), crowd.places())
    bodies = st.one_of(*[st.sampled_from(good).flatmap(mutated).map(_encoded)] * 3, ANYTHING.map(_encoded), RAW)
    trusted = town.keys.signing.bot_token(town.bot.app_id, town.bot.service_url)
    with found.timed(), httpx.Client(timeout=PATIENCE, trust_env=False) as http:

        def send(body: bytes, authorization: bytes, expected: frozenset[int]) -> None:
            post(http, Posted(town.at.bot, body, (b"Authorization", authorization)), expected, found)

        few = Amount(-(-amount.cases // 4), amount.seed)
        tried(amount, bodies, lambda body: send(crowd.of_the_next(body), f"Bearer {trusted}".encode(), TAKEN))
        body = crowd.of_the_next(_encoded(good[0]))
        tried(few, _bad_tokens(town), lambda header: send(body, header, REFUSED))
    return found


def _good(write: Activities, places: Sequence[Place]) -> list[dict[str, Any]]:
    """One activity of every kind that Teams sends; the first of the places is the chat with the bot alone."""
    place = places[0]
    messages = [
        write.message(where, text, f"f:{n}", mention=where is not place)
        for where in places
        for n, text in enumerate(COMMANDS)
    ]
    card = {"action": {"type": "Action.Execute", "verb": "command", "data": {"bridgeCommand": "OPS-1"}}}
    values: list[object] = [{"state": "12345678"}, card, {"data": {"bridgeCommand": "help"}, "commandId": "show"}]
    invokes = [write.invoke(place, name, value) for name in INVOKES for value in values]
    others = [
        write.submit(place, {"bridgeCommand": "help"}, "f:s"),
        *(write.membership(where, added=added) for where in places for added in (True, False)),
        *(write.installation(place, added=added) for added in (True, False)),
        write.reaction(place, "like", "f:r"),
    ]
    return [*messages, *invokes, *others]


def _bad_tokens(town: Town) -> SearchStrategy[bytes]:
    """Draw `Authorization` headers that must not be believed."""
    sign, app, service_url = town.keys.signing.sign, town.bot.app_id, town.bot.service_url
    token = town.keys.signing.bot_token(app, service_url)
    good = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    ready: tuple[Callable[[], bytes], ...] = (
        lambda: b"",
        lambda: f"Basic {token}".encode(),
        lambda: f"Bearer {token[:-8]}AAAAAAAA".encode(),
        lambda: b"Bearer " + b"a" * 30_000,
        lambda: f"Bearer {_unsigned(token)}".encode(),
        lambda: f"Bearer {token} {token}".encode(),
    )
    claims = st.sampled_from(["aud", "iss", "exp", "nbf", "serviceurl"])
    wrong = st.tuples(claims, ANYTHING).map(lambda change: {**good, change[0]: change[1]}).filter(_signable)
    signed = wrong.filter(lambda said: not _believable(said, good)).map(lambda said: f"Bearer {sign(said)}".encode())
    garbage = TEXT.map(
        lambda text: b"Bearer " + bytes(one for one in text.encode(errors="replace") if one in LEGAL).strip() + b"x"
    )
    return st.one_of(st.sampled_from(ready).map(lambda make: make()), signed, garbage)


def _signable(said: dict[str, Any]) -> bool:
    """Whether a token can say it at all: half of a surrogate pair is no character."""
    try:
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _believable(said: dict[str, Any], good: dict[str, Any]) -> bool:
    """Whether a changed token is a good one all the same: a later end, an earlier beginning."""
    later = isinstance(said["exp"], int | float) and said["exp"] >= good["nbf"]
    earlier = isinstance(said["nbf"], int | float) and said["nbf"] <= good["exp"]
    return later and earlier and all(said[name] == good[name] for name in ("aud", "iss", "serviceurl"))


def _unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
