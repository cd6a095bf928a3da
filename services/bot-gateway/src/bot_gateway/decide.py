"""What an activity means: which events come of it, what is said at once, and what the HTTP answer is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bot_gateway import commands, grammar
from bot_gateway.activity import Activity, spoken_text
from bot_gateway.intents import intent_of
from bot_gateway.registration_codes import RegistrationCodes
from contracts.event import Conversation, Origin
from contracts.teams import ConversationLeft, ConversationSeen, Intent

COMMAND = "bridgeCommand"
"""The field of a button's data that holds the command it stands for."""
NOT_HERE = "Bridge has nothing for this place yet. Write to the bot instead."


@dataclass(frozen=True)
class Welcome:
    """The bot was added here."""


@dataclass(frozen=True)
class NoAccount:
    """Teams did not say who is asking."""


Say = commands.Help | commands.Usage | commands.DidYouMean | commands.Unknown | Welcome | NoAccount


@dataclass(frozen=True)
class Heard:
    """An activity that was found genuine."""

    activity: Activity
    service_url: str
    at: datetime
    codes: RegistrationCodes


@dataclass(frozen=True)
class Decision:
    """What comes of an activity."""

    place: Conversation | None = None
    news: ConversationSeen | ConversationLeft | None = None
    intent: Intent | None = None
    say: Say | None = None
    reply_to: str | None = None
    card_action: bool = False
    """The answer to the request is a card: the outcome's, or what is said."""
    answer: Mapping[str, Any] | None = None


def decide(heard: Heard) -> Decision:
    """Decide; an activity of a kind that is not known means nothing, and never an error."""
    activity = heard.activity
    place = _place(heard)
    match activity.type:
        case "message" if place:
            return _message(heard, place)
        case "invoke":
            return _invoke(heard, place)
        case "conversationUpdate" if place:
            return _conversation_update(heard, place)
        case "installationUpdate" if place:
            return _installation_update(heard, place)
        case _:
            return Decision()


def _message(heard: Heard, place: Conversation) -> Decision:
    activity = heard.activity
    pressed = activity.body.get(COMMAND)
    if not isinstance(pressed, str) and not place.personal and not activity.mentions_bot:
        return Decision()  # people talking among themselves
    text = pressed if isinstance(pressed, str) else spoken_text(activity)
    intent, say = _asked(heard, place, text)
    return Decision(place, ConversationSeen(conversation=_root(place), at=heard.at), intent, say, activity.id)


def _invoke(heard: Heard, place: Conversation | None) -> Decision:
    activity = heard.activity
    name = activity.name or ""
    if name == "signin/verifyState" and place:
        # Where this is no code, the person closed the window: nothing is asked.
        intent, _ = _asked(heard, place, f"verify {activity.body.get('state')}")
        return Decision(place, intent=intent, answer={})
    if name == "adaptiveCard/action" and place:
        action = activity.body.get("action")
        data = action.get("data") if isinstance(action, dict) else None
        command = data.get(COMMAND) if isinstance(data, dict) else None
        intent, say = _asked(heard, place, command) if isinstance(command, str) else (None, commands.Unknown())
        return Decision(place, intent=intent, say=say, card_action=True, reply_to=activity.reply_to_id)
    return Decision(answer=_invoke_answer(name))


def _invoke_answer(name: str) -> Mapping[str, Any]:
    """Answer what this bot does not offer so that Teams shows a sentence rather than an error."""
    kind, _, what = name.partition("/")
    if kind == "task" or name in ("composeExtension/fetchTask", "composeExtension/submitAction"):
        return {"task": {"type": "message", "value": NOT_HERE}}
    if kind == "composeExtension" and what in ("query", "queryLink", "anonymousQueryLink", "selectItem"):
        return {"composeExtension": {"type": "message", "text": NOT_HERE}}
    if name == "adaptiveCard/action":
        return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": NOT_HERE}
    return {}


def _conversation_update(heard: Heard, place: Conversation) -> Decision:
    activity = heard.activity
    if activity.names_bot(activity.members_added):
        return Decision(place, ConversationSeen(conversation=_root(place), at=heard.at), say=Welcome())
    if activity.names_bot(activity.members_removed):
        return Decision(place, ConversationLeft(conversation=_root(place), at=heard.at))
    channel = activity.channel_data and activity.channel_data.channel and activity.channel_data.channel.id
    if channel and activity.channel_data and activity.channel_data.event_type == "channelDeleted":
        gone = place.model_copy(update={"conversation_id": channel})
        return Decision(place, ConversationLeft(conversation=gone, at=heard.at))
    return Decision()


def _installation_update(heard: Heard, place: Conversation) -> Decision:
    """Teams also sends a conversationUpdate when the bot is added: that one is welcomed."""
    match heard.activity.action:
        case "add" | "add-upgrade":
            return Decision(place, ConversationSeen(conversation=_root(place), at=heard.at))
        case "remove":
            return Decision(place, ConversationLeft(conversation=_root(place), at=heard.at))
        case _:
            return Decision()


def _asked(heard: Heard, place: Conversation, text: str) -> tuple[Intent | None, Say | None]:
    command = grammar.parse(text)
    if isinstance(command, commands.Help | commands.Usage | commands.DidYouMean | commands.Unknown):
        return None, command
    origin = _origin(heard, place)
    return (intent_of(command, origin, heard.codes), None) if origin else (None, NoAccount())


def _place(heard: Heard) -> Conversation | None:
    """Give the conversation, where the activity names one that can be answered."""
    activity, told = heard.activity, heard.activity.conversation
    tenant = activity.teams_tenant
    if told is None or not told.id or not tenant:
        return None
    kind = told.conversation_type or ("personal" if told.id.startswith("a:") else "groupChat")
    bot = activity.recipient.id if activity.recipient else None
    return Conversation(
        conversation_id=told.id,
        kind=kind,
        service_url=heard.service_url,
        teams_tenant=tenant,
        bot_id=bot,
        name=told.name,
    )


def _root(place: Conversation) -> Conversation:
    """Give the channel instead of one of its threads."""
    channel, thread, _ = place.conversation_id.partition(";")
    return place.model_copy(update={"conversation_id": channel}) if thread else place


def _origin(heard: Heard, place: Conversation) -> Origin | None:
    activity, person = heard.activity, heard.activity.sender
    if person is None or not person.id or not person.aad_object_id or not activity.id:
        return None
    return Origin(
        intent_id=uuid5(NAMESPACE_URL, f"{place.conversation_id}|{activity.id}").hex,
        teams_tenant=place.teams_tenant,
        user=person.aad_object_id,
        user_mri=person.id,
        user_name=person.name or "Somebody",
        conversation=place,
        activity_id=activity.id if activity.type == "message" else activity.reply_to_id,
        asked_at=heard.at,
        locale=activity.locale or "en-US",
    )
