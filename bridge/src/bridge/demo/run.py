"""One run of the demo from start to end."""

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.text import Text

from bridge.demo.chat import Chat
from bridge.demo.environment import Addresses
from bridge.demo.failure import StepFailed
from bridge.demo.jira_side import JiraSide
from bridge.demo.prompt import prompt
from bridge.demo.report import issue_table, steps_table
from bridge.demo.stack import Stack
from bridge.demo.story import Story
from bridge.demo.transcript import Transcript
from devstack.connector.remote import RemoteTeams
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World
from devstack.engines import EngineKind, engines_chosen
from devstack.engines.stack import SETTING
from devstack.process import ProcessFailed

MARK = ".bridge-demo"


class NotPossible(ValueError):
    """What was asked for cannot be run; the text says what to change."""


@dataclass(frozen=True)
class Ending:
    """How the demo went: what failed, if something did, and what Jira holds."""

    failure: str | None = None
    log: Path | None = None
    issue: dict[str, Any] | None = None


def prepare(directory: Path) -> None:
    """Empty the run directory; raises NotPossible where it was not made by a demo, or no such engines are known."""
    try:
        engines_chosen()
    except ValueError:
        raise NotPossible(f"{SETTING} must be one of {', '.join(EngineKind)}.") from None
    mark = directory / MARK
    if directory.exists() and any(directory.iterdir()):
        if not mark.exists():
            raise NotPossible(f"{directory} holds other files: name a directory that is empty or not there yet.")
        if _runs(mark.read_text()):
            raise NotPossible(f"A demo runs in {directory} (process {mark.read_text()}): end it, or name another one.")
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    mark.write_text(str(os.getpid()))


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return int(pid) != os.getpid()


async def run(directory: Path, console: Console, *, keep: bool) -> tuple[Ending, Transcript]:
    """Start everything, play the story, tell how it went, stop everything; with `keep` stop when asked to.

    Ctrl-C and SIGTERM end it in order; a second one changes nothing.
    """
    transcript = Transcript(console)
    stack = Stack(directory, lambda name, seconds: _started(console, name, seconds))
    work = asyncio.create_task(_play(stack, transcript, keep=keep))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        return await work, transcript
    except asyncio.CancelledError:
        return Ending("It was stopped before its end."), transcript
    except ProcessFailed as failure:
        return Ending(str(failure)), transcript
    finally:
        with console.status("Stopping"):
            await stack.stop()


async def _play(stack: Stack, transcript: Transcript, *, keep: bool) -> Ending:
    with transcript.console.status("Starting"):
        async with transcript.step("start"):
            at = await stack.start()
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        chat = Chat(RemoteTeams(at.connector, http), World(ConnectorSettings()), transcript)
        story = Story(chat, JiraSide(http, at.jira, at.registry), transcript)
        try:
            await story.play()
            ending = Ending(issue=await story.ending())
        except StepFailed as failure:
            ending = _failed(stack, transcript, failure)
        _tell(transcript, ending)
        if keep and not ending.failure:
            _tell_addresses(transcript.console, at, stack.directory)
            with suppress(asyncio.CancelledError):  # here it is a good end
                await prompt(chat, transcript.console)
    return ending


def _failed(stack: Stack, transcript: Transcript, failure: StepFailed) -> Ending:
    """Point at the log that tells most: a service's that ended or reports errors, else that of the one waited for."""
    ended, erring = stack.ended(), stack.erring()
    culprit = next(iter([*ended, *erring]), failure.process)
    more = " It has ended." if culprit in ended else ""
    return Ending(f"Step {transcript.steps[-1].name}: {failure} Look at {culprit}.{more}", stack.log_of(culprit))


def _tell(transcript: Transcript, ending: Ending) -> None:
    transcript.console.print(steps_table(transcript.steps))
    if ending.issue:
        transcript.console.print(issue_table(ending.issue))


def _started(console: Console, name: str, seconds: float) -> None:
    console.print(Text.assemble(("✓ ", "green"), name, (f"  {seconds:.1f} s", "dim")))


def _tell_addresses(console: Console, at: Addresses, directory: Path) -> None:
    named = {
        "Jira": at.jira,
        "tenant-registry": f"{at.registry}/docs",
        "bot-gateway": at.bot,
        "Bot Connector": f"{at.connector}/_control/world",
        "Kafka": at.engines.kafka_bootstrap,
        "MongoDB": at.engines.mongo_url,
        "Vault": at.engines.vault_url,
        "logs": str(directory.resolve()),
    }
    for name, where in named.items():
        console.print(Text(f"  {name:<16} {where}"), soft_wrap=True)


def as_json(ending: Ending, transcript: Transcript) -> dict[str, Any]:
    """Everything that was said, done and measured."""
    return {
        "ok": ending.failure is None,
        "failure": ending.failure,
        "log": str(ending.log) if ending.log else None,
        "steps": [asdict(step) for step in transcript.steps],
        "seconds": round(sum(step.seconds for step in transcript.steps), 3),
        "transcript": [asdict(line) for line in transcript.lines],
        "jira": ending.issue,
    }
