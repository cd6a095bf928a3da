"""What a person can ask for, as values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Help:
    """What can be asked."""


@dataclass(frozen=True)
class Register:
    """A code for a registration."""


@dataclass(frozen=True)
class Connect:
    """Connect my account."""


@dataclass(frozen=True)
class Disconnect:
    """Forget my account."""


@dataclass(frozen=True)
class Verify:
    """The code that the browser showed."""

    code: str


@dataclass(frozen=True)
class Sites:
    """Which Jiras there are."""


@dataclass(frozen=True)
class MyData:
    """What is stored about me."""


@dataclass(frozen=True)
class DeleteMyData:
    """Delete that; not before it is confirmed."""

    confirmed: bool = False


@dataclass(frozen=True)
class Webhook:
    """Have Jira tell of changes."""


@dataclass(frozen=True)
class Show:
    """An issue."""

    issue: str


@dataclass(frozen=True)
class Create:
    """A new issue."""

    project: str
    summary: str
    description: str = ""
    issue_type: str | None = None


@dataclass(frozen=True)
class Comment:
    """A comment; its text is what was typed, untouched."""

    issue: str
    text: str


@dataclass(frozen=True)
class Assign:
    """An assignee: `me`, or a name."""

    issue: str
    assignee: str


@dataclass(frozen=True)
class Transition:
    """Another status."""

    issue: str
    to: str


@dataclass(frozen=True)
class Search:
    """Words, or JQL."""

    query: str
    jql: bool = False


@dataclass(frozen=True)
class Subscribe:
    """This conversation hears of that project."""

    project: str


@dataclass(frozen=True)
class Unsubscribe:
    """This conversation hears of that project no more."""

    project: str


OfOneJira = (
    Connect
    | Disconnect
    | Verify
    | Webhook
    | Show
    | Create
    | Comment
    | Assign
    | Transition
    | Search
    | Subscribe
    | Unsubscribe
)
"""What is asked of one Jira, the default where none is named."""


@dataclass(frozen=True)
class InJira:
    """A command for the Jira of this name."""

    alias: str
    command: OfOneJira


@dataclass(frozen=True)
class Usage:
    """The verb was understood, what follows it was not."""

    verb: str


@dataclass(frozen=True)
class DidYouMean:
    """Nearly a command: the line as it was probably meant."""

    line: str


@dataclass(frozen=True)
class Unknown:
    """No command."""


Command = Help | Register | Sites | MyData | DeleteMyData | OfOneJira | InJira
