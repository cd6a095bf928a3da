"""Commands from Teams to Jira and back: how late one is, how many there are, beside the floor."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.outside import Seen
from bench.system import System
from bench.web import Connection

PATIENCE = 30.0


@dataclass
class Latency:
    """Milliseconds from the POST of a message to the first call that Jira receives, and to the write."""

    to_call: list[float] = field(default_factory=list)
    to_write: list[float] = field(default_factory=list)


class Commands:
    """Sends commands to one gateway, Bridge's or the floor's."""

    numbers = itertools.count(1)

    def __init__(self, bridge: System, port: int, *, answers: bool = True) -> None:
        self._outside = bridge.outside
        self._port = port
        self._answers = answers
        self._people = asyncio.Queue[int]()
        for person in range(len(bridge.outside.people.persons)):
            self._people.put_nowait(person)

    async def one(self, connection: Connection) -> tuple[float, Seen]:
        """Send a command and wait until the person has the answer; give when it was sent, and what was seen of it."""
        number, person = next(self.numbers), await self._people.get()
        key, mark = f"OPS-{number}", f"mark-{number:07d}"
        activity_id, request = self._outside.people.message(person, f"comment {key} {mark} deployed", self._port)
        seen = self._outside.commands[mark.encode()] = self._outside.by_activity[activity_id] = Seen()
        self._outside.by_issue[key] = seen
        sent = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            status, _ = await connection.send(request)
            if status != 200:
                raise RuntimeError(f"the gateway answered {status}")
            await seen.written.wait()
            if self._answers:
                await seen.answered.wait()
        del self._outside.commands[mark.encode()], self._outside.by_activity[activity_id], self._outside.by_issue[key]
        self._people.put_nowait(person)
        return sent, seen

    async def one_by_one(self, count: int, into: Latency) -> None:
        """Measure so many commands, one after the other."""
        async with _connected(self._port) as connection:
            for _ in range(count):
                sent, seen = await self.one(connection)
                assert seen.call is not None
                assert seen.write is not None
                into.to_call.append((seen.call - sent) * 1000)
                into.to_write.append((seen.write - sent) * 1000)

    async def everybody(self, at_once: int) -> None:
        """Let each person write once, so many at a time: the first message of each is announced besides."""
        left = itertools.repeat(None, self._people.qsize())

        async def client() -> None:
            async with _connected(self._port) as connection:
                for _ in left:
                    await self.one(connection)

        await asyncio.gather(*(client() for _ in range(at_once)))

    async def many(self, at_once: int, seconds: float) -> float:
        """Keep so many commands under way; give how many came to their end per second."""
        ends = time.perf_counter() + seconds
        done = 0

        async def client() -> None:
            nonlocal done
            async with _connected(self._port) as connection:
                while time.perf_counter() < ends:
                    await self.one(connection)
                    done += time.perf_counter() < ends

        await asyncio.gather(*(client() for _ in range(at_once)))
        return done / seconds


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[Connection]:
    connection = await Connection.to(port)
    try:
        yield connection
    finally:
        connection.close()
