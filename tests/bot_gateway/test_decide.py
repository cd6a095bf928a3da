from typing import Any

import pytest
from tests.bot_gateway.fakes import BOT, PERSON, SERVICE_URL, TENANT, heard, invoke, message

from bot_gateway.commands import DidYouMean, Help, Unknown, Usage
from bot_gateway.decide import COMMAND, ConfirmDeletion, NoAccount, Welcome, decide
from contracts.teams import (
    AssignAsked,
    CommentAsked,
    ConnectAsked,
    ConversationLeft,
    ConversationSeen,
    CreateAsked,
    Intent,
    MyDataAsked,
    MyDataDeletionAsked,
    ShowAsked,
    SitesAsked,
    SubscribeAsked,
    VerifyAsked,
    WebhookAsked,
)


def test_a_command_becomes_an_intent_that_knows_who_asked_and_where() -> None:
    decision = decide(heard(message("comment OPS-7 deployed to staging")))

    assert isinstance(decision.intent, CommentAsked)
    assert (decision.intent.issue, decision.intent.text) == ("OPS-7", "deployed to staging")
    asked = decision.intent.origin
    assert (asked.teams_tenant, asked.user, asked.user_mri) == (TENANT, PERSON["aadObjectId"], PERSON["id"])
    assert (asked.user_name, asked.locale, asked.activity_id) == ("Dana", "de-CH", "1700000000001")
    place = asked.conversation
    assert (place.conversation_id, place.kind, place.service_url) == ("a:chat", "personal", SERVICE_URL)
    assert (place.teams_tenant, place.bot_id) == (TENANT, BOT["id"])


def test_the_same_activity_gives_the_same_intent_id_and_another_one_another() -> None:
    first, again = (decide(heard(message())).intent for _ in range(2))
    other = decide(heard(message(id="1700000000002"))).intent

    assert first is not None
    assert again is not None
    assert other is not None
    assert first.origin.intent_id == again.origin.intent_id != other.origin.intent_id


def test_in_a_channel_the_bot_hears_only_what_is_said_to_it() -> None:
    spoken = message("OPS-7", kind="channel")

    assert isinstance(decide(heard(spoken)).intent, ShowAsked)
    assert decide(heard({**spoken, "entities": []})).intent is None
    assert decide(heard({**spoken, "entities": []})).say is None


def test_a_channel_is_announced_without_its_thread() -> None:
    news = decide(heard(message("subscribe OPS", kind="channel"))).news

    assert isinstance(news, ConversationSeen)
    assert news.conversation.conversation_id == "19:ops@thread.tacv2"


@pytest.mark.parametrize(
    ("text", "say"),
    [
        ("help", Help()),
        ("", Help()),
        ("create OPS", Usage("create")),
        ("asign OPS-7 me", DidYouMean("assign OPS-7 me")),
        ("what?", Unknown()),
        ("delete my data", ConfirmDeletion(by_button=True)),
    ],
)
def test_what_is_no_command_is_answered_at_once(text: str, say: object) -> None:
    decision = decide(heard(message(text)))

    assert (decision.intent, decision.say, decision.reply_to) == (None, say, "1700000000001")


@pytest.mark.parametrize("missing", [{"from": {"id": "29:x"}}, {"from": None}, {"id": None}])
def test_without_an_account_there_is_no_intent(missing: dict[str, Any]) -> None:
    decision = decide(heard({**message(), **missing}))

    assert (decision.intent, decision.say) == (None, NoAccount())


def test_without_a_conversation_or_tenant_nothing_comes_of_it() -> None:
    assert decide(heard({**message(), "conversation": None})).intent is None
    assert decide(heard({**message(), "channelData": {}, "conversation": {"id": "a:1"}})).intent is None


def test_a_pressed_button_means_the_same_as_the_command_it_stands_for() -> None:
    data = {COMMAND: "assign OPS-7 to me"}
    pressed = {"action": {"type": "Action.Execute", "verb": "command", "data": data}, "trigger": "manual"}
    new, old = invoke("adaptiveCard/action", pressed, replyToId="1699"), message("", kind="channel", value=data)
    old["entities"] = []

    by_invoke, by_message = decide(heard(new)), decide(heard(old))

    assert isinstance(by_invoke.intent, AssignAsked)
    assert isinstance(by_message.intent, AssignAsked)
    assert by_invoke.card_action
    assert by_invoke.intent.origin.activity_id == "1699"
    assert not by_message.card_action


@pytest.mark.parametrize("value", [None, {}, {"action": 5}, {"action": {"data": {COMMAND: 5}}}, "x"])
def test_a_button_that_is_none_of_ours_is_answered_with_a_card(value: Any) -> None:
    decision = decide(heard(invoke("adaptiveCard/action", value)))

    assert (decision.card_action, decision.intent, decision.say) == (True, None, Unknown())


def test_the_code_of_the_sign_in_window_is_brought_to_verification() -> None:
    decision = decide(heard(invoke("signin/verifyState", {"state": "12345678"})))

    assert isinstance(decision.intent, VerifyAsked)
    assert (decision.intent.code, decision.answer) == ("12345678", {})


