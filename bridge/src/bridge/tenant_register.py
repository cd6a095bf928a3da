"""`bridge tenant register`: the registration call, with its secrets from files, the environment or a prompt."""

import sys
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from bridge import tenant_output
from bridge.options import OutputOption
from bridge.output import Output, print_error, print_json
from bridge.tenant_options import (
    TokenOption,
    UrlOption,
    access,
    private_file,
    read_private_key,
    read_secret,
    registration_token,
    registry,
)

NO_CODE = (
    "Give the one-time code that the bot gave: --code-file FILE, - for standard input, or BRIDGE_REGISTRATION_CODE."
)


class AuthMode(StrEnum):
    """How Bridge acts as people."""

    OAUTH1 = "oauth1"
    OAUTH2 = "oauth2"
    PAT = "pat"


NetworksOption = Annotated[list[str] | None, typer.Option(metavar="CIDR", help="May be given several times.")]


def register(
    base_url: Annotated[str, typer.Argument(metavar="BASE_URL", help="As people open Jira, with its context path.")],
    auth_mode: Annotated[AuthMode, typer.Option(help="How Bridge acts as people.")] = AuthMode.OAUTH1,
    jira_version: Annotated[str | None, typer.Option(help="From 10 on webhooks are signed.")] = None,
    alias: Annotated[str | None, typer.Option(help="What people call this Jira in Teams.")] = None,
    source_network: NetworksOption = None,
    destination: NetworksOption = None,
    consumer_key: Annotated[str | None, typer.Option(help="oauth1: else one is made up.")] = None,
    private_key_file: Annotated[Path | None, typer.Option(help="oauth1: RSA key (PEM); else one is made.")] = None,
    client_id: Annotated[str | None, typer.Option(help="oauth2: as Jira's incoming link shows it.")] = None,
    client_secret_file: Annotated[Path | None, typer.Option(help="oauth2; or BRIDGE_CLIENT_SECRET.")] = None,
    code_file: Annotated[Path | None, typer.Option(help="The code from the bot; or BRIDGE_REGISTRATION_CODE.")] = None,
    save_token: Annotated[Path | None, typer.Option(help="Write the registration token to this new file.")] = None,
    token_file: TokenOption = None,
    url: UrlOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Register a Jira, and print what to enter in it.

    Needs a one-time code from the bot (`register` in Teams): it is asked for
    where neither --code-file nor BRIDGE_REGISTRATION_CODE gives it. A Jira
    that is registered already needs its old registration token too
    (--token-file or BRIDGE_REGISTRATION_TOKEN).
    """
    call: dict[str, Any] = {
        "baseUrl": base_url,
        "product": "jira",
        "authMode": auth_mode.value,
        "version": jira_version,
        "connectorVersion": f"bridge {version('bridge-cli')}",
        "alias": alias,
        "sourceNetworks": source_network,
        "destinations": destination,
        "consumerKey": consumer_key,
        "clientId": client_id,
    }
    secrets = {
        "code": _code(code_file),
        "privateKey": read_private_key(private_key_file) if private_key_file else None,
        "clientSecret": _client_secret(client_secret_file) if auth_mode is AuthMode.OAUTH2 else None,
    }
    call |= {name: secret.get_secret_value() for name, secret in secrets.items() if secret}
    with private_file(save_token) as file, registry(url, registration_token(token_file)) as api:
        answer = api.register({name: value for name, value in call.items() if value})
        if file is not None:
            file.write(f"{answer['registrationToken']}\n".encode())
    if output is Output.JSON:
        print_json({**answer, "registrationToken": None} if save_token else answer)
    else:
        tenant_output.print_registered(answer, str(save_token) if save_token else None)


def _code(file: Path | None) -> SecretStr:
    if file is not None:
        return read_secret(file)
    if found := access().registration_code.get_secret_value():
        return SecretStr(found)
    if not sys.stdin.isatty():
        print_error(NO_CODE)
        raise typer.Exit(2)
    return SecretStr(typer.prompt("Code from the bot", hide_input=True, err=True).strip())


def _client_secret(file: Path | None) -> SecretStr | None:
    return read_secret(file) if file else access().client_secret
