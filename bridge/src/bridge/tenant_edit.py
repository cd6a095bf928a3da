"""`bridge tenant edit`: what may be changed of a registration."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from bridge import tenant_output
from bridge.operator_api import RegistryApi, RegistryError
from bridge.options import OutputOption
from bridge.output import Output, print_error, tell
from bridge.tenant_options import TenantArgument, TokenOption, UrlOption, access, needed_token, read_secret, registry

ANY = "any"
NOTHING = "Say what to change: --alias, --default, --source-network, --destination, --base-url, --no-unsigned-webhooks."
ANY_ALONE = f"`{ANY}` means no limit: give {{option}} either `{ANY}` alone, or the networks."
CODE_NEEDED = (
    "Moving needs a one-time code from the bot (`register` in Teams): --code-file FILE, - for standard input, or"
    " BRIDGE_REGISTRATION_CODE."
)

NetworksOption = Annotated[
    list[str] | None, typer.Option(metavar="CIDR", help=f"In place of those that there are; `{ANY}`: no limit.")
]


def edit(
    tenant: TenantArgument,
    alias: Annotated[str | None, typer.Option(help="What people call this Jira in Teams.")] = None,
    default: Annotated[bool, typer.Option("--default", help="Mean this Jira where a command names none.")] = False,
    source_network: NetworksOption = None,
    destination: NetworksOption = None,
    base_url: Annotated[str | None, typer.Option(help="Where this Jira is now; people stay connected.")] = None,
    code_file: Annotated[
        Path | None, typer.Option(help="With --base-url: the code from the bot; or BRIDGE_REGISTRATION_CODE.")
    ] = None,
    no_unsigned_webhooks: Annotated[
        bool, typer.Option("--no-unsigned-webhooks", help="Take no more webhooks for their address alone.")
    ] = False,
    token_file: TokenOption = None,
    url: UrlOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Change a tenant: what it is called, which is the default, its networks, its address.

    After a move to another address the checks run again. Moving needs a
    one-time code from the bot; the operator needs none for an OAuth 1.0a link.
    """
    given: dict[str, Any] = {
        "alias": alias,
        "default": True if default else None,
        "sourceNetworks": _networks("--source-network", source_network),
        "destinations": _networks("--destination", destination),
        "baseUrl": base_url,
        "unsignedWebhooks": False if no_unsigned_webhooks else None,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        print_error(NOTHING)
        raise typer.Exit(2)
    if base_url is not None and (code := _code(code_file)):
        changes["code"] = code.get_secret_value()
    with registry(url, needed_token(token_file)) as api:
        found = _edited(api, tenant, changes)
    tell(found, output, tenant_output.print_tenant)


def _edited(api: RegistryApi, tenant: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Make the changes; where a code turns out to be needed, ask for it."""
    try:
        return api.edit(tenant, changes)
    except RegistryError as error:
        if error.code != "code-needed":
            raise
        if not sys.stdin.isatty():
            raise RegistryError(CODE_NEEDED, status=error.status, code=error.code) from None
    code = typer.prompt("Code from the bot", hide_input=True, err=True).strip()
    return api.edit(tenant, {**changes, "code": code})


def _networks(option: str, given: list[str] | None) -> list[str] | None:
    if not given:
        return None
    limits = [one for one in given if one != ANY]
    if limits and ANY in given:
        print_error(ANY_ALONE.format(option=option))
        raise typer.Exit(2)
    return limits


def _code(file: Path | None) -> SecretStr | None:
    if file is not None:
        return read_secret(file)
    return access().registration_code if access().registration_code.get_secret_value() else None
