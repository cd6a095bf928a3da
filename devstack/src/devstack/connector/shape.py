"""A rough check of what the bot sends against the Activity of the Connector's published description."""

import json
import re
from typing import Any

TYPES = {
    *("message", "messageUpdate", "messageDelete", "messageReaction", "typing", "invoke", "event", "trace"),
    *("conversationUpdate", "contactRelationUpdate", "installationUpdate", "deleteUserData"),
    *("endOfConversation", "suggestion", "handoff"),
}
CHOICES = {
    "textFormat": {"markdown", "plain", "xml"},
    "attachmentLayout": {"list", "carousel"},
    "importance": {"low", "normal", "high"},
    "deliveryMode": {"normal", "notification", "expectReplies", "ephemeral"},
    "inputHint": {"acceptingInput", "ignoringInput", "expectingInput"},
}
KINDS: dict[type, tuple[str, ...]] = {
    str: ("id", "text", "summary", "locale", "speak", "replyToId", "name", "serviceUrl", "channelId", "label"),
    list: ("attachments", "entities", "membersAdded", "membersRemoved"),
    dict: ("from", "recipient", "conversation", "channelData", "suggestedActions"),
}
ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
MOST_BYTES = 40 * 1024  # of UTF-16, as Teams counts


class BadActivity(ValueError):
    """The Connector would refuse this activity; `code` and `status` are those it would use."""

    def __init__(self, why: str, code: str = "BadSyntax", status: int = 400) -> None:
        super().__init__(why)
        self.code = code
        self.status = status


def check(activity: Any) -> dict[str, Any]:
    """Answer the activity if the Connector would take it, else raise BadActivity."""
    if not isinstance(activity, dict):
        raise BadActivity("The body is not an activity")
    if len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) > MOST_BYTES:
        raise BadActivity("Message size too large", "MessageSizeTooBig", 413)
    _check_fields(activity)
    for attachment in activity.get("attachments", []):
        _check_attachment(attachment)
    for entity in activity.get("entities", []):
        _check_entity(entity, activity)
    if activity["type"] == "message" and not (activity.get("text") or activity.get("attachments")):
        raise BadActivity("A message needs text or attachments")
    return activity


def _check_fields(activity: dict[str, Any]) -> None:
    if activity.get("type") not in TYPES:
        raise BadActivity(f"Unknown activity type {activity.get('type')!r}")
    for kind, names in KINDS.items():
        for name in names:
            if activity.get(name) is not None and not isinstance(activity[name], kind):
                raise BadActivity(f"{name} must be of type {kind.__name__}")
    for name, allowed in CHOICES.items():
        if activity.get(name) is not None and activity[name] not in allowed:
            raise BadActivity(f"{name} must be one of {sorted(allowed)}")


def _check_attachment(attachment: Any) -> None:
    if not isinstance(attachment, dict) or not isinstance(attachment.get("contentType"), str):
        raise BadActivity("An attachment needs a contentType")
    if attachment["contentType"] == ADAPTIVE_CARD:
        _check_card(attachment.get("content"))
    elif not attachment.get("content") and not attachment.get("contentUrl"):
        raise BadActivity("An attachment needs content or contentUrl")


def _check_card(card: Any) -> None:
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise BadActivity("The content is not an Adaptive Card")
    if not re.fullmatch(r"1\.[0-5]", str(card.get("version", ""))):
        raise BadActivity("Teams shows Adaptive Cards of versions 1.0 to 1.5")
    if not isinstance(card.get("body", []), list) or not isinstance(card.get("actions", []), list):
        raise BadActivity("A card's body and actions are lists")
    for element in (*card.get("body", []), *card.get("actions", [])):
        if not isinstance(element, dict) or not isinstance(element.get("type"), str):
            raise BadActivity("Each element of a card needs a type")
    for mention in card.get("msteams", {}).get("entities", []):
        _check_mention(mention, json.dumps(card.get("body"), ensure_ascii=False))


def _check_entity(entity: Any, activity: dict[str, Any]) -> None:
    if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
        raise BadActivity("An entity needs a type")
    if entity["type"] == "mention":
        _check_mention(entity, activity.get("text") or "")


def _check_mention(entity: dict[str, Any], text: str) -> None:
    mentioned = entity.get("mentioned")
    if not isinstance(mentioned, dict) or not mentioned.get("id"):
        raise BadActivity("A mention needs mentioned.id")
    if not entity.get("text") or entity["text"] not in text:
        raise BadActivity("The text of a mention must occur in the text of the message")
