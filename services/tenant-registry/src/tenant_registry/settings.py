"""The registry's settings, read from `BRIDGE_…` environment variables."""

from datetime import timedelta

from pydantic import Field, SecretStr, field_validator

from chassis.settings import ServiceSettings
from tenant_registry.networks import networks


class Settings(ServiceSettings):
    """What the registry adds to the settings of every service."""

    lanes_per_tenant: int = Field(default=192, ge=1)
    """So many of a tenant's acts are noted with one write of the audit; no Jira is waited for here."""

    mongo_url: SecretStr = SecretStr("mongodb://localhost:27017/?replicaSet=rs0")
    """A replica set, because change streams and transactions need one."""
    mongo_database: str = "bridge"
    """The database's name."""

    registry_host: str = "0.0.0.0"  # noqa: S104 - browsers and Jira come from outside the pod
    """Where the registration API, the connect pages and webhooks listen."""
    registry_port: int = 8080
    """Their port."""
    registry_public_url: str = "http://localhost:8080"
    """How browsers and Jira reach this service, without a trailing slash."""

    registrars: str = ""
    """Comma-separated Entra object ids of those who may register a Jira; none by default."""
    allow_http: bool = False
    """Let a Jira be registered by an http address; for development."""
    single_tenant: str = ""
    """The only Teams organisation (Entra tenant id) that is served; all are when unset."""
    operator_token_hash: str = Field(default="", pattern="^([0-9a-f]{64})?$")
    """Hex SHA-256 of the operator's bearer token for `/v1/tenants`; nobody has one when unset."""
    trusted_proxies: str = ""
    """Comma-separated networks (CIDR) of proxies whose `X-Forwarded-For` is believed; none by default."""
    hook_window: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0), le=timedelta(hours=12))
    """How far the time in a webhook may be from ours: at most 12 hours, as what was taken is known for a day."""
    tenant_check_every: timedelta = Field(default=timedelta(days=1), ge=timedelta(minutes=1))
    """How often an active Jira is checked again, which keeps its version known."""

    rotation_settles: timedelta = Field(default=timedelta(minutes=5), ge=timedelta(0))
    """How long after everything is protected anew the old keys still open; under two minutes only for trying it out."""

    requests_per_minute: int = Field(default=120, ge=1)
    """From one source, to all but the webhooks."""
    hooks_per_minute: int = Field(default=6_000, ge=1)
    """From one source; Jira does not send again what was turned away."""
    body_limit: int = Field(default=64 * 1024, ge=1024)
    """Bytes of a request's body, but for webhooks."""
    hook_body_limit: int = Field(default=1024 * 1024, ge=1024)
    """Bytes of a webhook's body; as an event it must also be one that Kafka takes."""
    body_patience: timedelta = timedelta(seconds=10)
    """How long a body may take to arrive."""
    refusals_window: timedelta = Field(default=timedelta(minutes=1), ge=timedelta(seconds=1))
    """What is refused to callers whom nobody knows is noted in the audit once per window, with how often it was."""

    @field_validator("registry_public_url")
    @classmethod
    def _no_trailing_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, texts: str) -> str:
        return ",".join(networks(texts))

    @property
    def proxies(self) -> tuple[str, ...]:
        """Give the trusted networks."""
        return networks(self.trusted_proxies)

    @property
    def allowed_registrars(self) -> frozenset[str]:
        """Give the ids in lower case."""
        return frozenset(one.strip().lower() for one in self.registrars.split(",") if one.strip())
