"""When a producer is replaced, and when that has not helped. Pure: knows no Kafka, is told the time."""

from datetime import timedelta
from enum import Enum

REPLACED_AFTER = timedelta(seconds=15)
"""Without any confirmation for so long, a new producer is tried."""
GIVEN_UP_AFTER = timedelta(minutes=2)
"""Without any confirmation for so long after that, nothing in this process will help."""


class Verdict(Enum):
    """What to do with a producer."""

    KEEP = "keep"
    REPLACE = "replace"
    GIVE_UP = "give up"


class Trust:
    """What is known of a producer since its last confirmation; times are seconds of any one clock."""

    def __init__(self) -> None:
        self._silent_since: float | None = None
        self._judged_at = 0.0
        """What began before this says nothing new."""
        self._tried = self._replaced = False

    def confirmed(self) -> None:
        """Note that Kafka confirmed a message."""
        self._silent_since = None
        self._tried = self._replaced = False

    def replaced(self, now: float) -> None:
        """Note that a new producer took over: brokers answer."""
        self._silent_since, self._judged_at, self._replaced = None, now, True

    def unconfirmed(self, began: float, now: float) -> Verdict:
        """Judge by a message that was sent at `began` and was not confirmed until now."""
        if self._silent_since is None:
            self._silent_since = max(began, self._judged_at)
        silent = now - self._silent_since
        if self._tried:
            return Verdict.GIVE_UP if silent >= GIVEN_UP_AFTER.total_seconds() else Verdict.KEEP
        if silent < REPLACED_AFTER.total_seconds():
            return Verdict.KEEP
        return self._try(now)

    def broken(self, now: float) -> Verdict:
        """Judge by an error that says that this producer cannot go on."""
        return Verdict.GIVE_UP if self._replaced else self._try(now)

    def _try(self, now: float) -> Verdict:
        self._tried, self._silent_since, self._judged_at = True, now, now
        return Verdict.REPLACE
