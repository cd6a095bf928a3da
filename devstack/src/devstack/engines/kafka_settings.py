"""The server.properties of a Kafka cluster on this machine, each node broker and controller at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devstack.engines.server import HOST


@dataclass(frozen=True)
class Door:
    """A further listener, for clients that have to say who they are."""

    protocol: str
    """SSL, SASL_PLAINTEXT or SASL_SSL."""
    settings: Mapping[str, object]
    """Of this listener, without its prefix."""


@dataclass(frozen=True)
class Guard:
    """How a cluster knows its clients, and what it lets them do; who comes by the open listener may do all."""

    doors: Mapping[str, Door] = field(default_factory=dict)
    """By their names, in capitals."""
    users: Mapping[str, str] = field(default_factory=dict)
    """Passwords of SCRAM-SHA-512 users."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Of the brokers as a whole."""


OPEN = Guard()


@dataclass(frozen=True)
class Node:
    """One member of the cluster and what is its own."""

    number: int
    port: int
    controller_port: int
    directory: Path
    door_ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def properties(self) -> Path:
        return self.directory / "server.properties"


def server_properties(node: Node, cluster: Sequence[Node], guard: Guard = OPEN) -> str:
    copies = min(3, len(cluster))
    enough = max(1, copies - 1)
    doors = [f"{name}://{HOST}:{port}" for name, port in node.door_ports.items()]
    protocols = [f"{name}:{door.protocol}" for name, door in guard.doors.items()]
    settings = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": ",".join(f"{n.number}@{HOST}:{n.controller_port}" for n in cluster),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "BROKER",
        "listeners": ",".join([f"BROKER://{node.address}", f"CONTROLLER://{HOST}:{node.controller_port}", *doors]),
        "advertised.listeners": ",".join([f"BROKER://{node.address}", *doors]),
        "listener.security.protocol.map": ",".join(["BROKER:PLAINTEXT", "CONTROLLER:PLAINTEXT", *protocols]),
        "log.dirs": node.data,
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": enough,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 3,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": enough,
        "transaction.state.log.num.partitions": 3,
        "group.initial.rebalance.delay.ms": 0,
        # A killed broker is let in again only when its old session is over: 9 s by default.
        "broker.session.timeout.ms": 2000,
        "broker.heartbeat.interval.ms": 500,
        # Half of a small heap by default.
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        **guard.settings,
    }
    for name, door in guard.doors.items():
        settings |= {f"listener.name.{name.lower()}.{key}": value for key, value in door.settings.items()}
    return "".join(f"{name}={value}\n" for name, value in settings.items())
