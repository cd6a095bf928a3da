"""All processes of a roll-out: each service as one or more replicas of one or two versions, behind doors."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bridge.demo.environment import Addresses
from bridge.demo.stack import Service
from chaos.stack import Stack
from chaos.upgrade_door import Door
from chaos.upgrade_versions import Version
from contracts.topics import SERVICES
from devstack.connector.settings import ConnectorSettings
from devstack.engines.server import HOST, free_port
from devstack.process import Process, ProcessFailed

GRACE = timedelta(seconds=45)
"""More than any service drains: who is still there then has not ended by itself."""
WORKED = re.compile(r'^bridge_messages_handled_total\{.*result="(?!ignored)\w+"\} (\d+)', re.MULTILINE)
EDGES = {"bot-gateway": "BRIDGE_GATEWAY_PORT", "tenant-registry": "BRIDGE_REGISTRY_PORT"}


@dataclass
class Replica(Service):
    """One process of one version, which knows nothing of the other; `label` names it, its log and its views."""

    version: Version
    label: str

    def __post_init__(self) -> None:
        argv = [str(self.version.python), "-m", self.name.replace("-", "_")]
        self.process = Process(self.label, argv, self.env, self.directory / f"{self.label}.log")

    @property
    def edge(self) -> int | None:
        """Where it takes requests, if it is a service that does."""
        return int(self.env[EDGES[self.name]]) if self.name in EDGES else None

    def handled(self) -> int:
        """How many messages it has brought to an end itself since it started."""
        asking = HTTPConnection(HOST, int(self.env["BRIDGE_HEALTH_PORT"]), timeout=5)
        try:
            asking.request("GET", "/metrics")
            return sum(map(int, WORKED.findall(asking.getresponse().read().decode())))
        except (OSError, HTTPException) as error:
            raise ProcessFailed(f"{self.label} does not give its metrics. {self.process.tail()}") from error
        finally:
            asking.close()


@dataclass
class MixedStack(Stack):
    """A stack that begins with the old version alone; replicas of either version are added and retired."""

    old: Version = field(kw_only=True)
    doors: dict[str, Door] = field(default_factory=lambda: {name: Door() for name in EDGES})
    unclean: list[str] = field(default_factory=list)
    """Replicas that did not end by themselves when asked to, in words."""
    _made: int = 0
    _at: Addresses | None = None
    _bot: ConnectorSettings | None = None

    async def start(self, tenants: int) -> Addresses:
        """Start engines, stand-ins and the old version of every service; raises ProcessFailed."""
        ports = {name: await door.start() for name, door in self.doors.items()}
        self._bot = self._bot_at(ports["bot-gateway"])
        surroundings = await self._start_surroundings(tenants, self._bot)
        self._at = Addresses(*surroundings, ports["tenant-registry"], ports["bot-gateway"], health_ports={})
        await self.apply_topics(self.old)
        await self.add(self.old, SERVICES)
        self._watch = asyncio.create_task(self._restart_what_ends())
        return self._at

    async def stop(self) -> None:
        await super().stop()
        await asyncio.gather(*(door.stop() for door in self.doors.values()))

    async def apply_topics(self, version: Version) -> None:
        """Have this version's own command make the topics that it knows and that are not there yet."""
        assert self._at is not None
        settings = {"BRIDGE_KAFKA_BOOTSTRAP": self._at.engines.kafka_bootstrap}
        await asyncio.to_thread(version.run, ["bridge", "topics", "apply"], settings)

    async def add(self, version: Version, names: Sequence[str]) -> list[Replica]:
        """Start a replica of each of these services; gives them once they are ready and get requests."""
        made = [self._replica(version, name) for name in names]
        await asyncio.gather(*(asyncio.to_thread(replica.start) for replica in made))
        for replica in made:
            self.services[replica.label] = replica
            if replica.edge:
                self.doors[replica.name].add(replica.edge)
        return made

    async def retire(self, replicas: Sequence[Replica]) -> None:
        """Give them no more requests, ask them to end (SIGTERM) and wait until they have drained."""
        for replica in replicas:
            del self.services[replica.label]
            if replica.edge:
                self.doors[replica.name].remove(replica.edge)
        await asyncio.gather(*(asyncio.to_thread(replica.process.stop, GRACE) for replica in replicas))
        self.unclean += [
            f"{replica.label} ended with {code} when it was asked to stop"
            for replica in replicas
            if (code := replica.process.returncode)
        ]

    def replicas(self, name: str) -> list[Replica]:
        """What runs of a service now."""
        return [one for one in self.services.values() if isinstance(one, Replica) and one.name == name]

    def _replica(self, version: Version, name: str) -> Replica:
        assert self._at is not None
        assert self._bot is not None
        self._made += 1
        label = f"{self._made:02}-{name}-{version.name}"
        at = replace(self._at, gateway_port=free_port(), health_ports={name: free_port()})
        own = {"BRIDGE_DATA_DIR": str(self._views(label)), "BRIDGE_REGISTRY_PORT": str(free_port())}
        env = self._environment(name, at, self._bot) | version.environment() | own
        return Replica(name, env, self.directory, version, label)

    def _views(self, label: str) -> Path:
        """A directory for the views of one replica alone: two versions may keep them differently."""
        views = (self.directory / "views" / label).resolve()
        views.mkdir(parents=True)
        return views
