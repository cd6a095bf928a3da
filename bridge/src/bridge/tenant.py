"""`bridge tenant`: register, check and look after tenants, through tenant-registry's HTTP API."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bridge import tenant_output, tenant_watch
from bridge.dlq_output import plain
from bridge.keys import SigningKeyOption, WatchOption, rotate_one
from bridge.operator_api import RegistryApi, RegistryError
from bridge.options import OutputOption
from bridge.output import Output, print_error, print_json, tell
from bridge.tenant_edit import edit
from bridge.tenant_options import (
    ENVIRONMENT,
    TenantArgument,
    TokenOption,
    UrlOption,
    needed_token,
    private_file,
    registry,
)
from bridge.tenant_register import register

ERASING = timedelta(minutes=2)
GOES_ON = "The tenant is gone, and the rest of it is being erased. The same command gives the receipt later."

app = typer.Typer(help="Tenants: one is one Jira of one Teams organisation.", epilog=ENVIRONMENT, no_args_is_help=True)
app.command(epilog=ENVIRONMENT)(register)
app.command(epilog=ENVIRONMENT)(edit)


@app.command(epilog=ENVIRONMENT)
def check(
    tenant: TenantArgument,
    wait: Annotated[bool, typer.Option(help="Wait for the results.")] = True,
    timeout: Annotated[int, typer.Option(min=1, metavar="SECONDS", help="How long to wait.")] = 90,
    token_file: TokenOption = None,
    url: UrlOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Have a Jira checked: name, port, certificate, Jira, sign-in. Exit code 1 where a check failed."""
    with registry(url, needed_token(token_file)) as api:
        if not wait:
            started = api.check(tenant)
            if output is Output.JSON:
                return print_json(started)
            return Console().print(f"The checks run; see them with: bridge tenant show {plain(tenant)}")
        try:
            found = tenant_watch.checked(api, tenant, timedelta(seconds=timeout))
        except tenant_watch.TooLong:
            raise RegistryError(f"There is no result after {timeout} s: run `bridge doctor`, then try again.") from None
    tell(found, output, tenant_output.print_checks)
    raise typer.Exit(any(one["status"] == "failed" for one in found["checks"]))


@app.command("list", epilog=ENVIRONMENT)
def list_tenants(
    state: Annotated[str | None, typer.Option(help="Only pending, active, failed or suspended ones.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Only those of this Teams tenant.")] = None,
    token_file: TokenOption = None,
    url: UrlOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """List all tenants; for the operator."""
    wanted = {"state": state, "teamsTenant": organisation}
    with registry(url, needed_token(token_file)) as api:
        found = list(api.tenants(**{name: value for name, value in wanted.items() if value}))
    tell(found, output, tenant_output.print_tenants)


@app.command(epilog=ENVIRONMENT)
def show(
    tenant: TenantArgument, token_file: TokenOption = None, url: UrlOption = None, output: OutputOption = Output.TEXT
) -> None:
    """Show one tenant, and what its last checks said."""
    with registry(url, needed_token(token_file)) as api:
        found = api.tenant(tenant)
    tell(found, output, tenant_output.print_tenant)


@app.command(epilog=ENVIRONMENT)
def tokens(
    tenant: TenantArgument, token_file: TokenOption = None, url: UrlOption = None, output: OutputOption = Output.TEXT
) -> None:
    """Show how old the tokens of a tenant's people are, and which version of its key protects them."""
    with registry(url, needed_token(token_file)) as api:
        found = api.tokens(tenant)
    tell(found, output, tenant_output.print_tokens)


@app.command(epilog=ENVIRONMENT)
def rotate(
    tenant: TenantArgument,
    signing_key: SigningKeyOption = False,
    watch: WatchOption = False,
    token_file: TokenOption = None,
    url: UrlOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Rotate a tenant's keys: all that is stored is protected anew, then the old versions end."""
    with registry(url, needed_token(token_file)) as api:
        raise typer.Exit(rotate_one(api, tenant, output, signing_key=signing_key, watch=watch))


@app.command(epilog=ENVIRONMENT)
def suspend(
    tenant: TenantArgument, token_file: TokenOption = None, url: UrlOption = None, output: OutputOption = Output.TEXT
) -> None:
    """Suspend a tenant: nothing goes to its Jira, and nothing from it is taken; for the operator."""
    with registry(url, needed_token(token_file)) as api:
        found = api.suspend(tenant)
    tell(found, output, tenant_output.print_tenant)


@app.command(epilog=ENVIRONMENT)
def resume(
    tenant: TenantArgument, token_file: TokenOption = None, url: UrlOption = None, output: OutputOption = Output.TEXT
) -> None:
    """Resume a tenant: it is checked, and active again once the checks pass; for the operator."""
    with registry(url, needed_token(token_file)) as api:
        found = api.resume(tenant)
    tell(found, output, tenant_output.print_tenant)


@app.command(epilog=ENVIRONMENT)
def export(
    tenant: TenantArgument,
    to: Annotated[Path | None, typer.Option(help="A new file; left out: standard output.")] = None,
    token_file: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Write down what is stored of a tenant, as JSON; secrets are named in it, not shown."""
    with private_file(to) as file, registry(url, needed_token(token_file)) as api:
        (file or sys.stdout.buffer).writelines(api.export(tenant))


@app.command(epilog=ENVIRONMENT)
def delete(
    tenant: TenantArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    receipt_file: Annotated[Path | None, typer.Option(help="Write the receipt to this new file, as JSON.")] = None,
    token_file: TokenOption = None,
    url: UrlOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Erase a tenant for good: its people's connections, its subscriptions, its secrets and their keys.

    Copies in backups and in Kafka cannot be read any more either. A signed
    receipt says what was erased, and when.
    """
    with registry(url, needed_token(token_file)) as api:
        try:
            base_url = str(api.tenant(tenant)["baseUrl"])
        except RegistryError as error:
            if error.status != 404:
                raise
            base_url = ""  # it may be gone already: then the same call gives its receipt
        if base_url and not yes:
            _confirm(base_url)
        with private_file(receipt_file) as file:
            receipt = _erased(api, tenant, base_url)
            if file is not None:
                file.write(json.dumps(receipt, indent=2).encode())
    tell(receipt, output, tenant_output.print_receipt)


def _confirm(base_url: str) -> None:
    if not sys.stdin.isatty():
        print_error("This erases the tenant for good. Say --yes to do it.")
        raise typer.Exit(2)
    said = typer.prompt(f"This erases the tenant for good. Type {base_url} to do it", default="", err=True)
    if said.strip() != base_url:
        print_error("This is not its base URL: nothing was done.")
        raise typer.Exit(2)


def _erased(api: RegistryApi, tenant: str, base_url: str) -> dict[str, Any]:
    try:
        return tenant_watch.erased(api, tenant, base_url, ERASING)
    except tenant_watch.TooLong:
        raise RegistryError(GOES_ON) from None
