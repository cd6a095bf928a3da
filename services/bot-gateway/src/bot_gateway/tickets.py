"""Tickets: what a card's button brings back, so that nobody but its owner can use it, and nobody can change it."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field

LONGEST = 2000


@dataclass(frozen=True)
class Ticket:
    """Whose token is wanted, for what: it stands in the card of one person."""

    person: str
    """As `Origin.person`."""
    intent_id: str
    """What the card answered."""
    site: str
    tenant_id: str
    alias: str | None = None
    resumes: bool = False


@dataclass(frozen=True)
class Tickets:
    """Issues tickets with the bot's own secret, the same in every replica. Pure."""

    secret: bytes = field(repr=False)

    def issue(self, ticket: Ticket) -> str:
        """Give the text that stands for a ticket: URL-safe Base64 of JSON, a point, a MAC."""
        said = base64.urlsafe_b64encode(json.dumps(asdict(ticket)).encode()).decode()
        return f"{said}.{self._mac(said)}"

    def read(self, text: object) -> Ticket | None:
        """Give the ticket that was issued as this text, or None where none was."""
        if not isinstance(text, str) or len(text) > LONGEST or not text.isascii():
            return None
        said, _, mac = text.partition(".")
        if not hmac.compare_digest(mac, self._mac(said)):
            return None
        try:
            return Ticket(**json.loads(base64.urlsafe_b64decode(said)))
        except (ValueError, TypeError, binascii.Error):
            return None  # of another version

    def _mac(self, said: str) -> str:
        return hmac.digest(self.secret, f"token ticket {said}".encode(), hashlib.sha256).hex()
