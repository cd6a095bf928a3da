"""The settings that all services share; each service adds its own."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict


class Secrets(BaseSettings):
    """Where secret settings lie: one file per setting, named as its environment variable in lower case."""

    model_config = SettingsConfigDict(env_prefix="BRIDGE_", extra="ignore")

    secrets_dir: Path | None = None


class ServiceSettings(BaseSettings):
    """Read from `BRIDGE_…` environment variables and, for secrets, from files in `BRIDGE_SECRETS_DIR`."""

    model_config = SettingsConfigDict(
        env_prefix="BRIDGE_",
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # it may be a secret
    )

    kafka_bootstrap: str = "localhost:9092"
    """Comma-separated `host:port`."""
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    """How brokers are spoken to."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = "SCRAM-SHA-512"
    """With `sasl_…` only."""
    kafka_username: str = Field(default="", validate_default=True)
    """With `sasl_…` only, but for `OAUTHBEARER`."""
    kafka_password: SecretStr = Field(default=SecretStr(""), validate_default=True)
    """Secret; with `sasl_…` only, but for `OAUTHBEARER`."""
    kafka_oauth_token_url: str = Field(default="", validate_default=True)
    """For `OAUTHBEARER`: where tokens are fetched by client credentials; https, or http on this machine."""
    kafka_oauth_client_id: str = Field(default="", validate_default=True)
    """For `OAUTHBEARER`: the service's own client."""
    kafka_oauth_client_secret: SecretStr = Field(default=SecretStr(""), validate_default=True)
    """Secret; for `OAUTHBEARER`."""
    kafka_oauth_scope: str = ""
    """For `OAUTHBEARER`: the scopes to ask for, separated by blanks; none when unset."""
    kafka_oauth_ca_file: Path | None = None
    """For `OAUTHBEARER`: authorities that sign the token URL's certificate (PEM); the public ones when unset."""
    kafka_ca_file: Path | None = None
    """Authorities that sign the brokers' certificates (PEM); the public ones when unset."""
    kafka_cert_file: Path | None = None
    """Our own certificate (PEM), for mutual TLS."""
    kafka_key_file: Path | None = None
    """The key of our own certificate (PEM)."""
    kafka_idempotence: bool = True
    """Off only for the embedded broker, which does not know InitProducerId."""
    kafka_fetch_max_wait: timedelta = timedelta(milliseconds=500)
    """Lower only for the embedded broker, which waits half of it even when there is something to read."""
    kafka_session_timeout: timedelta = timedelta(seconds=15)
    """After this long without a sign of life, our partitions go to another replica."""
    publish_timeout: timedelta = timedelta(seconds=20)
    """How long Kafka may take to confirm a message."""
    ask_timeout: timedelta = timedelta(seconds=12)
    """How long a handler waits for key-vault."""

    lanes: int = Field(default=256, ge=1)
    """Messages handled at one time."""
    lanes_per_tenant: int = Field(default=64, ge=1)
    """Of these, for one tenant: a slow Jira cannot take them all."""
    backlog: int = Field(default=500, ge=1)
    """Messages of one partition held in memory before reading it pauses."""
    retry_first: timedelta = timedelta(milliseconds=250)
    """The pause before the second attempt; it doubles with each further one."""
    retry_longest: timedelta = timedelta(seconds=20)
    """The longest pause between attempts, unless the far side asks for more."""
    park_after: timedelta = timedelta(minutes=1)
    """After this long a message is parked on the retry topic and its person is told."""
    retry_budget: timedelta = timedelta(minutes=15)
    """How long a message is tried again before it becomes a dead letter."""
    recheck: timedelta = timedelta(minutes=1)
    """For so long after partitions became ours, effects are looked for before they are made."""
    drain: timedelta = timedelta(seconds=20)
    """How long SIGTERM waits for what is under way."""

    data_dir: Path | None = None
    """Where views are kept between restarts; in memory when unset."""
    health_host: str = "0.0.0.0"  # noqa: S104 - probes come from outside the pod
    """Where `/livez`, `/readyz` and `/metrics` listen."""
    health_port: int = 9100
    """Their port."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Log lines below this are not written."""
    trace_sample: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of new traces whose spans are recorded; with 0, bot-gateway begins none."""

    @field_validator("kafka_username", "kafka_password")
    @classmethod
    def _needed_with_a_password(cls, value: str | SecretStr, known: ValidationInfo) -> str | SecretStr:
        return _needed(value, _mechanism(known) not in ("", "OAUTHBEARER"), known)

    @field_validator("kafka_oauth_token_url", "kafka_oauth_client_id", "kafka_oauth_client_secret")
    @classmethod
    def _needed_with_tokens(cls, value: str | SecretStr, known: ValidationInfo) -> str | SecretStr:
        return _needed(value, _mechanism(known) == "OAUTHBEARER", known)

    @field_validator("kafka_oauth_token_url")
    @classmethod
    def _sent_in_secret(cls, value: str) -> str:
        url = urlsplit(value)
        if value and not (url.hostname and (url.scheme == "https" or _on_this_machine(url.scheme, url.hostname))):
            raise ValueError("must be an https URL: the client's secret is sent there")
        return value

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secrets from the directory that the environment names."""
        files: Any = SecretsSettingsSource(settings_cls, secrets_dir=Secrets().secrets_dir)
        return (named["init_settings"], named["env_settings"], files, *sources)


def _mechanism(known: ValidationInfo) -> str:
    """Name the SASL mechanism that is used; empty where none is."""
    return str(known.data.get("kafka_sasl_mechanism", "")) if "sasl" in known.data.get("kafka_security", "") else ""


def _needed(value: str | SecretStr, needed: bool, known: ValidationInfo) -> str | SecretStr:
    given = value.get_secret_value() if isinstance(value, SecretStr) else value
    if needed and not given:
        raise ValueError(f"is needed with BRIDGE_KAFKA_SASL_MECHANISM={_mechanism(known)}")
    return value


def _on_this_machine(scheme: str, host: str) -> bool:
    return scheme == "http" and host in ("localhost", "127.0.0.1", "::1")
