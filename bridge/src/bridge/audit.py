"""`bridge audit`: who did what, and whether the audit is as it was written."""

import json
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from bridge import tenant_output
from bridge.dlq_output import plain
from bridge.operator_api import RegistryApi
from bridge.options import SinceOption, UntilOption
from bridge.output import Output, print_error, print_json
from bridge.tenant_options import TokenOption, UrlOption, needed_token, registry


def audit(
    tenant: Annotated[str | None, typer.Argument(metavar="[TENANT]", help="Only what is about this tenant.")] = None,
    organisation: Annotated[
        str | None,
        typer.Option(
            help="All of this Teams tenant, also what was erased; or operator: attempts about no organisation."
            " For the operator."
        ),
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    what: Annotated[
        str | None, typer.Option(help="Only this, such as registered, comment_added or attempt_refused.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Only by this Entra object id.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Say whether anything was changed or is missing.")] = False,
    token_file: TokenOption = None,
    url: UrlOption = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="For people, or as JSON lines.")] = Output.TEXT,
) -> None:
    """Say who did what and when: administrators' acts, and what Bridge did in Jira for people.

    The entries of an organisation are chained by their hashes: --verify walks
    the chain, and exit code 1 says that it is broken. No entry holds a secret
    or what a comment says. What was refused to nobody known is noted once a
    minute, with how often it was.
    """
    if (tenant is None) == (organisation is None):
        print_error("Give a tenant's id, or --organisation and the id of a Teams tenant.")
        raise typer.Exit(2)
    whose = {"teamsTenant": organisation} if organisation else {}
    with registry(url, needed_token(token_file)) as api:
        if verify:
            raise typer.Exit(_verify(api, tenant, whose, output))
        wanted = {"from": _instant(since), "to": _instant(until), "what": what, "user": user, **whose}
        entries = api.audit(tenant, **{name: value for name, value in wanted.items() if value})
        if output is Output.JSON:
            for entry in entries:
                sys.stdout.write(f"{json.dumps(entry, ensure_ascii=False)}\n")
        else:
            tenant_output.print_entries(entries)


def _verify(api: RegistryApi, tenant: str | None, whose: dict[str, str], output: Output) -> int:
    """Say whether the chain holds; gives the exit code."""
    found: dict[str, Any] = api.audit_holds(tenant, **whose)
    if output is Output.JSON:
        print_json(found)
    else:
        console = Console(soft_wrap=True)
        console.print(Text(plain(found["said"]), "green" if found["holds"] else "red"))
        console.print(f"{found['entries']} entries; the last one's hash is {plain(found['hash'] or 'none')}.")
        if found["advice"]:
            console.print(Text(f"→ {plain(found['advice'])}", "bold"))
    return int(not found["holds"])


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
