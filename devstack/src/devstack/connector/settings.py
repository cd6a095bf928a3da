"""What one simulated Connector is told at start."""

from dataclasses import dataclass

Json = dict[str, object]


@dataclass(frozen=True)
class ConnectorSettings:
    """Addresses and the bot's registration; the defaults are those of the local stack."""

    public_url: str = "http://127.0.0.1:3979"
    bot_url: str = "http://127.0.0.1:3978/api/messages"
    app_id: str = "5f2b3c4d-1a2b-4c3d-8e4f-00000000b07a"
    app_secret: str = "devstack-bot-secret"
    tenant: str = "0b5c9a52-7a0e-4f5e-9d0b-5d2e8a3c1f00"
    bot_name: str = "Bridge"
    extra_people: int = 0

    @property
    def service_url(self) -> str:
        """The base address of the Connector REST, as activities carry it (with its slash at the end)."""
        return f"{self.public_url}/amer/{self.tenant}/"

    @property
    def openid_metadata_url(self) -> str:
        """What the bot reads to learn the Connector's keys."""
        return f"{self.public_url}/v1/.well-known/openidconfiguration"

    @property
    def token_url(self) -> str:
        """Where the bot changes its secret for an access token."""
        return f"{self.public_url}/{self.tenant}/oauth2/v2.0/token"
