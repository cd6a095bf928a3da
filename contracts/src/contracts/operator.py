"""Owned by the command `bridge`: what an operator did, for whoever asks later."""

from typing import ClassVar

from pydantic import AwareDatetime

from contracts.event import Event, Fact


class Operator(Fact):
    """Who ran the command."""

    user: str
    """The account of the operating system."""
    host: str
    name: str | None = None
    """As the operator named himself or herself; an account may be shared."""


class Replay(Event):
    """Something about dead letters that an operator sends on their way again."""

    topic: ClassVar[str] = "operator.audit.v1"

    replay_id: str
    """One run of the command."""
    operator: Operator
    at: AwareDatetime
    letters: tuple[str, ...]
    """Ids of dead letters: `partition-offset` in `dead-letters.v1`."""

    def key(self) -> str:
        """Keep one run together."""
        return self.replay_id

    def subject(self) -> str | None:
        """Name the run."""
        return self.replay_id


class ReplayBegun(Replay):
    """These are about to be sent: whatever happens next, it is known who began it."""


class DeadLettersReplayed(Replay):
    """These were sent, and Kafka confirmed each of them."""


AUDITED: tuple[type[Replay], ...] = (ReplayBegun, DeadLettersReplayed)
