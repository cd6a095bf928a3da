"""Attempts to act as somebody else, from elsewhere, or with what a card never held: refused, counted and audited."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.bot_gateway.fakes import APP_ID, PERSON, TENANT, TICKETS, Signer, b64, claims, invoke, message, origin
from tests.bot_gateway.test_http_edge import SIGNER, Bot
from tests.bot_gateway.test_token_dialog import CANARY, OWNED, fetch, submit

from bot_gateway.refusals import Why
from bot_gateway.settings import Settings
from bot_gateway.tickets import Tickets
from bot_gateway.token_dialog import TICKET, TOKEN
from chassis.errors import Unavailable
from contracts.teams import AssignAsked, Intent

EVE: dict[str, Any] = {"id": "29:eve", "name": "Eve", "aadObjectId": "eeeeeeee-0000-4000-8000-000000000002"}
ELSEWHERE = "bbbbbbbb-0000-4000-8000-00000000beef"
OTHERS: dict[str, Any] = {
    "conversation": {"id": "a:chat", "tenantId": ELSEWHERE},
    "channelData": {"tenant": {"id": ELSEWHERE}},
}


Who = tuple[str | None, str | None]
"""Teams tenant and person, where Teams vouches for them."""
NOBODY: Who = (None, None)
HERE: Who = (TENANT, None)
DANA: Who = (TENANT, str(PERSON["aadObjectId"]))
EVE_HERE: Who = (TENANT, str(EVE["aadObjectId"]))
DANA_ABROAD: Who = (ELSEWHERE, str(PERSON["aadObjectId"]))


@dataclass(frozen=True)
class Attempt:
    """What is sent, and what comes of it: what is counted, with whom it is told to the audit, and the HTTP status."""

    activity: dict[str, Any]
    counted: Why
    noted: Who
    status: int = 200
    token: Callable[[Bot], str] | None = None


def pressed(**action: Any) -> dict[str, Any]:
    return invoke("adaptiveCard/action", {"action": {"type": "Action.Execute", "verb": "command", **action}})


def ticketed(ticket: Any, name: str = "task/submit", **changes: Any) -> dict[str, Any]:
    return invoke(name, {"data": {TICKET: ticket, TOKEN: CANARY}}, **changes)


def changed(**fields: Any) -> str:
    """Give a ticket whose fields were changed, with the MAC of the one that was issued."""
    mac = TICKETS.issue(OWNED).partition(".")[2]
    return f"{Tickets(b'guessed').issue(replace(OWNED, **fields)).partition('.')[0]}.{mac}"


def unsigned(bot: Bot) -> str:
    head, body, _ = SIGNER.sign(claims(bot.clock), alg="none").split(".")
    return f"{head}.{body}."


def by_secret(bot: Bot) -> str:
    head, body, _ = SIGNER.sign(claims(bot.clock), alg="HS256").split(".")
    return f"{head}.{body}.{b64(b'x' * 32)}"


SMBA = "https://smba.trafficmanager.net"
DELETE = {"bridgeCommand": "delete my data yes"}
ATTEMPTS = {
    # the token
    "a token for another bot": Attempt(
        message(), "token", NOBODY, 401, lambda b: SIGNER.sign(claims(b.clock, aud="other"))
    ),
    "a token of another issuer": Attempt(
        message(), "token", NOBODY, 401, lambda b: SIGNER.sign(claims(b.clock, iss="https://login.example"))
    ),
    "a token that has ended": Attempt(message(), "token", NOBODY, 401, lambda b: SIGNER.sign(claims(b.clock, exp=1))),
    "a token by an unknown key": Attempt(
        message(), "token", NOBODY, 401, lambda b: Signer("key-9").sign(claims(b.clock))
    ),
    "a token by another key of the same name": Attempt(
        message(), "token", NOBODY, 401, lambda b: Signer().sign(claims(b.clock))
    ),
    "a token without signature": Attempt(message(), "token", NOBODY, 401, unsigned),
    "a token signed with a shared secret": Attempt(message(), "token", NOBODY, 401, by_secret),
    "no token at all": Attempt(message(), "token", NOBODY, 401, lambda _: ""),
    "a token without service URL": Attempt(
        message(), "token", NOBODY, 403, lambda b: SIGNER.sign(claims(b.clock, serviceurl=None))
    ),
    # where it says it comes from
    "a service URL of another host": Attempt(message(serviceUrl="https://evil.example/"), "service_url", NOBODY, 403),
    "a service URL of another region": Attempt(message(serviceUrl=f"{SMBA}/amer/"), "service_url", NOBODY, 403),
    "a service URL with a user": Attempt(message(serviceUrl="https://smba.trafficmanager.net@evil.example/"),
                                         "service_url", NOBODY, 403),
    "a foreign host in token and activity": Attempt(
        message(serviceUrl="https://evil.example/"),
        "service_url", NOBODY,
        403,
        lambda b: SIGNER.sign(claims(b.clock, serviceurl="https://evil.example/")),
    ),
    "another channel": Attempt(message(channelId="directline"), "channel", NOBODY, 403),
    # tenants
    "two tenants, in channel data and conversation": Attempt(
        message(channelData={"tenant": {"id": ELSEWHERE}}), "teams_tenant", NOBODY, 403
    ),
    "two tenants, with a button": Attempt(
        {**pressed(data=DELETE), "channelData": {"tenant": {"id": ELSEWHERE}}}, "teams_tenant", NOBODY, 403
    ),
    "two tenants, with a dialog": Attempt(
        submit(channelData={"tenant": {"id": ELSEWHERE}}), "teams_tenant", NOBODY, 403
    ),
    "no tenant, a message": Attempt(message(channelData={}, conversation={"id": "a:chat"}), "no_tenant", NOBODY),
    "no tenant, a button": Attempt(
        {**pressed(data=DELETE), "channelData": {}, "conversation": {"id": "a:chat"}}, "no_tenant", NOBODY
    ),
    "no tenant, a dialog": Attempt(submit(channelData={}, conversation={"id": "a:chat"}), "no_tenant", NOBODY),
    "no conversation": Attempt(message(conversation=None), "no_tenant", DANA),
    # people
    "nobody": Attempt({**message(), "from": None}, "no_account", HERE),
    "somebody without an account": Attempt({**message(), "from": {"id": "29:mri-of-dana"}}, "no_account", HERE),
    "a code brought by nobody": Attempt(
        {**invoke("signin/verifyState", {"state": "12345678"}), "from": None}, "no_account", HERE
    ),
    # the dialog for a token
    "another person's card": Attempt({**submit(), "from": EVE}, "card", EVE_HERE),
    "somebody whose id is none": Attempt({**submit(), "from": {**EVE, "aadObjectId": "x" * 10_000}}, "card", HERE),
    "another person's dialog": Attempt({**fetch(), "from": EVE}, "card", EVE_HERE),
    "a card of a person of another tenant": Attempt(submit(**OTHERS), "card", DANA_ABROAD),
    "a card in front of others": Attempt(submit(kind="groupChat"), "card", DANA),
    "a card in a channel": Attempt(submit(kind="channel"), "card", DANA),
    "a card brought by nobody": Attempt({**submit(), "from": None}, "card", HERE),
    "a ticket with another person": Attempt(ticketed(changed(person=f"{TENANT}|{EVE['aadObjectId']}")), "card", DANA),
    "a ticket with another intent": Attempt(ticketed(changed(intent_id="intent-of-eve")), "card", DANA),
    "a ticket with another Jira": Attempt(ticketed(changed(tenant_id="t-of-eve")), "card", DANA),
    "a ticket that resumes what it did not": Attempt(ticketed(changed(resumes=False)), "card", DANA),
    "a ticket by a guessed secret": Attempt(ticketed(Tickets(b"guessed").issue(OWNED)), "card", DANA),
    "a ticket by the app's id": Attempt(ticketed(Tickets(APP_ID.encode()).issue(OWNED)), "card", DANA),
    "a ticket of a huge size": Attempt(ticketed("x" * 100_000), "card", DANA),
    "a ticket that is an object": Attempt(ticketed({"person": OWNED.person, "intent_id": "x"}), "card", DANA),
    "a ticket that is a list": Attempt(ticketed([TICKETS.issue(OWNED)]), "card", DANA),
    "a dialog without a ticket": Attempt(invoke("task/submit", {"data": {TOKEN: CANARY}}), "card", DANA),
    "a dialog without data": Attempt(invoke("task/fetch", None), "card", DANA),
    # buttons
    "a verb that does not exist": Attempt(pressed(verb="eraseTenant", data=DELETE), "card", DANA),
    "a verb that is no text": Attempt(pressed(verb={"a": 1}, data=DELETE), "card", DANA),
    "a command that is no text": Attempt(pressed(data={"bridgeCommand": {"verify": "1"}}), "card", DANA),
    "a command of a huge size": Attempt(
        pressed(data={"bridgeCommand": "comment OPS-7 " + "x" * 100_000}), "card", DANA
    ),
    "a huge command by an older client": Attempt(
        message("", value={"bridgeCommand": "comment OPS-7 " + "x" * 100_000}), "card", DANA
    ),
    "a list of commands": Attempt(message("OPS-7", value={"bridgeCommand": ["OPS-7"]}), "card", DANA),
    "an intent instead of a command": Attempt(
        pressed(data={"intent": "bridge.disconnect-asked.v1", "origin": {"user": EVE["aadObjectId"]}}), "card", DANA
    ),
    "a button without data": Attempt(pressed(), "card", DANA),
}  # fmt: skip


def test_there_are_enough_of_them() -> None:
    assert len(ATTEMPTS) >= 40


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
async def test_an_attempt_is_refused_counted_and_told_and_nothing_is_asked(attempt: Attempt) -> None:
    bot = Bot()
    answer = await bot.call(attempt.activity, attempt.token(bot) if attempt.token else None)

    assert answer.status_code == attempt.status
    assert bot.counted.all() == {attempt.counted: 1}
    assert bot.log.of(Intent) == []
    assert CANARY not in answer.text
    [told] = await bot.counted.told()
    assert (told.why, told.count) == (attempt.counted, 1)
    assert (told.teams_tenant, told.user) == attempt.noted
    assert not set(told.model_dump()) - {"refusal_id", "why", "count", "since", "until", "teams_tenant", "user"}


async def test_the_same_without_the_forgery_is_heard() -> None:
    bot = Bot()
    for activity in (message(), pressed(data={"bridgeCommand": "jiras"}), submit()):
        assert (await bot.call(activity)).status_code == 200

    assert len(bot.log.of(Intent)) == 2, "the button and the dialog share an id here: the second is a repetition"
    assert bot.counted.all() == {}
    assert await bot.counted.told() == []


async def test_a_flood_of_bad_tokens_and_of_forged_cards_is_told_in_a_few_events() -> None:
    bot = Bot()
    for _ in range(1000):
        bot.counted.refusals.count("token")
    for n in range(3):
        for who in (PERSON, EVE):
            await bot.call({**pressed(verb="eraseTenant", data=DELETE), "from": who, "id": f"f:{n}-{who['name']}"})

    told = await bot.counted.told()

    assert {(one.why, one.teams_tenant, one.user): one.count for one in told} == {
        ("token", *NOBODY): 1000,
        ("card", *DANA): 3,
        ("card", *EVE_HERE): 3,
    }
    assert len({one.key() for one in told}) == 2, "by organisation, or alone"
    assert bot.counted.log.ids == [one.refusal_id for one in told]


async def test_while_kafka_is_away_refusals_are_kept_and_told_afterwards() -> None:
    bot = Bot()
    await bot.call(message(), "no token")
    bot.counted.log.down = True
    with pytest.raises(Unavailable):
        await bot.counted.told()
    bot.counted.log.down = False
    await bot.call(message(), "no token")

    first, second = (await bot.counted.told())[0], (await bot.counted.told())[1]

    assert (first.count, second.count) == (1, 1)
    assert first.refusal_id != second.refusal_id


async def test_what_a_card_says_of_people_and_places_changes_nothing() -> None:
    bot = Bot()
    forged = {
        "bridgeCommand": "assign OPS-7 to me",
        "user": EVE["aadObjectId"],
        "from": EVE,
        "teams_tenant": ELSEWHERE,
        "origin": {"user": EVE["aadObjectId"], "teams_tenant": ELSEWHERE, "intent_id": "intent-of-eve"},
        "conversation": {"id": "a:chat-of-eve"},
        "site": "eu",
    }
    await bot.call(message("", value=forged))

    [asked] = bot.log.of(Intent)
    assert isinstance(asked, AssignAsked)
    assert (asked.origin.person, asked.site) == (f"{TENANT}|{PERSON['aadObjectId']}", None)
    assert asked.origin.conversation.conversation_id == "a:chat"
    assert asked.origin.intent_id != "intent-of-eve"
    assert asked.origin.person == origin().person


def settings(**more: Any) -> Settings:
    return Settings(bot_app_id=APP_ID, bot_app_secret="s", **more)


async def test_a_single_tenant_install_hears_one_organisation_and_no_other() -> None:
    tenants = settings(single_tenant=f" {TENANT.upper()} ").admission.teams_tenants
    bot = Bot(tenants=tenants)
    ours = await bot.call(message())
    nameless = message(channelData={}, conversation={"id": "a:chat"})
    added = message("", type="conversationUpdate", membersAdded=[{"id": f"28:{APP_ID}"}], **OTHERS)
    refused = [
        await bot.call(activity)
        for activity in (message(**OTHERS), added, submit(**OTHERS), {**pressed(data=DELETE), **OTHERS}, nameless)
    ]

    assert ours.status_code == 200
    assert [answer.status_code for answer in refused] == [403] * 5
    assert bot.counted.all() == {"teams_tenant": 5}
    assert [(one.count, one.teams_tenant, one.user) for one in await bot.counted.told()] == [(5, *NOBODY)]
    assert len(bot.log.events) == 2, "what our own organisation asked, and where"
    assert bot.chats.posts == []


def test_the_single_tenant_is_the_only_one_whatever_else_is_listed() -> None:
    assert settings(single_tenant=TENANT, teams_tenants=ELSEWHERE).admission.teams_tenants == {TENANT}
    assert settings(teams_tenants=ELSEWHERE).admission.teams_tenants == {ELSEWHERE}
    assert settings().admission.teams_tenants == frozenset()
