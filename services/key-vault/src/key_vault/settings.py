"""Settings of key-vault."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where Vault is and how to log in there."""

    vault_url: str = "http://localhost:8200"
    """Vault's address."""
    vault_ca_file: Path | None = None
    """The authority of Vault's certificate; the public ones when unset."""
    vault_namespace: str | None = None
    """Vault's namespace, if it has such."""
    vault_mount: str = "transit"
    """The transit engine that is Bridge's alone."""
    vault_timeout: timedelta = timedelta(seconds=5)
    """For one call."""
    vault_threads: int = Field(default=8, ge=1, le=64)
    """Logins, and calls about keys' lives, at one time."""
    vault_at_once: int = Field(default=64, ge=1)
    """Signatures and ciphertexts that Vault works on at one time; a call takes up to 32, which keeps one core busy."""

    vault_auth: Literal["token", "approle", "kubernetes"] = "token"
    """How to log in; `token` is for development."""
    vault_auth_mount: str | None = None
    """Where the auth method is mounted, if not under its own name."""
    vault_token: SecretStr = SecretStr("")
    """Secret; for `token`."""
    vault_role: str = "key-vault"
    """For `kubernetes`."""
    vault_jwt_file: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
    """For `kubernetes`: the service account's token."""
    vault_role_id: str = ""
    """For `approle`."""
    vault_secret_id: SecretStr = SecretStr("")
    """Secret; for `approle`."""

    sealing_lives: timedelta = Field(default=timedelta(days=1), ge=timedelta(seconds=1))
    """How long secrets are sealed to one key; after as long again, a copy of what was sealed opens nowhere."""
    remember: timedelta = timedelta(minutes=5)
    """How long opened consumer keys and access tokens stay in memory."""
    remember_most: int = Field(default=10_000, ge=0)
    """How many of them."""
