"""Owned by bot-gateway: what people asked for in Teams, and where the bot may speak."""

from typing import ClassVar

from pydantic import AwareDatetime

from contracts.event import Conversation, Event, ForOnePerson


class Intent(ForOnePerson):
    """What a person asked of the bot; one class per verb."""

    topic: ClassVar[str] = "teams.intents.v1"

    site: str | None = None
    """The alias of the Jira that is meant; None: the organisation's default."""


class RegisterAsked(Intent):
    """An administrator wants a one-time code for Jira's registration call."""

    code_hash: str
    """Hex SHA-256 of the code; the code itself is derived anew in bot-gateway and never travels."""


class ConnectAsked(Intent):
    """A person wants Bridge to act in Jira as him or her."""


class VerifyAsked(Intent):
    """A person brought the code that the callback page showed."""

    code: str


class DisconnectAsked(Intent):
    """A person takes back the permission to act for him or her."""


class TokenBrought(Intent):
    """A person gave a personal access token in a dialog."""

    token: str
    """A JWE to key-vault."""
    resume: str | None = None
    """The intent that waits for it, by its id."""


class SitesAsked(Intent):
    """A person wants to know which Jiras there are."""


class MyDataAsked(Intent):
    """A person wants to know what is stored about him or her."""


class MyDataDeletionAsked(Intent):
    """A person wants all of that deleted."""


class WebhookAsked(Intent):
    """An administrator wants Bridge's webhook created in Jira."""


class ShowAsked(Intent):
    """A person wants to see an issue."""

    issue: str


class CreateAsked(Intent):
    """A person wants a new issue."""

    project: str
    summary: str
    description: str = ""
    issue_type: str | None = None
    """None: the project's own first choice."""


class CommentAsked(Intent):
    """A person wants a comment on an issue."""

    issue: str
    text: str


class AssignAsked(Intent):
    """A person wants an issue assigned."""

    issue: str
    assignee: str
    """`me`, or a name as the person wrote it."""


class TransitionAsked(Intent):
    """A person wants an issue moved to another status."""

    issue: str
    to: str
    """A transition's or status' name as the person wrote it."""


class SearchAsked(Intent):
    """A person looks for issues."""

    query: str
    """Words, or JQL."""
    jql: bool = False


class SubscribeAsked(Intent):
    """A person wants this conversation to hear of a project's changes."""

    project: str


class UnsubscribeAsked(Intent):
    """A person wants this conversation to hear of a project no more."""

    project: str


class AboutConversation(Event):
    """An event in one conversation's order."""

    topic: ClassVar[str] = "teams.conversations.v1"

    conversation: Conversation
    at: AwareDatetime

    def key(self) -> str:
        """Order by conversation."""
        return self.conversation.conversation_id


class ConversationSeen(AboutConversation):
    """The bot was added somewhere, or a known place has a new address."""


class ConversationLeft(AboutConversation):
    """The bot was removed, or may no longer write there."""


class ActivitiesRefused(Event):
    """Something was turned away, once or many times, because of who or what it claimed to be."""

    topic: ClassVar[str] = AboutConversation.topic

    refusal_id: str
    """The same told again has the same id."""
    why: str
    """A fixed word: `token`, `channel`, `service_url`, `teams_tenant`, `no_tenant`, `no_account` or `card`."""
    count: int
    since: AwareDatetime
    until: AwareDatetime
    teams_tenant: str | None = None
    """Where it was genuine and said so; nothing is told of anybody else."""
    user: str | None = None
    """The person's Entra object id, likewise."""

    def key(self) -> str:
        """Spread by organisation: the order does not matter."""
        return self.teams_tenant or self.refusal_id


INTENTS: tuple[type[Intent], ...] = (
    RegisterAsked,
    ConnectAsked,
    VerifyAsked,
    DisconnectAsked,
    TokenBrought,
    SitesAsked,
    MyDataAsked,
    MyDataDeletionAsked,
    WebhookAsked,
    ShowAsked,
    CreateAsked,
    CommentAsked,
    AssignAsked,
    TransitionAsked,
    SearchAsked,
    SubscribeAsked,
    UnsubscribeAsked,
)
