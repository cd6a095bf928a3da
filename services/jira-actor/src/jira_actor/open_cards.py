"""Which people have a connect card in front of them: nobody needs a second one, and its command waits here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chassis.bounded import Recent
from contracts.registry import WaitingIntent
from jira_actor.bearers import Links

LIVES = timedelta(minutes=10)
REMEMBERED = 10_000


@dataclass(frozen=True)
class Card:
    """A card that was offered for an intent, and the command that waits for its person to connect."""

    intent_id: str
    waiting: WaitingIntent | None = field(repr=False)
    until: datetime


class OpenCards:
    """By link id, in memory alone: after a restart a person may be offered one card more."""

    def __init__(self, links: Links, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._links = links
        self._now = now
        self._cards: Recent[str, Card] = Recent(REMEMBERED)

    def of(self, link_id: str) -> Card | None:
        """Give the card that is open."""
        card = self._cards.get(link_id)
        return card if card is not None and self._now() < card.until else None

    def offered(self, link_id: str, intent_id: str, waiting: WaitingIntent | None) -> None:
        """Note that a person was offered a card; it takes the place of an older one."""
        self._cards.put(link_id, Card(intent_id, waiting, self._now() + LIVES))

    def link_changed(self, link_id: str) -> None:
        """Close the card of a person who is connected now; that an old link went is no reason."""
        if self._cards.get(link_id) is not None and self._links.get(link_id) is not None:
            self.close(link_id)

    def ended(self, link_id: str, intent_id: str) -> None:
        """Close the card that was offered for this intent; a newer one stays."""
        card = self._cards.get(link_id)
        if card is not None and card.intent_id == intent_id:
            self.close(link_id)

    def close(self, link_id: str) -> None:
        """Note that the card has done its work, or will not."""
        self._cards.drop(link_id)
