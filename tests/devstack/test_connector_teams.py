"""What people do in Teams, as the bot hears of it."""

from dataclasses import replace

import pytest
from tests.devstack.connector_fakes import SETTINGS, BotSide

from devstack.connector import Connector
from devstack.connector.remote import ControlRefused, RemoteTeams
from devstack.connector.teams import BotUnreachable


async def test_a_personal_message_carries_who_where_and_teams_rich_copy_of_the_text() -> None:
    here = BotSide()
    ada = here.connector.state.world.person("ada")

    answer = await here.connector.teams.say("ada", "show OPS-7 <b>")

    (heard,) = here.bot.heard
    assert (answer.status, answer.activity_id) == (202, heard["id"])
    assert heard["text"] == "show OPS-7 <b>"
    assert heard["attachments"] == [{"contentType": "text/html", "content": "<p>show OPS-7 &lt;b&gt;</p>"}]
    assert heard["from"] == {"id": ada.mri, "name": "Ada Lovelace", "aadObjectId": ada.aad_object_id}
    assert heard["recipient"]["id"] == f"28:{SETTINGS.app_id}"
    assert heard["conversation"]["conversationType"] == "personal"
    assert heard["conversation"]["id"].startswith("a:1")
    assert heard["channelData"] == {"tenant": {"id": SETTINGS.tenant}}
    assert heard["serviceUrl"] == SETTINGS.service_url


async def test_in_a_channel_the_bot_is_mentioned_and_the_message_opens_a_thread() -> None:
    here = BotSide()
    alerts = here.connector.state.world.conversation("alerts").id

    await here.connector.teams.say("grace", "subscribe OPS", conversation="alerts")
    opened = here.bot.heard[0]
    await here.connector.teams.say("grace", "help", conversation="alerts", root=opened["id"])

    assert opened["conversation"]["id"] == f"{alerts};messageid={opened['id']}"
    assert here.bot.heard[1]["conversation"]["id"] == opened["conversation"]["id"]
    mention = next(entity for entity in opened["entities"] if entity["type"] == "mention")
    assert mention["mentioned"] == opened["recipient"]
    assert opened["text"].startswith(mention["text"])
    assert opened["channelData"]["channel"] == {"id": alerts}


async def test_an_invoke_gives_back_the_bots_body() -> None:
    here = BotSide()

    answer = await here.connector.teams.verify_state("ada", "12345678")

    assert here.bot.heard[0]["name"] == "signin/verifyState"
    assert answer.body == {"heard": {"state": "12345678"}}


async def test_a_pressed_button_tells_which_message_it_sits_on() -> None:
    here = BotSide()
    alerts = here.connector.state.world.conversation("alerts").id
    posted = (await here.post({"type": "message", "text": "a card"}, alerts)).json()["id"]

    await here.connector.teams.submit("ada", {"verb": "refresh"}, on=posted, conversation="alerts")

    (heard,) = here.bot.heard
    assert (heard["replyToId"], heard["value"]) == (posted, {"verb": "refresh"})
    assert "text" not in heard
    assert heard["conversation"]["id"] == f"{alerts};messageid={posted}"


async def test_adding_the_bot_to_a_team_is_told_as_installation_and_as_membership() -> None:
    here = BotSide()

    await here.connector.teams.install("ada", "general")

    installed, joined = here.bot.heard
    assert (installed["type"], installed["action"]) == ("installationUpdate", "add")
    assert joined["type"] == "conversationUpdate"
    assert joined["membersAdded"] == [{"id": joined["recipient"]["id"]}]
    assert joined["channelData"]["eventType"] == "teamMemberAdded"
    assert joined["channelData"]["team"]["name"] == "Operations"


async def test_a_redelivered_activity_is_the_same_activity() -> None:
    here = BotSide()
    first = await here.connector.teams.say("ada", "comment OPS-7 hi")

    await here.connector.teams.redeliver(first.activity_id)

    assert here.bot.heard[0] == here.bot.heard[1]


async def test_a_bot_that_is_not_there_is_named() -> None:
    connector = Connector(replace(SETTINGS, bot_url="http://127.0.0.1:1/api/messages"))

    with pytest.raises(BotUnreachable, match="did not answer at http://127"):
        await connector.teams.say("ada", "hello")

    await connector.close()


async def test_another_process_does_the_same_through_the_control_api() -> None:
    here = BotSide()
    remote = RemoteTeams("http://connector.test", here.http)

    said = await remote.say("ada", "help", conversation="group")
    await here.post({"type": "message", "text": "This is what I can do"})
    posts = await remote.posts("ada", wait=1)

    assert said.status == 202
    assert here.bot.heard[0]["conversation"]["conversationType"] == "groupChat"
    assert [post.activity["text"] for post in posts] == ["This is what I can do"]
    assert (await remote.world())["people"]["ada"]["name"] == "Ada Lovelace"
    assert (await remote.verify_state("ada", "1")).body == {"heard": {"state": "1"}}


async def test_the_control_api_says_what_is_wrong_with_a_wish() -> None:
    remote = RemoteTeams("http://connector.test", BotSide().http)

    with pytest.raises(ControlRefused, match="There is no user 'zoe'; there are ada, alan, barbara, grace"):
        await remote.say("zoe", "hello")
    with pytest.raises(ControlRefused, match="Wrong arguments"):
        await remote.do("say", who="ada")


async def test_faults_limits_keys_and_tokens_are_set_through_the_control_api() -> None:
    here = BotSide()
    remote = RemoteTeams("http://connector.test", here.http)

    await remote.do("faults", status=429, conversation="ada", retry_after=1)
    await remote.do("limits", enforced=False)
    rotated = await remote.do("keys", forget=True)

    assert (await here.post({"type": "typing"})).status_code == 429
    assert here.connector.state.limits.enforced is False
    assert [key["kid"] for key in here.connector.state.keys.jwks()["keys"]] == [rotated["kid"]]  # type: ignore[attr-defined]
    await remote.do("tokens", revoke=True)
    assert (await here.post({"type": "typing"})).status_code == 401
