"""All processes of a run: engines that survive a kill, the stand-ins, the four services and who restarts them."""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bridge.demo.environment import Addresses, environment
from bridge.demo.stack import Service
from bridge.kafka_admin import KafkaAdmin
from bridge.topics import apply
from chaos.gate import Gate
from chassis.settings import ServiceSettings
from contracts.topics import SERVICES
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World
from devstack.engines import EngineKind, Engines
from devstack.engines.apache_kafka import ApacheKafka
from devstack.engines.durable_vault import DurableVault
from devstack.engines.embedded_mongo import embedded_mongo
from devstack.engines.server import HOST, Server, free_port, listening
from devstack.process import Process, ProcessFailed

LOOK_EVERY = 0.1


class Engine(Protocol):
    """Kafka, MongoDB or Vault."""

    @property
    def name(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


@dataclass
class Stack:
    """Starts everything with one gate before the bot and one Jira per tenant.

    Whatever ends is started again at once, as Kubernetes would; `ended_alone` counts the ends that were not ours.
    """

    directory: Path
    people: int
    registrars: tuple[str, ...] = ("ada", "grace")
    settings: dict[str, str] = field(default_factory=dict)
    """More settings of all services, without their prefix."""
    jiras: list[Server] = field(default_factory=list)
    services: dict[str, Service] = field(default_factory=dict)
    engines: dict[str, Engine] = field(default_factory=dict)
    ended_alone: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    _jira_processes: list[Process] = field(default_factory=list)
    _expected: set[str] = field(default_factory=set)
    _gate: Gate | None = None
    _watch: asyncio.Task[None] | None = None
    _connector: Server | None = None

    @property
    def gate(self) -> Gate:
        assert self._gate is not None
        return self._gate

    async def start(self, tenants: int) -> Addresses:
        """Start in the order of need; raises ProcessFailed."""
        self._gate = Gate(gateway_port := free_port())
        bot = self._bot_at(await self._gate.start())
        engines, jira, connector = await self._start_surroundings(tenants, bot)
        async with KafkaAdmin(ServiceSettings(kafka_bootstrap=engines.kafka_bootstrap)) as admin:
            if wrong := [report for report in await apply(admin) if not report.fine]:
                raise ProcessFailed(f"Topic {wrong[0].name} was not created: {wrong[0].says}")
        ports = {service: free_port() for service in SERVICES}
        at = Addresses(engines, jira, connector, free_port(), gateway_port, ports)
        self.services = {name: Service(name, self._environment(name, at, bot), self.directory) for name in SERVICES}
        await asyncio.gather(*(asyncio.to_thread(service.start) for service in self.services.values()))
        self._watch = asyncio.create_task(self._restart_what_ends())
        return at

    async def stop(self) -> None:
        """Stop everything, services first."""
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        for layer in (self.services.values(), [*self.jiras, self._connector], self.engines.values()):
            running = [one for one in layer if one is not None]
            await asyncio.gather(*(asyncio.to_thread(one.stop) for one in running), return_exceptions=True)
        if self._gate:
            await self._gate.stop()

    @property
    def vault(self) -> DurableVault:
        vault = self.engines["vault"]
        assert isinstance(vault, DurableVault)
        return vault

    def kill(self, service: str) -> None:
        """SIGKILL, now; the process is started again within a tenth of a second."""
        pid = self.services[service].process.pid
        self._expected.add(service)
        self.kills[service] += 1
        if pid is not None and self.services[service].process.running:
            os.kill(pid, signal.SIGKILL)

    def terminate(self, service: str) -> None:
        """SIGTERM: it may finish what it has begun; then it is started again."""
        pid = self.services[service].process.pid
        self._expected.add(service)
        if pid is not None and self.services[service].process.running:
            os.kill(pid, signal.SIGTERM)

    async def wait_ready(self, service: str, patience: float = 60) -> None:
        """Return once the service says that it is ready; raises ProcessFailed."""
        ends = time.monotonic() + patience
        while not await asyncio.to_thread(self.services[service]._ready):
            if time.monotonic() > ends:
                raise ProcessFailed(f"{service} was not ready within {patience:g} s.")
            await asyncio.sleep(LOOK_EVERY)

    async def kill_engine(self, name: str, down: float) -> None:
        """SIGKILL an engine, leave it down for so many seconds, start it again; returns when it serves."""
        engine = self.engines[name]
        self.kills[name] += 1
        await asyncio.to_thread(engine.kill)
        await asyncio.sleep(down)
        await asyncio.to_thread(engine.start)

    def freeze_jira(self, index: int, *, frozen: bool) -> None:
        """Stop a Jira's process as it stands, or let it go on."""
        pid = self._jira_processes[index].pid
        with suppress(ProcessLookupError):
            os.kill(pid or 0, signal.SIGSTOP if frozen else signal.SIGCONT)

    def _bot_at(self, port: int) -> ConnectorSettings:
        """Give the settings of a Connector that reaches the bot at this port."""
        return ConnectorSettings(bot_url=f"http://{HOST}:{port}/api/messages", extra_people=self.people)

    async def _start_surroundings(self, tenants: int, bot: ConnectorSettings) -> tuple[Engines, str, str]:
        """Start engines and stand-ins with an empty directory; give the engines, the first Jira and the Connector."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        kafka, vault = ApacheKafka(self.directory), DurableVault(self.directory)
        mongo = embedded_mongo(self.directory)
        self.engines = {"kafka": kafka, "mongodb": mongo, "vault": vault}
        connector = self._connector = self._start_connector(bot)
        self.jiras = [self._jira(index) for index in range(tenants)]
        everything = [*self.engines.values(), connector, *self.jiras]
        await asyncio.gather(*(asyncio.to_thread(one.start) for one in everything))
        engines = Engines.running(EngineKind.APACHE, (kafka, mongo, vault), vault.token)
        return engines, self.jiras[0].url, connector.url

    def _environment(self, name: str, at: Addresses, bot: ConnectorSettings) -> dict[str, str]:
        world = World(bot)
        own = {"REGISTRARS": ",".join(world.person(key).aad_object_id for key in self.registrars)}
        own |= {"REQUESTS_PER_MINUTE": "6000", **self.settings}
        return environment(name, at, bot) | {f"BRIDGE_{key}": value for key, value in own.items()}

    def _start_connector(self, bot: ConnectorSettings) -> Server:
        def process(port: int) -> Process:
            people = ["--extra-people", str(bot.extra_people)]
            return self._module("connector", "connector", port, "--bot-url", bot.bot_url, "--no-limits", *people)

        return Server("simulated Bot Connector", f"http://{HOST}:{{port}}", process, listening)

    def _jira(self, index: int) -> Server:
        def process(port: int) -> Process:
            made = self._module("jira", f"jira-{index}", port)
            self._jira_processes[index:] = [made]
            return made

        self._jira_processes.append(Process("", (), None, self.directory))
        return Server(f"simulated Jira {index}", f"http://{HOST}:{{port}}", process, listening)

    def _module(self, name: str, log: str, port: int, *arguments: str) -> Process:
        argv = [sys.executable, "-m", f"devstack.{name}", "--port", str(port), *arguments]
        return Process(log, argv, None, self.directory / f"{log}.log")

    async def _restart_what_ends(self) -> None:
        while True:
            for name, service in self.services.items():
                if not service.process.running:
                    if name not in self._expected:
                        self.ended_alone[name] += 1
                        await asyncio.sleep(1)
                    self._expected.discard(name)
                    service.process.start()
            await asyncio.sleep(LOOK_EVERY)


def on_kill(stack: Stack, service: str) -> Callable[[], None]:
    """The kill of a service, to be called later."""
    return lambda: stack.kill(service)
