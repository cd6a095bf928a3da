"""What all events have in common."""

import re
from datetime import timedelta
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Fact(BaseModel):
    """A frozen value inside an event: unknown fields are ignored when it is read."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Event(Fact):
    """A past-tense fact, owned by one service; its topic and version stand on its class."""

    topic: ClassVar[str]
    version: ClassVar[int] = 1
    useful_for: ClassVar[timedelta | None] = None
    """After this long nobody waits for its effect any more; None: it is always wanted."""

    @classmethod
    def event_type(cls) -> str:
        """Give the CloudEvents type: `bridge.comment-asked.v1` for `CommentAsked`."""
        return f"bridge.{re.sub(r'(?<!^)(?=[A-Z])', '-', cls.__name__).lower()}.v{cls.version}"

    def key(self) -> str:
        """Give the Kafka key: events with one key are handled in their order."""
        raise NotImplementedError

    def subject(self) -> str | None:
        """Give the CloudEvents subject: what the event is about, in one id that is no secret."""
        return None


class Conversation(Fact):
    """A place in Teams where the bot can post, with all that posting needs."""

    conversation_id: str
    kind: str = "personal"
    """`personal`, `groupChat` or `channel`, as Teams says it."""
    service_url: str
    teams_tenant: str
    bot_id: str | None = None
    name: str | None = None

    @property
    def personal(self) -> bool:
        """Tell whether only one person reads it."""
        return self.kind == "personal"


class Origin(Fact):
    """Who asked, where and when: it travels with an intent and everything that comes of it."""

    intent_id: str
    """The same activity delivered twice has the same id."""
    teams_tenant: str
    user: str
    """Entra object id: with the tenant, the person's key."""
    user_mri: str
    """`29:…`, what the Connector calls the person."""
    user_name: str
    conversation: Conversation
    activity_id: str | None = None
    asked_at: AwareDatetime
    locale: str = "en-US"

    @property
    def person(self) -> str:
        """Give the key under which one person's events are ordered."""
        return f"{self.teams_tenant}|{self.user}"


class ForOnePerson(Event):
    """An event in one person's order, answered where the person asked."""

    origin: Origin

    def key(self) -> str:
        """Order by person."""
        return self.origin.person

    def subject(self) -> str | None:
        """Name the intent."""
        return self.origin.intent_id
