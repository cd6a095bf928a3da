"""`bridge dlq`: look at dead letters, and let them go on their way again."""

import asyncio
import re
from collections.abc import Coroutine
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import typer
from aiokafka import ConsumerRecord

from bridge import dlq_output
from bridge.dead_letters import TOPIC, DeadLetter, Which, place_of, read_letter
from bridge.kafka_admin import KafkaAdminError
from bridge.kafka_log import KafkaLog, KafkaWriter
from bridge.options import EXIT_CODES, OutputOption, SinceOption, UntilOption, settings
from bridge.output import Output, print_error
from bridge.progress_bar import progress_bar
from bridge.replay import Planned, Replayed, Run, plan, replay, replays, this_operator, with_twins
from chassis.settings import ServiceSettings
from contracts.operator import Replay

T = TypeVar("T")
RATE = re.compile(r"(\d{1,5})(?:/([sm]))?")

app = typer.Typer(
    help="Messages that a service could not handle: look at them, and replay them once the reason is gone.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
)


class Incomplete(Exception):
    """Something that was asked for is not there; the text is for people."""


def letter_id(text: str) -> str:
    """Read a dead letter's id from the command line."""
    try:
        place_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


def rate(text: str) -> timedelta:
    """Read `10/s` or `100/m` as the pause between two messages."""
    found = RATE.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no rate: write 10/s or 100/m.")
    return timedelta(minutes=1) / int(found[1]) if found[2] == "m" else timedelta(seconds=1) / int(found[1])


IdArgument = Annotated[str, typer.Argument(parser=letter_id, metavar="ID", help="As `bridge dlq list` shows it.")]
IdsArgument = Annotated[
    list[str] | None, typer.Argument(parser=letter_id, metavar="[ID]…", help="As `bridge dlq list` shows them.")
]
ReasonOption = Annotated[str | None, typer.Option(help="Only with this reason, such as unavailable or handler_failed.")]
ServiceOption = Annotated[str | None, typer.Option(help="Only what this service gave up.")]
TenantOption = Annotated[str | None, typer.Option(help="Only with this tenant in its key; the beginning is enough.")]


@app.command("list", epilog=EXIT_CODES)
def list_letters(
    reason: ReasonOption = None,
    service: ServiceOption = None,
    tenant: TenantOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """List dead letters, the oldest first."""
    which = Which(reason=reason, service=service, tenant=tenant, since=since, until=until)
    letters, done = _run(_list(settings(), which))
    dlq_output.print_letters(sorted(letters, key=lambda letter: letter.at), done, output)


@app.command(epilog=EXIT_CODES)
def show(
    letter: IdArgument,
    value: Annotated[bool, typer.Option("--value", help="Print the value too: it may hold what people wrote.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show all headers of one dead letter, and with --value what it carries.

    No value holds a secret, but many hold people's names and words: mind
    who sees the output, and where it is kept.
    """
    record, done = _run(_show(settings(), letter))
    dlq_output.print_letter(record, done.get(letter), output, value=value)


@app.command("replay", epilog=EXIT_CODES)
def replay_letters(
    ids: IdsArgument = None,
    reason: ReasonOption = None,
    service: ServiceOption = None,
    tenant: TenantOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Needed where nothing else says which.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those that were replayed before.")] = False,
    pause: Annotated[timedelta, typer.Option("--rate", parser=rate, metavar="10/s", help="How many at most.")] = "10/s",  # type: ignore[assignment]  # typer parses it
    name: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who you are, for the audit.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this it is only said what would be done.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Put dead letters back where they came from: the same bytes, key and headers, and `replayed_from`.

    Nothing is sent without --yes. What was replayed before is left out,
    unless --again is given. In Jira a message has one effect however often
    it is replayed; a card in Teams may appear again. What is done is done
    as if it were asked now: mind what happened since.

    Who replayed what, and when, is kept in the topic operator.audit.v1.
    """
    which = Which(tuple(ids or ()), reason, service, tenant, since, until)
    if yes and which.everything and not everything:
        print_error("Say which: IDs, --reason, --service, --tenant, --since, --until, or --all.")
        raise typer.Exit(2)
    at = settings()
    run = Run(this_operator(name), pause)
    planned, missing = _run(_replay(at, which, run, again=again, dry=not yes))
    dlq_output.print_replay(planned, run, output, dry=not yes)
    if missing:
        print_error(f"There is no dead letter {', '.join(missing)}.")
    if run.stopped:
        print_error(f"It stopped before its end: {run.stopped}")
    raise typer.Exit(1 if missing or run.failed or run.stopped else 0)


async def _list(at: ServiceSettings, which: Which) -> tuple[list[DeadLetter], dict[str, Replayed]]:
    async with KafkaLog(at) as log:
        _expect(log, TOPIC)
        return await _letters(log, which)


async def _show(at: ServiceSettings, wanted: str) -> "tuple[ConsumerRecord[Any, Any], dict[str, Replayed]]":
    async with KafkaLog(at) as log:
        record = await log.at(TOPIC, *place_of(wanted))
        if record is None:
            raise Incomplete(f"There is no dead letter {wanted}, or no more.")
        return record, await replays(log)


async def _replay(
    at: ServiceSettings, which: Which, run: Run, *, again: bool, dry: bool
) -> tuple[list[Planned], list[str]]:
    async with KafkaLog(at) as log:
        _expect(log, TOPIC, Replay.topic)
        letters, done = await _letters(log, which)
        planned = plan(letters, done, again=again)
        chosen = [one.letter for one in planned if one.left_out is None]
        if chosen and not dry:
            async with KafkaWriter(at) as writer:
                with progress_bar("Replaying", len(chosen)) as sent:
                    await replay(chosen, run, log, writer, sent)
    return planned, sorted({*which.ids} - {letter.id for letter in letters})


async def _letters(log: KafkaLog, which: Which) -> tuple[list[DeadLetter], dict[str, Replayed]]:
    """Give the letters that are meant, and what is known of their replays."""
    if which.ids:
        records = [await log.at(TOPIC, *place_of(one)) for one in dict.fromkeys(which.ids)]
        letters = [read_letter(record) for record in records if record is not None]
    else:
        letters = [
            read_letter(record)
            async for records in log.read([TOPIC], "Reading dead letters", which.since)
            for record in records
        ]
    done = with_twins(letters, await replays(log))
    return [letter for letter in letters if which.means(letter)], done


def _expect(log: KafkaLog, *topics: str) -> None:
    if missing := log.missing(*topics):
        raise Incomplete(f"Topic {missing[0]} does not exist: run `bridge topics apply`.")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; what Kafka cannot do becomes one sentence and exit code 1."""
    try:
        return asyncio.run(work)
    except KafkaAdminError as error:
        print_error(f"{error} Check BRIDGE_KAFKA_BOOTSTRAP, or run `bridge doctor`.")
    except Incomplete as error:
        print_error(str(error))
    raise typer.Exit(1)
