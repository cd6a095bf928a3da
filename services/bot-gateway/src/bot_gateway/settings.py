"""bot-gateway's settings, read from `BRIDGE_…` environment variables. The defaults are Microsoft's public cloud."""

from datetime import timedelta

from pydantic import Field, SecretStr

from bot_gateway.connector import BotAccount
from bot_gateway.service_urls import ServiceUrls
from bot_gateway.signing_keys import KeysPolicy
from bot_gateway.token_validation import Admission, Expected
from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What bot-gateway adds to the settings of every service."""

    publish_timeout: timedelta = timedelta(seconds=3)
    """How long Kafka may take to confirm a message: Teams waits for it, and gives up on an invoke after 5 seconds."""

    bot_app_id: str
    """The Azure bot's application (client) id."""
    bot_app_secret: SecretStr
    """Secret; its client secret, from which registration codes are derived too."""
    bot_app_tenant: str = "botframework.com"
    """A single-tenant bot's own Entra tenant; `botframework.com` for a multi-tenant bot."""
    login_authority: str = "https://login.microsoftonline.com"
    """Where the bot gets its own token."""
    connector_scope: str = "https://api.botframework.com/.default"
    """The scope of that token."""
    connector_issuer: str = "https://api.botframework.com"
    """Who signs what the Connector sends."""
    openid_metadata_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    """Where its keys are found."""
    service_hosts: str = "smba.trafficmanager.net,smba.infra.gcc.teams.microsoft.com,smba.infra.gov.teams.microsoft.us"
    """Comma-separated hosts, and all below them, that the bot's token may be sent to."""
    allow_loopback_http: bool = False
    """Take a Connector on this machine without TLS; for the local stack alone."""
    teams_tenants: str = ""
    """Comma-separated Entra tenants that may use the bot; empty for all."""
    single_tenant: str = ""
    """The only Teams organisation (Entra tenant id) that is served; all are when unset."""

    clock_skew: timedelta = timedelta(minutes=5)
    """How far its clock may be off."""
    keys_refresh: timedelta = timedelta(hours=24)
    """How often keys are fetched anew."""
    keys_refresh_for_unknown: timedelta = timedelta(hours=1)
    """At most so often are keys fetched because a token names one that is not known."""

    gateway_host: str = "0.0.0.0"  # noqa: S104 - the Bot Connector comes from outside the pod
    """Where `/api/messages` listens."""
    gateway_port: int = 3978
    """Its port."""
    activity_limit: int = Field(default=256 * 1024, ge=1024)
    """Bytes of one activity."""
    invoke_budget: timedelta = timedelta(seconds=4)
    """How long a pressed button waits for its outcome; Teams gives up after 5 seconds."""
    refusals_window: timedelta = Field(default=timedelta(minutes=1), ge=timedelta(seconds=1))
    """What was turned away is told to the audit once per window, with how often it was."""

    @property
    def account(self) -> BotAccount:
        """Give the bot's registration."""
        return BotAccount(
            app_id=self.bot_app_id,
            secret=self.bot_app_secret,
            token_url=f"{self.login_authority.rstrip('/')}/{self.bot_app_tenant}/oauth2/v2.0/token",
            scope=self.connector_scope,
            issuer=self.connector_issuer,
            openid_metadata_url=self.openid_metadata_url,
        )

    @property
    def service_urls(self) -> ServiceUrls:
        """Give the addresses that the bot's token may be sent to."""
        return ServiceUrls(tuple(_listed(self.service_hosts)), self.allow_loopback_http)

    @property
    def expected(self) -> Expected:
        """Give what a token from the Connector must say."""
        return Expected(self.connector_issuer, self.bot_app_id, self.clock_skew)

    @property
    def admission(self) -> Admission:
        """Give what an activity must be."""
        return Admission(self.service_urls, frozenset(_listed(self.single_tenant) or _listed(self.teams_tenants)))

    @property
    def keys_policy(self) -> KeysPolicy:
        """Give how often keys are fetched."""
        return KeysPolicy(self.keys_refresh, self.keys_refresh_for_unknown)


def _listed(text: str) -> list[str]:
    return [one.strip().lower() for one in text.split(",") if one.strip()]
