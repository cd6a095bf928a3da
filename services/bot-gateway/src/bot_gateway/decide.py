"""What an activity means: which events come of it, what is said at once, and what the HTTP answer is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot_gateway import commands, grammar
from bot_gateway.activity import Activity, spoken_text
from bot_gateway.intents import intent_of
from bot_gateway.refusals import Why
from bot_gateway.registration_codes import RegistrationCodes
from bot_gateway.tickets import Tickets
from bot_gateway.token_dialog import (
    NOT_YOURS,
    TAKEN,
    TICKET,
    TOKEN,
    TokenGiven,
    last_words,
    problem_with,
    token_dialog,
    token_in,
)
from contracts.event import Conversation, Origin
from contracts.ids import named_id
from contracts.teams import ConversationLeft, ConversationSeen, Intent, MyDataDeletionAsked

VERB, COMMAND = "command", "bridgeCommand"
"""Of our buttons: their verb, and the field of their data that holds the command they stand for."""
LONGEST_COMMAND = 300
"""Of a button, in characters: a card must not outgrow what Teams takes, and what is longer is none of ours."""
NOT_HERE = "Bridge has nothing for this place yet. Write to the bot instead."


@dataclass(frozen=True)
class Welcome:
    """The bot was added here."""


@dataclass(frozen=True)
class NoAccount:
    """Teams did not say who is asking."""


@dataclass(frozen=True)
class ConfirmDeletion:
    """All data of a person would be deleted; in front of others there is no button, which anybody could press."""

    by_button: bool


Say = ConfirmDeletion | commands.Help | commands.Usage | commands.DidYouMean | commands.Unknown | Welcome | NoAccount


class Heard(NamedTuple):
    """An activity that was found genuine."""

    activity: Activity
    service_url: str
    at: datetime
    codes: RegistrationCodes
    tickets: Tickets


class Decision(NamedTuple):
    """What comes of an activity."""

    place: Conversation | None = None
    news: ConversationSeen | ConversationLeft | None = None
    intent: Intent | None = None
    say: Say | None = None
    reply_to: str | None = None
    card_action: bool = False
    """The answer to the request is a card: the outcome's, or what is said."""
    answer: Mapping[str, Any] | None = None
    given: TokenGiven | None = None
    """A token to be sealed and brought."""
    refused: Why | None = None
    """Nothing comes of it because of who or what it claims to be."""


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
        case "message":
            return Decision(refused="no_tenant")
        case _:
            return Decision()


def _message(heard: Heard, place: Conversation) -> Decision:
    activity = heard.activity
    pressed = COMMAND in activity.body
    if not pressed and not place.personal and not activity.mentions_bot:
        return Decision()  # people talking among themselves
    text = _command(activity.body) if pressed else spoken_text(activity)
    intent, say = _asked(heard, place, text) if text is not None else (None, commands.Unknown())
    news = ConversationSeen(conversation=_root(place), at=heard.at)
    # A chat that was just seen would outlive the data that are to be deleted.
    seen = None if isinstance(intent, MyDataDeletionAsked) else news
    return Decision(place, seen, intent, say, activity.id, refused=_why(say, text))


def _command(data: Mapping[str, Any]) -> str | None:
    """Give the command that a button stands for, or None where it is none of ours."""
    command = data.get(COMMAND)
    return command if isinstance(command, str) and len(command) <= LONGEST_COMMAND else None


def _why(say: Say | None, text: str | None) -> Why | None:
    return "card" if text is None else "no_account" if isinstance(say, NoAccount) else None


def _invoke(heard: Heard, place: Conversation | None) -> Decision:
    activity = heard.activity
    name = activity.name or ""
    if name == "signin/verifyState" and place:
        # Where this is no code, the person closed the window: nothing is asked.
        intent, say = _asked(heard, place, f"verify {activity.body.get('state')}")
        return Decision(place, intent=intent, answer={}, refused=_why(say, ""))
    if name == "adaptiveCard/action" and place:
        command = _pressed(activity.body.get("action"))
        intent, say = _asked(heard, place, command) if command is not None else (None, commands.Unknown())
        reply_to, why = activity.reply_to_id, _why(say, command)
        return Decision(place, intent=intent, say=say, card_action=True, reply_to=reply_to, refused=why)
    if name in ("task/fetch", "task/submit") and place:
        return _token_dialog(heard, place, shown=name == "task/fetch")
    return Decision(answer=_invoke_answer(name), refused=None if place else "no_tenant")


def _pressed(action: object) -> str | None:
    """Give the command of a button that was pressed; each of ours has the one verb."""
    if not isinstance(action, dict) or action.get("verb", VERB) != VERB:
        return None
    data = action.get("data")
    return _command(data) if isinstance(data, dict) else None


def _token_dialog(heard: Heard, place: Conversation, *, shown: bool) -> Decision:
    """Open the dialog for a token, or take what was entered: from the card's owner alone, and where nobody else is."""
    data = heard.activity.body.get("data")
    brought = data if isinstance(data, dict) else {}
    text, origin = brought.get(TICKET), _origin(heard, place)
    ticket = heard.tickets.read(text)
    if ticket is None or origin is None or origin.person != ticket.person or not place.personal:
        return Decision(place, answer=last_words(NOT_YOURS if TICKET in brought else NOT_HERE), refused="card")
    if shown:
        return Decision(place, answer=token_dialog(ticket, str(text)))
    token = token_in(brought.get(TOKEN))
    if token is None:
        return Decision(place, answer=token_dialog(ticket, str(text), problem_with(brought.get(TOKEN))))
    return Decision(place, answer=last_words(TAKEN), given=TokenGiven(origin, ticket, str(text), token))


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
    if command == commands.DeleteMyData():
        return None, ConfirmDeletion(by_button=place.personal)
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
        intent_id=named_id(f"{place.conversation_id}|{activity.id}"),
        teams_tenant=place.teams_tenant,
        user=person.aad_object_id,
        user_mri=person.id,
        user_name=person.name or "Somebody",
        conversation=place,
        activity_id=activity.id if activity.type == "message" else activity.reply_to_id,
        asked_at=heard.at,
        locale=activity.locale or "en-US",
    )
