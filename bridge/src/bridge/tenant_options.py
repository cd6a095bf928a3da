"""How `bridge tenant`, `bridge keys` and `bridge audit` find tenant-registry, and who they are there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from pydantic import SecretStr, field_validator

from bridge.operator_api import RegistryApi, RegistryError
from bridge.options import settings_of
from bridge.output import print_error
from chassis.settings import ServiceSettings

ENVIRONMENT = (
    "Who you are: the token in --token-file, or in the environment the operator's (BRIDGE_OPERATOR_TOKEN) or a"
    " registration's (BRIDGE_REGISTRATION_TOKEN). Exit codes: 0 all is well · 1 it was refused, or failed · 2 the"
    " command was not used as it can be."
)
WHO_ARE_YOU = (
    "Say who you are: put the token into a file and name it with --token-file, or set BRIDGE_OPERATOR_TOKEN or"
    " BRIDGE_REGISTRATION_TOKEN."
)
ONE_LINE = (
    "must be one line of printable ASCII characters: the secret and nothing else, no comment, saved as plain text"
    " without a byte order mark"
)

UrlOption = Annotated[
    str | None,
    typer.Option("--url", help="Where tenant-registry is. [env: BRIDGE_REGISTRY_URL; http://localhost:8080]"),
]
TokenOption = Annotated[
    Path | None, typer.Option("--token-file", help="A file that holds the token and nothing else; - is standard input.")
]
TenantArgument = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's id.")]


class RegistryAccess(ServiceSettings):
    """What these commands read from the environment, or from files in `BRIDGE_SECRETS_DIR`."""

    registry_url: str = "http://localhost:8080"
    """Where tenant-registry is; as `--url`."""
    operator_token: SecretStr = SecretStr("")
    """The operator's bearer token, whose hash the registry has as `BRIDGE_OPERATOR_TOKEN_HASH`; as `--token-file`."""
    registration_token: SecretStr = SecretStr("")
    """One tenant's token, as its registration gave it; for its administrator, in place of the operator's."""
    registration_code: SecretStr = SecretStr("")
    """The one-time code from the bot, for `bridge tenant register` and moves; as `--code-file`."""
    client_secret: SecretStr = SecretStr("")
    """OAuth 2.0: what Jira's incoming link shows, for `bridge tenant register`; as `--client-secret-file`."""

    @field_validator("operator_token", "registration_token", "registration_code", "client_secret")
    @classmethod
    def _one_line(cls, secret: SecretStr) -> SecretStr:
        return one_line(secret)


def access() -> RegistryAccess:
    """Read the environment; what cannot be used in it ends the command."""
    return settings_of(RegistryAccess)


@contextmanager
def registry(url: str | None, token: SecretStr | None) -> Iterator[RegistryApi]:
    """Give the API; what it refuses ends the command with its sentence."""
    try:
        with RegistryApi(url or access().registry_url, token) as api:
            yield api
    except RegistryError as error:
        print_error(str(error))
        raise typer.Exit(1) from None


def needed_token(file: Path | None) -> SecretStr:
    """Give the token that says who calls; without one the command ends."""
    if token := registration_token(file, access().operator_token):
        return token
    print_error(WHO_ARE_YOU)
    raise typer.Exit(2)


def registration_token(file: Path | None, first: SecretStr | None = None) -> SecretStr | None:
    """Give the token of the file, else `first`, else a registration's of the environment."""
    if file is not None:
        return read_secret(file)
    found = first if first and first.get_secret_value() else access().registration_token
    return found if found.get_secret_value() else None


def one_line(secret: SecretStr) -> SecretStr:
    """Give it without blanks around it; what cannot stand in an HTTP header is a ValueError that does not show it."""
    text = secret.get_secret_value().strip()
    if not (text.isascii() and text.isprintable()):
        raise ValueError(ONE_LINE)
    return SecretStr(text)


def read_secret(file: Path) -> SecretStr:
    """Read a file that holds one secret of one line; `-` is standard input."""
    try:
        return one_line(read_private_key(file))
    except ValueError as error:
        print_error(f"{file} {error}.")
        raise typer.Exit(2) from None


def read_private_key(file: Path) -> SecretStr:
    """Read a file that holds one secret of any number of lines; `-` is standard input."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        print_error(f"{file} cannot be read: {why}.")
        raise typer.Exit(2) from None
    if not text.strip():
        print_error(f"{file} is empty: put the secret into it.")
        raise typer.Exit(2)
    return SecretStr(text.strip())


@contextmanager
def private_file(path: Path | None) -> Iterator[BinaryIO | None]:
    """Open a new file that only its owner may read, before anything is asked; it goes again where nothing came of it.

    A file that is there already is not touched: the command ends.
    """
    if path is None:
        yield None
        return
    try:
        path.touch(mode=0o600, exist_ok=False)
        file = path.open("wb")
    except OSError as error:
        print_error(f"{path} cannot be written: {error.strerror}.")
        raise typer.Exit(2) from None
    try:
        with file:
            yield file
    finally:
        if path.stat().st_size == 0:
            path.unlink()
