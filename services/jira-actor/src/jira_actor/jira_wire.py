"""Jira's JSON as Jira spells it; what we do not use is ignored, what may be missing is optional."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator


class Wire(BaseModel):
    """A part of Jira's JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Named(Wire):
    """Anything with a name."""

    name: str | None = None


class UserWire(Wire):
    """A user."""

    name: str
    key: str | None = None
    display_name: str | None = Field(None, alias="displayName")
    email: str | None = Field(None, alias="emailAddress")


class StatusCategory(Wire):
    """`new`, `indeterminate` or `done`."""

    key: str | None = None


class Status(Named):
    """A status of a workflow."""

    category: StatusCategory | None = Field(None, alias="statusCategory")


class IssueType(Named):
    """A type of issue."""

    id: str
    subtask: bool = False


class ProjectWire(Wire):
    """A project."""

    key: str
    name: str | None = None
    issue_types: tuple[IssueType, ...] = Field((), alias="issueTypes")


class TransitionWire(Wire):
    """What may be done next with an issue."""

    id: str
    name: str
    to: Status = Status()


class IssueFields(Wire):
    """The fields that a card shows."""

    summary: str | None = None
    description: str | None = None
    project: ProjectWire | None = None
    issuetype: Named | None = None
    status: Status | None = None
    priority: Named | None = None
    assignee: UserWire | None = None
    reporter: UserWire | None = None
    updated: AwareDatetime | None = None


class IssueWire(Wire):
    """An issue."""

    id: str
    key: str
    fields: IssueFields = IssueFields()
    transitions: tuple[TransitionWire, ...] = ()
    properties: dict[str, Any] = {}

    @field_validator("properties", mode="before")
    @classmethod
    def _none_is_empty(cls, value: object) -> object:
        return value or {}


class HistoryItem(Wire):
    """One field's change."""

    field: str


class History(Wire):
    """What one person changed at one time."""

    author: UserWire | None = None
    created: AwareDatetime
    items: tuple[HistoryItem, ...] = ()


class Histories(Wire):
    """All changes of an issue."""

    histories: tuple[History, ...] = ()


class ChangedIssue(Wire):
    """An issue with its history."""

    changelog: Histories = Histories()


class SearchWire(Wire):
    """A page of a search."""

    total: int = 0
    issues: tuple[IssueWire, ...] = ()


class Property(Wire):
    """An entity property."""

    key: str
    value: Any = None


class CommentWire(Wire):
    """A comment."""

    id: str
    created: AwareDatetime | None = None
    properties: tuple[Property, ...] = ()


class CommentPage(Wire):
    """A page of comments."""

    total: int = 0
    comments: tuple[CommentWire, ...] = ()


class CreatedIssue(Wire):
    """What creating an issue gives back."""

    id: str
    key: str


class ServerInfo(Wire):
    """What a Jira says about itself."""

    base_url: str = Field(alias="baseUrl")
    version: str
    server_time: AwareDatetime | None = Field(None, alias="serverTime")
    server_title: str | None = Field(None, alias="serverTitle")


class TokensWire(Wire):
    """What Jira's OAuth 2.0 token endpoint gives."""

    access_token: str = Field(min_length=1, max_length=4096, repr=False)
    refresh_token: str | None = Field(None, max_length=4096, repr=False)
    expires_in: int | None = Field(None, ge=0, le=10**9)


class OAuth2Problem(Wire):
    """What it says instead: one word of RFC 6749."""

    error: str = Field(pattern=r"^[a-z_]{1,40}$")


class OwnTokenWire(Wire):
    """A personal access token as Jira lists it to its owner: never its value."""

    id: int = Field(ge=0)


class WebhookWire(Wire):
    """A webhook as either generation of Jira lists it."""

    id: int | str | None = None
    """Since Jira 10."""
    self_url: str = Field("", alias="self")
    """Before: its last part is the id."""
    url: str = ""

    @property
    def key(self) -> str:
        """Give the id as it stands in paths; empty where there is none."""
        return str(self.id) if self.id is not None else self.self_url.rpartition("/")[2]
