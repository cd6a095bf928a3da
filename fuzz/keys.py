"""A signer of tokens that the gateway trusts beside the simulated Connector, so that any bytes can be sent to it."""

import json
import urllib.request
from dataclasses import dataclass, field

from bench import web

from devstack.connector.keys import ISSUER, SigningKeys

PATIENCE = 5


@dataclass
class Keys:
    """Publishes its own key together with those of the Connector."""

    url: str
    connector: str = ""
    """The simulated Connector, once it runs."""
    signing: SigningKeys = field(default_factory=SigningKeys)

    @property
    def metadata_url(self) -> str:
        """Where the gateway looks for keys."""
        return f"{self.url}/openidconfiguration"

    def respond(self, request: web.Request) -> bytes:
        """Answer the gateway."""
        if request.path == "/openidconfiguration":
            return web.answer(json.dumps({"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"}).encode())
        return web.answer(json.dumps({"keys": [*self.own(), *self._theirs()]}).encode())

    def own(self) -> list[object]:
        """Our own public keys."""
        keys = self.signing.jwks()["keys"]
        return keys if isinstance(keys, list) else []

    def _theirs(self) -> list[object]:
        if not self.connector:
            return []
        url = f"{self.connector}/v1/.well-known/keys"
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 - of this machine
            found: list[object] = json.load(answer)["keys"]
            return found
