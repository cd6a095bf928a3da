"""`bridge keys`: rotate the keys of tenants, and watch how far that has come."""

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from bridge import tenant_output
from bridge.operator_api import RegistryApi
from bridge.options import OutputOption
from bridge.output import Output, print_error, print_json, tell
from bridge.progress_bar import progress_bar
from bridge.tenant_options import ENVIRONMENT, TokenOption, UrlOption, needed_token, registry
from bridge.tenant_watch import ENDED, until

Json = dict[str, Any]
PATIENCE = timedelta(days=1)

SigningKeyOption = Annotated[
    bool,
    typer.Option(
        "--signing-key",
        help="Also the key that signs calls (oauth1): Jira refuses all until its new public key is entered there.",
    ),
]
WatchOption = Annotated[bool, typer.Option("--watch", help="Stay until it has ended.")]

app = typer.Typer(help="The keys that protect what is stored of tenants.", epilog=ENVIRONMENT, no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Keep `rotate` a command of its own, although it is the only one."""


@app.command(epilog=ENVIRONMENT)
def rotate(
    tenant: Annotated[str | None, typer.Argument(metavar="[TENANT]", help="One tenant's id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All tenants; for the operator.")] = False,
    signing_key: SigningKeyOption = False,
    watch: WatchOption = False,
    token_file: TokenOption = None,
    url: UrlOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Rotate keys: all that is stored is protected with new versions, then the old versions end.

    It goes on in the background, also after this command, and after a kill of
    the registry. Exit code 1 where a rotation that was watched failed.
    """
    if (tenant is None) == (not everything) or (everything and signing_key):
        print_error("Give one tenant's id, or --all; --signing-key goes with one tenant alone.")
        raise typer.Exit(2)
    with registry(url, needed_token(token_file)) as api:
        if tenant is not None:
            raise typer.Exit(rotate_one(api, tenant, output, signing_key=signing_key, watch=watch))
        raise typer.Exit(_rotate_all(api, output, watch=watch))


def rotate_one(api: RegistryApi, tenant: str, output: Output, *, signing_key: bool, watch: bool) -> int:
    """Rotate one tenant's keys; gives the exit code."""
    found = api.rotate(tenant, signing_key=signing_key)
    if watch:
        with Console(stderr=True).status("Protecting anew") as status:

            def look() -> Json:
                now = api.rotation(tenant)
                status.update(f"Protecting anew: {now['done']} of {now['of']}")
                return now

            found = until(look, lambda one: one["state"] in ENDED, PATIENCE)
    tell(found, output, tenant_output.print_rotation)
    return int(found["state"] == "failed")


def _rotate_all(api: RegistryApi, output: Output, *, watch: bool) -> int:
    """Rotate all tenants' keys; gives the exit code."""
    asked = api.rotate_all()
    states: dict[str, int] = api.rotations()["states"]
    if watch:
        with progress_bar("Tenants", sum(states.values())) as moved:
            before = 0

            def look() -> Json:
                nonlocal before
                now: Json = api.rotations()["states"]
                ended = sum(now.get(state, 0) for state in ENDED)
                moved(ended - before)
                before = ended
                return now

            states = until(look, lambda now: all(state in ENDED for state, count in now.items() if count), PATIENCE)
    if output is Output.JSON:
        print_json({"asked": asked["asked"], "underWay": asked["underWay"], "states": states})
    else:
        counted = ", ".join(f"{count} {state}" for state, count in states.items() if count)
        Console().print(f"{asked['asked']} asked, {asked['underWay']} were under way. Now: {counted or 'none'}.")
    return int(watch and bool(states.get("failed")))
