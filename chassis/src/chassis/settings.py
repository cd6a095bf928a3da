"""The settings that all services share; each service adds its own."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict


class Secrets(BaseSettings):
    """Where secret settings lie: one file per setting, named as its environment variable in lower case."""

    model_config = SettingsConfigDict(env_prefix="BRIDGE_", extra="ignore")

    secrets_dir: Path | None = None


class ServiceSettings(BaseSettings):
    """Read from `BRIDGE_…` environment variables and, for secrets, from files in `BRIDGE_SECRETS_DIR`."""

    model_config = SettingsConfigDict(env_prefix="BRIDGE_", extra="ignore", frozen=True, use_attribute_docstrings=True)

    kafka_bootstrap: str = "localhost:9092"
    """Comma-separated `host:port`."""
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    """How brokers are spoken to."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """With `sasl_…` only."""
    kafka_username: str = ""
    """With `sasl_…` only."""
    kafka_password: SecretStr = SecretStr("")
    """Secret; with `sasl_…` only."""
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

    lanes: int = Field(default=64, ge=1)
    """Messages handled at one time."""
    lanes_per_tenant: int = Field(default=16, ge=1)
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
    """Share of new traces whose spans are recorded; context travels in any case."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secrets from the directory that the environment names."""
        files: Any = SecretsSettingsSource(settings_cls, secrets_dir=Secrets().secrets_dir)
        return (named["init_settings"], named["env_settings"], files, *sources)
