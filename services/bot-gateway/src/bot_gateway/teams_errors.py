"""The two ways in which Teams can fail us."""

from chassis.errors import Unavailable

GONE = ("MessageWritesBlocked", "BotNotInConversationRoster")


class TeamsError(Exception):
    """Teams did not do what was asked."""


class TeamsRefused(TeamsError):
    """Trying again would change nothing; `gone` tells that the bot may no longer write in this conversation."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the Connector answered {status} {code}")
        self.status = status
        self.code = code
        self.gone = status == 403 and code in GONE


class TeamsUnavailable(TeamsError, Unavailable):
    """Teams, or the way to it, is out of order for now."""
