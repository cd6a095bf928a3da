"""What a bot may do in conversations, and what it is told when it may not."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.devstack.connector_fakes import SETTINGS, BotSide

from devstack.connector.faults import Fault
from devstack.connector.limits import Limits
from devstack.connector.shape import BadActivity, check

HELLO = {"type": "message", "text": "hello"}
MENTION = {"type": "mention", "mentioned": {"id": "29:x", "name": "Ada"}, "text": "<at>Ada</at>"}
CARD = {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "hi"}]}
CARD_TYPE = "application/vnd.microsoft.card.adaptive"


async def test_a_message_gets_an_id_and_is_recorded() -> None:
    here = BotSide()

    answer = await here.post(HELLO)

    (post,) = here.connector.state.posts.since()
    assert answer.status_code == 201
    assert answer.json() == {"id": post.id}
    assert answer.headers["MS-CV"]
    assert (post.conversation, post.activity, post.what) == (here.chat, HELLO, "posted")


async def test_a_reply_an_update_and_a_deletion_are_recorded_with_the_message_they_concern() -> None:
    here = BotSide()
    messages = f"v3/conversations/{here.chat}/activities"
    first = (await here.http.post(f"{messages}/17", json=HELLO)).json()["id"]

    updated = await here.http.put(f"{messages}/{first}", json={**HELLO, "text": "hello again"})
    deleted = await here.http.delete(f"{messages}/{first}")
    gone = await here.http.put(f"{messages}/{first}", json=HELLO)

    assert [updated.status_code, deleted.status_code, gone.status_code] == [200, 200, 404]
    posts = here.connector.state.posts.since()
    assert [(post.what, post.id, post.reply_to) for post in posts] == [
        ("posted", first, "17"),
        ("updated", first, "17"),
        ("deleted", first, "17"),
    ]


async def test_a_personal_chat_is_made_once_for_one_member() -> None:
    here = BotSide()
    ada = here.connector.state.world.person("ada")
    asked = {"isGroup": False, "members": [{"id": ada.mri}], "tenantId": SETTINGS.tenant}

    answers = [await here.http.post("v3/conversations", json=asked) for _ in range(2)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"id": here.chat})] * 2


async def test_a_channel_thread_is_made_with_its_first_message() -> None:
    here = BotSide()
    alerts = here.connector.state.world.conversation("alerts").id
    asked = {"isGroup": True, "channelData": {"channel": {"id": alerts}}, "tenantId": SETTINGS.tenant}

    made = (await here.http.post("v3/conversations", json={**asked, "activity": HELLO})).json()
    without_activity = await here.http.post("v3/conversations", json=asked)

    assert made["id"] == f"{alerts};messageid={made['activityId']}"
    assert (without_activity.status_code, without_activity.json()["error"]["code"]) == (400, "BadSyntax")
    assert [post.conversation for post in await here.connector.state.posts.wait(thread=alerts)] == [made["id"]]


@pytest.mark.parametrize(
    "asked",
    [
        {"isGroup": True, "members": [{"id": "29:1"}, {"id": "29:2"}], "tenantId": SETTINGS.tenant, "activity": HELLO},
        {"isGroup": False, "members": [{"id": "29:1"}, {"id": "29:2"}], "tenantId": SETTINGS.tenant},
        {"isGroup": False, "members": [{"id": "29:1"}]},
        [],
    ],
)
async def test_a_group_chat_and_incomplete_wishes_are_bad_syntax(asked: object) -> None:
    answer = await BotSide().http.post("v3/conversations", json=asked)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadSyntax")


async def test_members_are_listed_and_found_by_any_of_their_ids() -> None:
    here = BotSide()
    ada = here.connector.state.world.person("ada")
    members = f"v3/conversations/{here.connector.state.world.conversation('general').id}/members"

    everyone = (await here.http.get(members)).json()
    found = [(await here.http.get(f"{members}/{name}")).json() for name in (ada.mri, ada.aad_object_id, ada.upn)]
    unknown = await here.http.get(f"{members}/29:nobody")

    assert [person["name"] for person in everyone][:2] == ["Ada Lovelace", "Grace Hopper"]
    assert found == [everyone[0]] * 3
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("activity", "status", "code"),
    [
        ({"text": "no type"}, 400, "BadSyntax"),
        ({"type": "shout", "text": "x"}, 400, "BadSyntax"),
        ({"type": "message"}, 400, "BadSyntax"),
        ({"type": "message", "text": 7}, 400, "BadSyntax"),
        ({"type": "message", "text": "x", "textFormat": "html"}, 400, "BadSyntax"),
        ({"type": "message", "attachments": [{"content": {}}]}, 400, "BadSyntax"),
        ({"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": {}}]}, 400, "BadSyntax"),
        ({"type": "message", "text": "hello Ada", "entities": [MENTION]}, 400, "BadSyntax"),
        ({"type": "message", "text": "x" * 30_000}, 413, "MessageSizeTooBig"),
        ([], 400, "BadSyntax"),
    ],
)
async def test_a_malformed_activity_is_refused_and_not_recorded(activity: object, status: int, code: str) -> None:
    here = BotSide()

    answer = await here.post(activity)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert here.connector.state.posts.since() == []


@pytest.mark.parametrize(
    "activity",
    [
        {"type": "typing"},
        {"type": "message", "text": "hello <at>Ada</at>", "entities": [MENTION]},
        {"type": "message", "summary": "a card", "attachments": [{"contentType": CARD_TYPE, "content": CARD}]},
    ],
)
def test_a_sound_activity_is_taken_as_it_is(activity: dict[str, Any]) -> None:
    assert check(activity) is activity


def test_what_the_published_description_calls_an_activity_type_is_known_here() -> None:
    data = Path(os.environ.get("BRIDGE_REFERENCE_DATA", Path(__file__).parents[3] / "shared/reference/data"))
    description = data / "botframework/ConnectorAPI.swagger.json"
    if not description.exists():
        pytest.skip(f"{description} is not here")
    definitions = json.loads(description.read_text())["definitions"]

    for kind in definitions["ActivityTypes"]["enum"]:
        check({"type": kind, "text": "x"})
    with pytest.raises(BadActivity):
        check({"type": definitions["RoleTypes"]["enum"][0], "text": "x"})


async def test_faults_strike_the_calls_they_are_meant_for_and_then_are_over() -> None:
    here = BotSide()
    faults = here.connector.state.faults
    faults.add(Fault(429, retry_after=2))
    faults.add(Fault(502, on="members"))
    faults.add(Fault(504, late=True))

    answers = [await here.post(HELLO) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 504, 201]
    assert answers[0].headers["Retry-After"] == "2"
    assert len(here.connector.state.posts.since()) == 2, "the late fault came after the message was taken"
    assert (await here.http.get(f"v3/conversations/{here.chat}/members")).status_code == 502


async def test_where_the_bot_was_removed_its_messages_are_blocked_for_good() -> None:
    here = BotSide()
    await here.connector.teams.uninstall("ada")

    blocked = await here.post(HELLO)
    await here.connector.teams.install("ada")

    assert blocked.status_code == 403
    assert blocked.json()["errorCode"] == 209
    assert json.loads(blocked.json()["message"])["subCode"] == "MessageWritesBlocked"
    assert (await here.post(HELLO)).status_code == 201


async def test_the_eighth_message_in_a_second_is_too_many_and_another_chat_is_not_concerned() -> None:
    here = BotSide()
    grace = here.connector.state.world.conversation("grace").id

    answers = [await here.post(HELLO) for _ in range(8)]

    assert [answer.status_code for answer in answers] == [201] * 7 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert (await here.post(HELLO, grace)).status_code == 201
    here.connector.state.limits.enforced = False
    assert (await here.post(HELLO)).status_code == 201


def test_the_windows_slide_with_the_clock() -> None:
    now = [0.0]
    limits = Limits(lambda: now[0])
    for _ in range(7):
        assert limits.wait("send", "chat") == 0

    assert limits.wait("send", "chat") == 1.0
    now[0] = 1.25
    assert limits.wait("send", "chat") == 0.0
    assert limits.wait("send", "chat") == 0.75, "eight in two seconds"


async def test_whoever_waits_for_a_post_gets_it_when_it_comes_and_nothing_when_it_does_not() -> None:
    here = BotSide()
    posts = here.connector.state.posts
    waiting = asyncio.create_task(posts.wait(thread=here.chat, seconds=5))
    await asyncio.sleep(0)

    await here.post(HELLO)

    assert [post.activity["text"] for post in await waiting] == ["hello"]
    assert await posts.wait(1, here.chat, seconds=0.01) == []
