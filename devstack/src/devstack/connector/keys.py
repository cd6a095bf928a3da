"""The Connector's signing keys and the tokens it signs for calls to the bot."""

import time
import uuid

from joserfc import jwt
from joserfc.jwk import RSAKey

ISSUER = "https://api.botframework.com"
TOKEN_LIFE = 3600
KEYS_SHOWN = 2


class SigningKeys:
    """The newest key signs; the one before it is still published, as Microsoft does."""

    def __init__(self, endorsements: tuple[str, ...] = ("msteams",)) -> None:
        self._endorsements = list(endorsements)
        self._keys: list[RSAKey] = []
        self.rotate()

    def rotate(self, *, forget: bool = False) -> str:
        """Make a new signing key and answer its id; with `forget` the older keys are no longer published."""
        kid = uuid.uuid4().hex
        kept = [] if forget else self._keys[: KEYS_SHOWN - 1]
        self._keys = [RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}), *kept]
        return kid

    def jwks(self) -> dict[str, object]:
        """The public keys in the shape of login.botframework.com."""
        return {
            "keys": [
                {**key.as_dict(private=False), "x5t": key.kid, "endorsements": self._endorsements} for key in self._keys
            ]
        }

    def sign(self, claims: dict[str, object]) -> str:
        """Sign any claims with the newest key, so that tests can make wrong tokens too."""
        key = self._keys[0]
        return jwt.encode({"alg": "RS256", "kid": key.kid, "x5t": key.kid, "typ": "JWT"}, claims, key)

    def bot_token(self, app_id: str, service_url: str, **changes: object) -> str:
        """A token as the Connector sends it with an activity; `changes` replace or add claims."""
        now = int(time.time())
        claims: dict[str, object] = {
            "serviceurl": service_url,
            "nbf": now - 5,
            "exp": now + TOKEN_LIFE,
            "iss": ISSUER,
            "aud": app_id,
        }
        return self.sign({**claims, **changes})
