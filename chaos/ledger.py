"""What people sent, and what Jira holds of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Command:
    """One command; times are seconds since 1970, `heard_at` is when the bot answered 200."""

    number: int
    person: str
    author: str
    """The person's user name in Jira."""
    jira: int
    kind: str
    """`create` or `comment`."""
    target: str
    """The project or the issue."""
    intent_id: str
    sent_at: float
    heard_at: float | None = None
    deliveries: int = 0


@dataclass(frozen=True)
class Effect:
    """One issue or comment that carries a command's number, as Jira holds it."""

    number: int
    jira: int
    kind: str
    target: str
    author: str
    intent_id: str | None
    at: float
    place: int
    """Its position among the comments of its issue, or the issue's number."""


@dataclass
class Ledger:
    """All commands of one run, by number."""

    commands: dict[int, Command] = field(default_factory=dict)

    @property
    def heard(self) -> list[Command]:
        """The commands that Bridge has accepted: these it may not lose."""
        return [command for command in self.commands.values() if command.heard_at is not None]

    def note(self, command: Command) -> None:
        self.commands[command.number] = command


def by_number(effects: Iterable[Effect]) -> dict[int, list[Effect]]:
    """Effects per command, the earliest first."""
    found: dict[int, list[Effect]] = defaultdict(list)
    for effect in sorted(effects, key=lambda effect: (effect.at, effect.place)):
        found[effect.number].append(effect)
    return dict(found)
