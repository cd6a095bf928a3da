"""The command `bridge`."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bridge import access, audit, dlq, keys, tenant, tenant_options, trace, vault_policy
from bridge.checks import CHECKS
from bridge.doctor import Finding
from bridge.kafka_admin import KafkaAdmin, KafkaAdminError
from bridge.options import EXIT_CODES, OutputOption, settings
from bridge.output import Output, print_error, print_findings, print_json, print_topics
from bridge.settings import BridgeSettings
from bridge.teams import command as teams
from bridge.topics import TopicReport, apply, compare

RUN_DIRECTORY = Path("build/demo")

app = typer.Typer(
    help="Bridge between Microsoft Teams and Atlassian Data Center: try it, set it up, look after it.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
topics = typer.Typer(help="The Kafka topics that Bridge needs.", epilog=EXIT_CODES, no_args_is_help=True)
app.add_typer(topics, name="topics")
app.add_typer(dlq.app, name="dlq")
app.add_typer(tenant.app, name="tenant")
app.add_typer(keys.app, name="keys")
app.add_typer(vault_policy.app, name="vault")
app.add_typer(teams.app, name="teams")


@app.callback()
def quiet() -> None:
    """Keep the libraries' log lines out of what the command prints."""
    logging.getLogger().addHandler(logging.NullHandler())


@app.command(epilog=EXIT_CODES)
def doctor(output: OutputOption = Output.TEXT) -> None:
    """Check Kafka, its topics, MongoDB, Vault and the Bot Connector's keys; say what is wrong and what to do.

    Reads the same BRIDGE_… environment variables as the services.
    """
    findings = asyncio.run(_examine(settings()))
    print_findings(findings, output)
    raise typer.Exit(any(finding.state == "failed" for finding in findings))


@app.command(epilog=EXIT_CODES)
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave all running after the story, with a prompt.")] = False,
    directory: Annotated[Path, typer.Option(help="For logs and data of this run; emptied at start.")] = RUN_DIRECTORY,
    output: OutputOption = Output.TEXT,
) -> None:
    """Start everything on this machine and play a conversation, from registering a Jira to disconnecting from it.

    Needs nothing but this installation: embedded Kafka, MongoDB and Vault, a simulated Jira, a simulated Teams.
    """
    try:
        from bridge.demo.run import NotPossible, as_json, prepare, run  # loads the devstack
    except ModuleNotFoundError as missing:
        if not (missing.name or "").startswith("devstack"):
            raise
        print_error("The demo is not part of this installation. Run `make demo` in Bridge's source tree.")
        raise typer.Exit(2) from None
    try:
        prepare(directory)
    except NotPossible as error:
        print_error(str(error))
        raise typer.Exit(2) from None
    console = Console(quiet=output is Output.JSON)
    ending, transcript = asyncio.run(run(directory, console, keep=keep))
    if output is Output.JSON:
        print_json(as_json(ending, transcript))
    elif ending.failure:
        print_error(ending.failure)
        if ending.log:
            print_error(f"Read {ending.log}")
    raise typer.Exit(1 if ending.failure else 0)


@topics.command("apply", epilog=EXIT_CODES)
def apply_topics(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    replicas: Annotated[
        int | None, typer.Option(min=1, help="Copies of each new topic; by default 3, or one per broker.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Create the topics that are missing and say which differ from what Bridge declares.

    A topic that differs is left alone and makes the exit code 1.
    """
    try:
        reports = asyncio.run(_apply(settings(), replicas, dry_run=dry_run))
    except KafkaAdminError as error:
        print_error(f"{error} Check BRIDGE_KAFKA_BOOTSTRAP, or run `bridge doctor`.")
        raise typer.Exit(1) from None
    print_topics(reports, output)
    raise typer.Exit(any(report.state in ("differs", "failed") for report in reports))


topics.command(epilog=EXIT_CODES)(access.access)
app.command(epilog=trace.EXIT_CODES)(trace.trace)
app.command(epilog=tenant_options.ENVIRONMENT)(audit.audit)


async def _examine(settings: BridgeSettings) -> list[Finding]:
    found = await asyncio.gather(*(check(settings) for check in CHECKS))
    return [finding for findings in found for finding in findings]


async def _apply(settings: BridgeSettings, replicas: int | None, *, dry_run: bool) -> list[TopicReport]:
    async with KafkaAdmin(settings) as kafka:
        return await (compare(kafka) if dry_run else apply(kafka, replicas))


if __name__ == "__main__":
    app()
