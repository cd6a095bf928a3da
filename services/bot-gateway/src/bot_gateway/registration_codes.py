"""Registration codes: derived from an intent's id with the bot's own secret, so that no event need carry them."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RegistrationCodes:
    """The same intent has the same code in every replica, and nobody without the secret can tell it. Pure."""

    secret: bytes = field(repr=False)

    def code(self, intent_id: str) -> str:
        """Give the code for an intent: 160 bits in Base32."""
        digest = hmac.digest(self.secret, f"registration code {intent_id}".encode(), hashlib.sha256)
        return base64.b32encode(digest[:20]).decode()

    def code_hash(self, intent_id: str) -> str:
        """Give what the registry keeps of it: hex SHA-256."""
        return hashlib.sha256(self.code(intent_id).encode()).hexdigest()
