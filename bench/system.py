"""Bridge's engines and services for one measurement, each time anew."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench import web
from bench.jira_answers import JiraAnswers, recorded
from bench.outside import Outside
from bench.people import People
from bridge.demo.environment import Addresses, environment
from bridge.demo.stack import Service
from bridge.kafka_admin import KafkaAdmin
from bridge.topics import apply
from chassis.settings import ServiceSettings
from contracts.topics import SERVICES, TOPICS, Topic
from devstack.connector.settings import ConnectorSettings
from devstack.engines import EngineKind, Engines, start_engines
from devstack.engines.kafka_jars import why_not
from devstack.engines.server import HOST, free_port

STEADY = {"BRIDGE_RECHECK": "PT0S", "BRIDGE_LOG_LEVEL": "INFO"}
"""As it is two minutes after a start (before, each write is looked for in Jira first), and with the default log level,
not the demo's."""


@dataclass(frozen=True)
class System:
    """Where everything is; services are started by `running`."""

    directory: Path
    engines: Engines
    outside: Outside
    at: Addresses
    bot: ConnectorSettings

    def settings(self) -> ServiceSettings:
        """How a process of the bench itself reaches Kafka."""
        return ServiceSettings(
            kafka_bootstrap=self.engines.kafka_bootstrap,
            kafka_idempotence=not self.engines.embedded_kafka,
            kafka_fetch_max_wait=timedelta(milliseconds=self.fetch_wait_ms),
        )

    @property
    def fetch_wait_ms(self) -> int:
        """How long Kafka may hold a fetch: the embedded one answers late when it may wait."""
        return 10 if self.engines.embedded_kafka else 500

    @asynccontextmanager
    async def running(self, *names: str) -> AsyncIterator[dict[str, int]]:
        """Start these services; give their process ids."""
        env = {name: environment(name, self.at, self.bot) | STEADY for name in names}
        services = [Service(name, env[name], self.directory) for name in names]
        try:
            await asyncio.gather(*(asyncio.to_thread(service.start) for service in services))
            yield {service.name: service.process.pid or 0 for service in services}
        finally:
            await asyncio.gather(*(asyncio.to_thread(service.stop) for service in services), return_exceptions=True)

    def engine_pids(self) -> dict[str, int]:
        """The engines' process ids, by what they are."""
        children = {path.parent.name: path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
        wanted = {"kafka": (b"kafka.Kafka", b"tansu"), "mongodb": (b"secantus",), "vault": (b"-dev-listen-address",)}
        mine = str(self.directory).encode()
        found = {}
        for name, words in wanted.items():
            for pid, line in children.items():
                if any(word in line for word in words) and (mine in line or _port(self.engines, name) in line):
                    found[name] = int(pid)
        return found


def _port(engines: Engines, name: str) -> bytes:
    url = {"kafka": engines.kafka_bootstrap, "mongodb": engines.mongo_url, "vault": engines.vault_url}[name]
    return url.rpartition(":")[2].partition("/")[0].encode()


def kafka_kind() -> EngineKind:
    """A real Kafka where it can run, as in production."""
    return EngineKind.EMBEDDED if why_not() else EngineKind.APACHE


@asynccontextmanager
async def system(
    directory: Path, people: int = 4, more_topics: Sequence[Topic] = (), *, lasting: bool = False
) -> AsyncIterator[System]:
    """Start the engines and all that is outside of Bridge; create the topics.

    Where it is `lasting`, Kafka comes to its full speed after a minute under load, as in production.
    """
    port, gateway_port = free_port(), free_port()
    url = f"http://{HOST}:{port}"
    bot = ConnectorSettings(
        public_url=url, bot_url=f"http://{HOST}:{gateway_port}/api/messages", extra_people=max(0, people - 4)
    )
    jira: JiraAnswers = await recorded(url)
    outside = Outside(People(bot), jira, url)
    server = await web.serve(outside.respond, port)
    starting = start_engines(directory, kafka_kind(), lasting=lasting)
    engines = await asyncio.to_thread(starting.__enter__)
    try:
        at = Addresses(
            engines=engines,
            jira=url,
            connector=url,
            registry_port=free_port(),
            gateway_port=gateway_port,
            health_ports={service: free_port() for service in SERVICES},
        )
        async with KafkaAdmin(ServiceSettings(kafka_bootstrap=engines.kafka_bootstrap)) as admin:
            await apply(admin, declared=(*TOPICS, *more_topics))
        yield System(directory, engines, outside, at, bot)
    finally:
        server.close()
        await asyncio.to_thread(starting.__exit__, None, None, None)
