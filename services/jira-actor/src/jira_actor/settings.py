"""Settings of jira-actor."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, field_validator
from pydantic_settings import NoDecode

from chassis.settings import ServiceSettings
from jira_actor.guard import Reach
from jira_actor.http import Limits


class Settings(ServiceSettings):
    """Where Bridge may go, and how long it waits there."""

    registry_public_url: HttpUrl = HttpUrl("http://localhost:8080")
    """Where browsers and Jira reach tenant-registry."""
    allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    """Private networks that hold a Jira, as comma-separated CIDRs. Metadata and link-local addresses stay closed.
    Name the Jira's network as narrowly as you can; NAT64 installs list 64:ff9b::/96 too."""
    unsafe_allow_loopback: bool = False
    """UNSAFE, for development alone: lets every tenant's URL reach what listens on this machine."""
    allow_http: bool = False
    """For a Jira without TLS inside a network that is trusted."""
    jira_ca_file: Path | None = None
    """Authorities to trust besides the public ones."""
    jira_connect_timeout: timedelta = timedelta(seconds=5)
    """To reach a Jira, its TLS handshake included."""
    jira_read_timeout: timedelta = timedelta(seconds=20)
    """Between two pieces of an answer."""
    jira_total_timeout: timedelta = timedelta(seconds=30)
    """For one call as a whole."""
    jira_body_bytes: int = Field(default=2 * 1024 * 1024, ge=65_536)
    """Of one answer; a larger one is refused."""
    jira_connections: int = Field(default=20, ge=1)
    """To one host at one time."""
    metrics_tenants: int = Field(default=0, ge=0, le=1000)
    """How many tenants have a label of their own, their random id, in `bridge_commands_total`; the others share one."""

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def reach(self) -> Reach:
        """Give the guard's part."""
        return Reach(self.allowed_networks, self.unsafe_allow_loopback, self.allow_http)

    @property
    def limits(self) -> Limits:
        """Give the HTTP client's part."""
        return Limits(
            connect=self.jira_connect_timeout,
            read=self.jira_read_timeout,
            total=self.jira_total_timeout,
            body_bytes=self.jira_body_bytes,
            connections_per_host=self.jira_connections,
        )