@pytest.mark.parametrize("value", [{"state": "CancelledByUser"}, {"state": ""}, {"state": None}, {}, None, []])
def test_a_sign_in_window_closed_without_a_code_asks_for_nothing(value: Any) -> None:
    decision = decide(heard(invoke("signin/verifyState", value)))

    assert (decision.intent, decision.say, decision.answer) == (None, None, {})


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("composeExtension/query", "composeExtension"),
        ("composeExtension/queryLink", "composeExtension"),
        ("composeExtension/fetchTask", "task"),
        ("composeExtension/submitAction", "task"),
        ("task/fetch", "task"),
        ("task/submit", "task"),
    ],
)
def test_what_the_bot_does_not_offer_is_answered_with_a_sentence(name: str, key: str) -> None:
    answer = decide(heard(invoke(name, {}))).answer

    assert answer is not None
    assert answer[key]["type"] == "message"


@pytest.mark.parametrize("name", ["composeExtension/setting", "tab/fetch", "config/fetch", "unheard/of", ""])
def test_other_invokes_get_an_empty_answer(name: str) -> None:
    assert decide(heard(invoke(name, {}))).answer == {}


@pytest.mark.parametrize(
    "kind", ["messageUpdate", "messageDelete", "messageReaction", "typing", "event", "endOfConversation", "novelty"]
)
def test_other_activities_mean_nothing(kind: str) -> None:
    decision = decide(heard(message("OPS-7", type=kind)))

    assert (decision.intent, decision.news, decision.say, decision.answer) == (None, None, None, None)


def test_being_added_is_announced_and_welcomed_once() -> None:
    added = message("", type="conversationUpdate", membersAdded=[PERSON, BOT])
    installed = message("", type="installationUpdate", action="add")

    assert isinstance(decide(heard(added)).news, ConversationSeen)
    assert decide(heard(added)).say == Welcome()
    assert isinstance(decide(heard(installed)).news, ConversationSeen)
    assert decide(heard(installed)).say is None


@pytest.mark.parametrize(
    "gone",
    [
        {"type": "conversationUpdate", "membersRemoved": [BOT]},
        {"type": "installationUpdate", "action": "remove"},
        {
            "type": "conversationUpdate",
            "channelData": {"tenant": {"id": TENANT}, "channel": {"id": "a:chat"}, "eventType": "channelDeleted"},
        },
    ],
)
def test_being_removed_is_announced(gone: dict[str, Any]) -> None:
    news = decide(heard(message("", **gone))).news

    assert isinstance(news, ConversationLeft)
    assert news.conversation.conversation_id == "a:chat"


@pytest.mark.parametrize(
    "other",
    [
        {"type": "conversationUpdate", "membersAdded": [PERSON]},
        {"type": "conversationUpdate", "membersRemoved": [PERSON]},
        {"type": "conversationUpdate"},
        {"type": "installationUpdate", "action": "remove-upgrade"},
    ],
)
def test_other_peoples_comings_and_goings_are_not(other: dict[str, Any]) -> None:
    assert decide(heard(message("", **other))).news is None


def test_a_chat_of_unknown_kind_is_not_taken_for_a_private_one() -> None:
    meeting = {**message(), "conversation": {"id": "19:meeting_x@thread.v2", "tenantId": TENANT}}
    place = decide(heard({**meeting, "entities": message(kind="channel")["entities"]})).place

    assert place is not None
    assert not place.personal


def test_long_and_foreign_texts_pass_through() -> None:
    text = "שלום 🔥 <b>x</b> {code} " * 1700
    decision = decide(heard(message(f"comment OPS-7 {text}")))

    assert isinstance(decision.intent, CommentAsked)
    assert decision.intent.text == text.strip()
    assert len(decision.intent.text.encode()) > 40_000


def test_the_lines_after_the_first_describe_a_new_issue() -> None:
    intent = decide(heard(message("create OPS/Bug on fire\nIt smokes.\n\nSince Monday."))).intent

    assert isinstance(intent, CreateAsked)
    assert (intent.project, intent.issue_type) == ("OPS", "Bug")
    assert (intent.summary, intent.description) == ("on fire", "It smokes.\n\nSince Monday.")


@pytest.mark.parametrize(
    ("text", "kind", "site"),
    [
        ("on EU comment OPS-7 hi", CommentAsked, "eu"),
        ("on eu connect", ConnectAsked, "eu"),
        ("on eu webhook", WebhookAsked, "eu"),
        ("connect", ConnectAsked, None),
        ("webhook", WebhookAsked, None),
        ("jiras", SitesAsked, None),
        ("my data", MyDataAsked, None),
        ("delete my data yes", MyDataDeletionAsked, None),
    ],
)
def test_a_command_is_for_the_jira_that_it_names(text: str, kind: type[Intent], site: str | None) -> None:
    intent = decide(heard(message(text))).intent

    assert isinstance(intent, kind)
    assert intent.site == site


def test_a_chat_is_not_announced_by_asking_for_its_deletion() -> None:
    assert decide(heard(message("delete my data yes"))).news is None


def test_in_front_of_others_the_deletion_is_not_offered_by_a_button() -> None:
    assert decide(heard(message("delete my data", kind="channel"))).say == ConfirmDeletion(by_button=False)


def test_a_subscription_is_for_the_conversation_it_was_asked_in() -> None:
    intent = decide(heard(message("subscribe OPS", kind="groupChat"))).intent

    assert isinstance(intent, SubscribeAsked)
    assert intent.origin.conversation.conversation_id == "19:group@thread.v2"
