"""Activities as Teams sends them to a bot."""

import html
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import Conversation, Person, World

Activity = dict[str, Any]

CLIENT_INFO = {"type": "clientInfo", "locale": "en-US", "country": "US", "platform": "Web", "timezone": "Etc/UTC"}


@dataclass(frozen=True)
class Place:
    """Who does something where; `root` is the id of the message that opened the channel's thread."""

    person: Person
    chat: Conversation
    root: str | None = None

    @property
    def conversation_id(self) -> str:
        """The chat's id, in a channel with the thread behind it."""
        return f"{self.chat.id};messageid={self.root}" if self.root and self.chat.kind == "channel" else self.chat.id


class Activities:
    """Writes activities for one bot in one world."""

    def __init__(self, settings: ConnectorSettings, world: World) -> None:
        self._settings = settings
        self._world = world

    def message(self, place: Place, text: str, message_id: str, *, mention: bool) -> Activity:
        """What somebody typed; with the bot mentioned, as channels and group chats require."""
        name = str(self._world.bot["name"])
        rich = f'<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">{name}</span> '
        content = f"<p>{rich if mention else ''}{html.escape(text)}</p>"
        activity = self._envelope("message", place, message_id)
        activity["text"] = f"<at>{name}</at> {text}\n" if mention else text
        activity["textFormat"] = "plain"
        activity["attachments"] = [{"contentType": "text/html", "content": content}]
        if mention:
            activity["entities"].append({"type": "mention", "mentioned": self._world.bot, "text": f"<at>{name}</at>"})
        return activity

    def submit(self, place: Place, data: object, message_id: str) -> Activity:
        """A press on a card's Action.Submit: a message without text whose value is the button's data."""
        activity = self._envelope("message", place, message_id)
        return {**activity, "value": data, "channelData": {**activity["channelData"], "source": {"name": "message"}}}

    def invoke(self, place: Place, name: str, value: object) -> Activity:
        """A request whose HTTP answer is the bot's answer: signin/verifyState, adaptiveCard/action, task/fetch …"""
        return {**self._envelope("invoke", place), "name": name, "value": value}

    def membership(self, place: Place, *, added: bool) -> Activity:
        """The bot was added to a conversation, or taken out of it."""
        activity = self._envelope("conversationUpdate", place)
        activity["membersAdded" if added else "membersRemoved"] = [{"id": self._world.bot["id"]}]
        if place.chat.team:
            activity["channelData"]["eventType"] = "teamMemberAdded" if added else "teamMemberRemoved"
        return activity

    def installation(self, place: Place, *, added: bool) -> Activity:
        """The app was installed in a conversation, or removed."""
        activity = self._envelope("installationUpdate", place)
        activity["channelData"]["source"] = {"name": "message"}
        return {**activity, "action": "add" if added else "remove"}

    def reaction(self, place: Place, kind: str, message_id: str) -> Activity:
        """Somebody liked one of the bot's messages."""
        activity = self._envelope("messageReaction", place)
        return {**activity, "reactionsAdded": [{"type": kind}], "replyToId": message_id}

    def _envelope(self, kind: str, place: Place, activity_id: str | None = None) -> Activity:
        now = datetime.now(UTC)
        chat = place.chat
        conversation = {"conversationType": chat.kind, "tenantId": self._world.tenant, "id": place.conversation_id}
        if chat.kind != "personal":
            conversation |= {"isGroup": True, "name": chat.name}  # type: ignore[dict-item]
        return {
            "type": kind,
            "id": activity_id or f"f:{uuid.uuid4()}",
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "localTimestamp": now.isoformat(timespec="milliseconds"),
            "localTimezone": "Etc/UTC",
            "channelId": "msteams",
            "serviceUrl": self._settings.service_url,
            "from": place.person.account(),
            "conversation": conversation,
            "recipient": self._world.bot,
            "entities": [
                {"type": "clientInfo", "locale": "en-US", "country": "US", "platform": "Web", "timezone": "Etc/UTC"}
            ],
            "channelData": self._channel_data(place),
            "locale": "en-US",
        }

    def _channel_data(self, place: Place) -> dict[str, Any]:
        data: dict[str, Any] = {"tenant": {"id": self._world.tenant}}
        if team := place.chat.team:
            data["teamsChannelId"] = place.chat.id
            data["teamsTeamId"] = team.id
            data["channel"] = {"id": place.chat.id}
            data["team"] = {"id": team.id, "name": team.name, "aadGroupId": team.aad_group_id}
            data["settings"] = {"selectedChannel": {"id": place.chat.id}}
        return data
