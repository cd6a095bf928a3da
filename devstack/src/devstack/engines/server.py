"""An engine that is one process on one port of this machine."""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from devstack.process import Process, ProcessEnded

HOST = "127.0.0.1"
START_WITHIN = timedelta(seconds=30)
STOP_WITHIN = timedelta(seconds=3)
PORT_ATTEMPTS = 3

Started = TypeVar("Started")


@dataclass
class Server:
    """Started on a free port; started again after `stop` or `kill`, it has the same port, and its data if it keeps any.

    `url_format`, `describe` and `ready` get the port.
    """

    name: str
    url_format: str
    describe: Callable[[int], Process]
    ready: Callable[[int], bool]
    port: int = field(default=0, init=False)
    _process: Process | None = field(default=None, init=False, repr=False)

    @property
    def url(self) -> str:
        return self.url_format.format(port=self.port)

    def start(self) -> None:
        if self._process is None:
            self._process, self.port = on_free_ports(lambda: self._start_on(free_port()))
        else:
            self._start(self._process, self.port)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(STOP_WITHIN)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()

    def _start_on(self, port: int) -> tuple[Process, int]:
        process = self.describe(port)
        self._start(process, port)
        return process, port

    def _start(self, process: Process, port: int) -> None:
        process.start()
        process.wait_ready(lambda: self.ready(port), START_WITHIN)


def free_port() -> int:
    """A port that nobody listens on now; somebody may take it before we do, see `on_free_ports`."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def listening(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def on_free_ports(start: Callable[[], Started]) -> Started:
    """Call `start`, which picks ports and starts processes; again when one ended at once, for its port may be taken."""
    for _ in range(PORT_ATTEMPTS - 1):
        with suppress(ProcessEnded):
            return start()
    return start()
