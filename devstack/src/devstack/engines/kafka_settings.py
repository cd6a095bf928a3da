"""The server.properties of a Kafka cluster on this machine, each node broker and controller at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.engines.server import HOST


@dataclass(frozen=True)
class Node:
    """One member of the cluster and what is its own."""

    number: int
    port: int
    controller_port: int
    directory: Path

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def properties(self) -> Path:
        return self.directory / "server.properties"


def server_properties(node: Node, cluster: Sequence[Node]) -> str:
    copies = min(3, len(cluster))
    enough = max(1, copies - 1)
    settings = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": ",".join(f"{n.number}@{HOST}:{n.controller_port}" for n in cluster),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "BROKER",
        "listeners": f"BROKER://{node.address},CONTROLLER://{HOST}:{node.controller_port}",
        "advertised.listeners": f"BROKER://{node.address}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
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
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
