"""What the command reads from the environment: the services' own `BRIDGE_…` variables."""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import SecretStr, ValidationError

from chassis.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)


class BridgeSettings(ServiceSettings):
    """The addresses that `bridge doctor` looks at, named as the service that uses each of them names it."""

    mongo_url: SecretStr = SecretStr("mongodb://localhost:27017")
    """Secret because it may hold a password."""
    vault_url: str = "http://localhost:8200"
    vault_ca_file: Path | None = None
    vault_namespace: str | None = None
    vault_mount: str = "transit"
    vault_auth: Literal["token", "approle", "kubernetes"] = "token"
    vault_token: SecretStr = SecretStr("")
    openid_metadata_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"


class WrongSettings(ValueError):
    """The environment holds something that is no setting; the text names the variables, never their values."""


def read_settings(kind: type[S]) -> S:
    """Read the environment, or raise WrongSettings."""
    try:
        return kind()
    except ValidationError as error:
        wrong = "; ".join(f"BRIDGE_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise WrongSettings(f"The environment holds settings that cannot be used: {wrong}.") from None
