"""Dead letters go on their way again: which, at what rate, and written down before and after."""

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Protocol
from uuid import uuid4

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from bridge.dead_letters import REPLAYABLE, TOPIC, DeadLetter, NotReplayable, marked, original
from bridge.kafka_admin import KafkaAdminError
from bridge.kafka_log import KafkaLog, NotTaken, RawMessage
from bridge.moments import shown
from chassis.envelope import encode
from contracts.catalogue import BY_TYPE
from contracts.operator import AUDITED, DeadLettersReplayed, Operator, Replay, ReplayBegun

AT_ONCE = 50
"""Letters written down at one time."""


class Writer(Protocol):
    """The part of Kafka that replaying needs."""

    async def send(self, message: RawMessage) -> None: ...


class Letters(Protocol):
    """Where the dead letters lie."""

    async def at(self, topic: str, partition: int, offset: int) -> "ConsumerRecord[Any, Any] | None": ...


@dataclass(frozen=True)
class Replayed:
    """What the audit says of one dead letter."""

    at: datetime
    by: str
    confirmed: bool
    """False: somebody began, and it is not known whether it was sent."""


@dataclass(frozen=True)
class Planned:
    """One dead letter, and why it is left out, if it is."""

    letter: DeadLetter
    left_out: str | None = None


@dataclass
class Run:
    """One run of the command, as it goes on."""

    operator: Operator
    pause: timedelta
    """Between two messages."""
    replay_id: str = field(default_factory=lambda: uuid4().hex)
    replayed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None
    """Why it ended before its end."""


def this_operator(name: str | None) -> Operator:
    """Say who runs this command."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        user = "unknown"
    return Operator(user=user, host=socket.gethostname(), name=name)


async def replays(log: KafkaLog) -> dict[str, Replayed]:
    """Read from the audit which dead letters were replayed, and by whom."""
    told: dict[str, Replayed] = {}
    kinds = {kind.event_type().encode(): kind for kind in AUDITED}
    async for records in log.read([Replay.topic], "Reading what was replayed"):
        for record in records:
            kind = kinds.get(dict(record.headers).get("ce_type") or b"")
            event = _event(kind, record) if kind else None
            for letter in event.letters if event else ():
                confirmed = kind is DeadLettersReplayed
                if event and (confirmed or letter not in told or not told[letter].confirmed):
                    told[letter] = Replayed(event.at, event.operator.name or event.operator.user, confirmed)
    return told


def with_twins(letters: Sequence[DeadLetter], done: Mapping[str, Replayed]) -> dict[str, Replayed]:
    """Count a letter as replayed when another one of the same message was: whoever reads the topic got it."""
    sent = {letter_id: told for letter_id, told in done.items() if told.confirmed}
    messages = {letter.message: sent[letter.id] for letter in letters if letter.id in sent}
    twins = {letter.id: messages[letter.message] for letter in letters if letter.message in messages}
    return {**done, **twins, **sent}


def plan(letters: Iterable[DeadLetter], done: Mapping[str, Replayed], *, again: bool) -> list[Planned]:
    """Say of each letter, in the order in which they go, whether it is replayed."""
    chosen: dict[tuple[str, str], str] = {}
    planned = []
    for letter in sorted(letters, key=lambda letter: letter.place):
        why = _left_out(letter, done.get(letter.id), chosen, again=again)
        if why is None:
            chosen[letter.message] = letter.id
        planned.append(Planned(letter, why))
    return planned


async def replay(
    letters: Sequence[DeadLetter], run: Run, log: Letters, writer: Writer, sent: Callable[[int], None]
) -> None:
    """Send letters again, one after the other; what came of it is noted in `run`."""
    waiting = iter(letters)
    try:
        while some := list(islice(waiting, AT_ONCE)):
            await _replay_some(some, run, log, writer, sent)
    except KafkaAdminError as error:
        run.stopped = str(error)


async def _replay_some(
    letters: Sequence[DeadLetter], run: Run, log: Letters, writer: Writer, sent: Callable[[int], None]
) -> None:
    await _write_down(ReplayBegun, [letter.id for letter in letters], run, writer)
    before = len(run.replayed)
    try:
        async for letter in _slowly(letters, run.pause):
            await _replay_one(letter, run, log, writer)
            sent(1)
    finally:
        if run.replayed[before:]:
            await _write_down(DeadLettersReplayed, run.replayed[before:], run, writer)


async def _replay_one(letter: DeadLetter, run: Run, log: Letters, writer: Writer) -> None:
    record = await log.at(TOPIC, *letter.place)
    if record is None:
        run.failed[letter.id] = "it is no longer there"
        return
    try:
        await writer.send(marked(original(record), letter.id))
    except (NotReplayable, NotTaken) as error:
        run.failed[letter.id] = str(error)
    else:
        run.replayed.append(letter.id)


async def _slowly(letters: Iterable[DeadLetter], pause: timedelta) -> AsyncIterator[DeadLetter]:
    """Give one at a time, no sooner than the rate allows."""
    clock = asyncio.get_running_loop().time
    for letter in letters:
        due = clock() + pause.total_seconds()
        yield letter
        await asyncio.sleep(max(0.0, due - clock()))


async def _write_down(kind: type[Replay], letters: Sequence[str], run: Run, writer: Writer) -> None:
    event = kind(replay_id=run.replay_id, operator=run.operator, at=datetime.now(UTC), letters=tuple(letters))
    message = encode(event, "bridge")
    headers = [(name, value.encode()) for name, value in message.headers.items()]
    headers.append(("correlation_id", run.replay_id.encode()))
    await writer.send(RawMessage(message.topic, None, message.key, message.value, headers))


def _event(kind: type[Replay], record: "ConsumerRecord[Any, Any]") -> Replay | None:
    try:
        return kind.model_validate_json(record.value or b"")
    except ValidationError:
        return None  # of a later version, or not ours: the letters it names look as if they were not replayed


def _left_out(
    letter: DeadLetter, done: Replayed | None, chosen: dict[tuple[str, str], str], *, again: bool
) -> str | None:
    if letter.topic not in REPLAYABLE:
        return f"messages of {letter.topic or 'an unknown topic'} cannot be replayed"
    if (kind := BY_TYPE.get(letter.event_type)) and kind.useful_for is not None:
        return "nobody waits for its answer any more"
    if done and done.confirmed and not again:
        return f"was replayed by {done.by} at {shown(done.at)}; --again does it once more"
    if letter.message in chosen:
        return f"is the same message as {chosen[letter.message]}"
    return None
