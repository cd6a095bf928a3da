"""Which of an organisation's Jiras a command means, and how one writes that. Pure, and the same for all services."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol, TypeVar


class Registered(Protocol):
    """A Jira as an organisation registered it: `registry.Tenant`, or the registry's own row of it."""

    @property
    def alias(self) -> str | None: ...

    @property
    def is_default(self) -> bool: ...

    @property
    def state(self) -> str: ...


class NoSite(Enum):
    """Why no Jira is meant."""

    NONE_REGISTERED = "none_registered"
    NO_SUCH_ALIAS = "no_such_alias"
    AMBIGUOUS = "ambiguous"


AnyRegistered = TypeVar("AnyRegistered", bound=Registered)


def meant(registered: Sequence[AnyRegistered], alias: str | None) -> AnyRegistered | NoSite:
    """Give the Jira of this alias, in whatever state it is.

    Without one: the default; where there is none, as after its erasure, the only one that is active; else the only one.
    """
    if not registered:
        return NoSite.NONE_REGISTERED
    if alias is not None:
        named = [one for one in registered if one.alias == alias.lower()]
        return named[0] if named else NoSite.NO_SUCH_ALIAS
    for choice in (
        [one for one in registered if one.is_default],
        [one for one in registered if one.state == "active"],
        registered,
    ):
        if len(choice) == 1:
            return choice[0]
    return NoSite.AMBIGUOUS


def aliases(registered: Sequence[Registered]) -> list[str]:
    """Give what a command may name: the aliases of those that are active."""
    return sorted(one.alias for one in registered if one.alias is not None and one.state == "active")


def how_to_name(registered: Sequence[Registered]) -> str:
    """Say to people how to choose one of these."""
    names = aliases(registered)
    if not names:
        return "Leave out “on …”: there is none that has a name."
    return f"Begin with on and the one you mean, as in “on {names[0]} …”. There is: {', '.join(names)}."


def written_for(one: Registered, command: str) -> str:
    """Give a command as one writes it for this Jira and no other: `connect`, or `on eu connect`."""
    return command if one.is_default or one.alias is None else f"on {one.alias} {command}"
