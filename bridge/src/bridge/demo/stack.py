"""All processes of one demo: three engines, the two stand-ins, the four services."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Protocol

import httpx

from bridge.demo.environment import Addresses, environment
from bridge.kafka_admin import KafkaAdmin
from bridge.topics import apply
from chassis.settings import ServiceSettings
from contracts.topics import SERVICES
from devstack.connector.settings import ConnectorSettings
from devstack.engines import Engines, engines_chosen, start_engines
from devstack.engines.server import HOST, Server, free_port, listening
from devstack.process import Process, ProcessFailed

READY_WITHIN = timedelta(seconds=45)


class Startable(Protocol):
    """A server or a process."""

    @property
    def name(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Service:
    """One of the four services as a process of its own, ready when its own health check says so."""

    name: str
    env: dict[str, str]
    directory: Path
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        argv = [sys.executable, "-m", self.name.replace("-", "_")]
        self.process = Process(self.name, argv, self.env, self.directory / f"{self.name}.log")

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.process.start()
        self.process.wait_ready(self._ready, READY_WITHIN)

    def stop(self) -> None:
        """Let it finish what it has begun."""
        self.process.stop()

    def _ready(self) -> bool:
        asking = HTTPConnection(
            HOST, int(self.env["BRIDGE_HEALTH_PORT"]), timeout=2
        )  # far cheaper than a client of httpx
        try:
            asking.request("GET", "/readyz")
            return asking.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            asking.close()


@dataclass
class Stack:
    """Starts in the order of need, each layer at once; `show` is told what runs and after how many seconds."""

    directory: Path
    show: Callable[[str, float], None]
    _engines: ExitStack = field(default_factory=ExitStack)
    _running: list[Sequence[Startable]] = field(default_factory=list)
    _services: list[Service] = field(default_factory=list)

    async def start(self) -> Addresses:
        """Start everything; raises ProcessFailed, whose text ends with the log of what did not start."""
        bot = replace(ConnectorSettings(), bot_url=f"http://{HOST}:{free_port()}/api/messages")
        connector = self._module("connector", "--bot-url", bot.bot_url)
        jira = self._module("jira", "--state", str(self.directory / "jira-state.json"))
        engines, _ = await asyncio.gather(self._start_engines(), self._start([connector, jira]))
        await self._topics(engines.kafka_bootstrap)
        at = Addresses(
            engines=engines,
            jira=jira.url,
            connector=connector.url,
            registry_port=free_port(),
            gateway_port=httpx.URL(bot.bot_url).port or 0,
            health_ports={service: free_port() for service in SERVICES},
        )
        self._services = [Service(name, environment(name, at, bot), self.directory) for name in SERVICES]
        await self._start(self._services)
        return at

    async def stop(self) -> None:
        """Stop everything, services first; safe to call at any time."""
        while self._running:
            layer = self._running.pop()
            await asyncio.gather(*(asyncio.to_thread(one.stop) for one in layer), return_exceptions=True)
        await asyncio.to_thread(self._engines.close)

    def ended(self) -> list[str]:
        """The services that ended although nobody stopped them."""
        return [service.name for service in self._services if not service.process.running]

    def erring(self) -> list[str]:
        """The services whose log holds an error."""
        return [name for name in SERVICES if any('"level": "error"' in line for line in _lines(self.log_of(name)))]

    def log_of(self, name: str) -> Path:
        """Where the process writes what it does."""
        return self.directory / f"{name}.log"

    def _module(self, name: str, *arguments: str) -> Server:
        """A stand-in of the devstack as a server."""

        def process(port: int) -> Process:
            argv = [sys.executable, "-m", f"devstack.{name}", "--port", str(port), *arguments]
            return Process(name, argv, None, self.log_of(name))

        title = {"connector": "simulated Bot Connector", "jira": "simulated Jira"}[name]
        return Server(title, f"http://{HOST}:{{port}}", process, listening)

    async def _start_engines(self) -> Engines:
        began = time.perf_counter()
        engines = await asyncio.to_thread(self._engines.enter_context, start_engines(self.directory, engines_chosen()))
        for name in (engines.kafka_name, engines.mongo_name, engines.vault_name):
            self.show(name, time.perf_counter() - began)
        return engines

    async def _start(self, layer: Sequence[Startable]) -> None:
        """Start all of them at once; when one fails, the others are let through first, so that they can be stopped."""
        self._running.append(layer)
        started = await asyncio.gather(*(self._start_one(one) for one in layer), return_exceptions=True)
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure

    async def _start_one(self, one: Startable) -> None:
        began = time.perf_counter()
        await asyncio.to_thread(one.start)
        self.show(one.name, time.perf_counter() - began)

    async def _topics(self, kafka: str) -> None:
        began = time.perf_counter()
        async with KafkaAdmin(ServiceSettings(kafka_bootstrap=kafka)) as admin:
            reports = await apply(admin)
        wrong = [report for report in reports if not report.fine]
        if wrong:
            raise ProcessFailed(f"Topic {wrong[0].name} was not created: {wrong[0].says}")
        self.show(f"{len(reports)} topics", time.perf_counter() - began)


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines() if log.exists() else []
