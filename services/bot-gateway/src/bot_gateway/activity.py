"""What Teams sends: every field but the type may be absent, and a field of the wrong shape counts as absent."""

import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")


class _OrNone:
    """Reads a value of the wrong shape as None: in pydantic's core, since each message has dozens of such fields."""

    def __get_pydantic_core_schema__(self, source: Any, read: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(read(source), default=None, on_error="default")


Maybe = Annotated[T | None, _OrNone()]


class Wire(BaseModel):
    """A part of an activity, in camel case on the wire."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Account(Wire):
    """A person or a bot; `id` is `29:…` or `28:…`."""

    id: Maybe[str] = None
    name: Maybe[str] = None
    aad_object_id: Maybe[str] = None


class Place(Wire):
    """The conversation, as Teams describes it."""

    id: Maybe[str] = None
    name: Maybe[str] = None
    conversation_type: Maybe[str] = None
    tenant_id: Maybe[str] = None


class Entity(Wire):
    """Something that the text refers to; only mentions matter here."""

    type: Maybe[str] = None
    text: Maybe[str] = None
    mentioned: Maybe[Account] = None


class Named(Wire):
    """A tenant, team or channel."""

    id: Maybe[str] = None
    name: Maybe[str] = None


class ChannelData(Wire):
    """What Teams adds to Bot Framework's own fields."""

    tenant: Maybe[Named] = None
    team: Maybe[Named] = None
    channel: Maybe[Named] = None
    event_type: Maybe[str] = None


class Activity(Wire):
    """One activity of Bot Framework."""

    type: str = Field(min_length=1)
    id: Maybe[str] = None
    name: Maybe[str] = None
    action: Maybe[str] = None
    text: Maybe[str] = None
    locale: Maybe[str] = None
    channel_id: Maybe[str] = None
    service_url: Maybe[str] = None
    sender: Maybe[Account] = Field(default=None, alias="from")
    recipient: Maybe[Account] = None
    conversation: Maybe[Place] = None
    channel_data: Maybe[ChannelData] = None
    entities: Maybe[tuple[Maybe[Entity], ...]] = None
    members_added: Maybe[tuple[Maybe[Account], ...]] = None
    members_removed: Maybe[tuple[Maybe[Account], ...]] = None
    reply_to_id: Maybe[str] = None
    value: Any = None

    @property
    def teams_tenant(self) -> str | None:
        """Give the Entra tenant, from wherever the activity tells it."""
        named = self.channel_data and self.channel_data.tenant and self.channel_data.tenant.id
        return named or (self.conversation and self.conversation.tenant_id) or None

    @property
    def names_two_tenants(self) -> bool:
        """Tell whether its parts speak of different tenants."""
        named = self.channel_data and self.channel_data.tenant and self.channel_data.tenant.id
        placed = self.conversation and self.conversation.tenant_id
        return bool(named and placed) and str(named).lower() != str(placed).lower()

    @property
    def body(self) -> dict[str, Any]:
        """Give the value, where it is an object."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def mentions_bot(self) -> bool:
        """Tell whether the text speaks to the bot."""
        return self.names_bot(tuple(entity.mentioned for entity in self.entities or () if entity))

    def names_bot(self, members: tuple[Account | None, ...] | None) -> bool:
        """Tell whether the bot itself, the recipient, is among these members."""
        bot = self.recipient and self.recipient.id
        return bool(bot) and any(member is not None and member.id == bot for member in members or ())


def spoken_text(activity: Activity) -> str:
    """Give the text without the mentions of the bot itself; other people's mentions become their names."""
    text = activity.text or ""
    bot = activity.recipient and activity.recipient.id
    for entity in activity.entities or ():
        if entity is None or (entity.type or "").lower() != "mention" or not entity.text or entity.mentioned is None:
            continue
        to_bot = bool(bot) and entity.mentioned.id == bot
        text = text.replace(entity.text, " " if to_bot else _plain_name(entity.text), 1)
    return text


def _plain_name(mention: str) -> str:
    return re.sub(r"</?at[^<>]*>", "", mention)
