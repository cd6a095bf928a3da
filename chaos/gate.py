"""A gate between the Connector and the bot: here an answer can be lost on its way, after all was done."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from devstack.engines.server import HOST

CHUNK = 65_536


class Gate:
    """Passes bytes on; one time it cuts the connection instead of giving back an answer."""

    def __init__(self, bot_port: int) -> None:
        self._bot_port = bot_port
        self._cut: tuple[Callable[[], None], asyncio.Event] | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Open; gives the port."""
        self._server = await asyncio.start_server(self._pass, HOST, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def lose_an_answer(self, meanwhile: Callable[[], None], patience: float = 30) -> None:
        """Wait for the next answer of the bot, call `meanwhile` and lose the answer."""
        done = asyncio.Event()
        self._cut = (meanwhile, done)
        try:
            async with asyncio.timeout(patience):
                await done.wait()
        finally:
            self._cut = None

    async def _pass(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            there, forth = await asyncio.open_connection(HOST, self._bot_port)
        except OSError:
            back.close()
            self._open.discard(task)
            return
        ways = [asyncio.create_task(_copy(here, forth)), asyncio.create_task(self._answers(there, back))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for writer in (forth, back):
                writer.close()
            self._open.discard(task)

    async def _answers(self, there: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await there.read(CHUNK):
                if self._cut:
                    meanwhile, done = self._cut
                    self._cut = None
                    meanwhile()
                    done.set()
                    return
                back.write(data)
                await back.drain()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
