"""A real Apache Kafka on this machine: what a memory broker cannot show (idempotence, durability, restarts)."""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

from devstack.engines.kafka_jars import java_version, kafka_jars, kafka_version, why_not
from devstack.engines.kafka_probe import brokers_known_to
from devstack.engines.kafka_settings import OPEN, Guard, Node, server_properties
from devstack.engines.server import HOST, free_port, on_free_ports
from devstack.process import Process, ProcessFailed

CLUSTER_ID = "QnJpZGdlRGV2c3RhY2tLYQ"
START_WITHIN = timedelta(minutes=3)
JAVA = ("java", "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC")
AT_ONCE_FAST = "-XX:TieredStopAtLevel=1"
"""Java compiles quickly and leaves it at that; what runs for minutes is faster without."""
LOGGING = Path(__file__).with_name("kafka-log4j2.properties")


class ApacheKafka:
    """A KRaft cluster; started again after `stop` or `kill` of some or all brokers, it has the same ports and data.

    `brokers` are its processes, so that a test can kill one of several. One that is `lasting` takes a minute under
    load to come to its speed, as in production.
    """

    def __init__(self, directory: Path, brokers: int = 1, guard: Guard = OPEN, *, lasting: bool = False) -> None:
        if reason := why_not():
            raise ProcessFailed(f"Apache Kafka cannot run here: {reason}.")
        self._directory = directory
        self._size = brokers
        self._guard = guard
        self._options = JAVA if lasting else (*JAVA, AT_ONCE_FAST)
        self._jars = kafka_jars()
        self._nodes: Sequence[Node] = ()
        self.brokers: Sequence[Process] = ()
        self.name = f"Apache Kafka {kafka_version(self._jars)} (Java {java_version()})"

    @property
    def url(self) -> str:
        return ",".join(node.address for node in self._nodes)

    def door(self, name: str) -> str:
        """Where one of the guard's listeners is."""
        return ",".join(f"{HOST}:{node.door_ports[name]}" for node in self._nodes)

    def start(self) -> None:
        if self._nodes:
            self._start()
        else:
            on_free_ports(self._start_on_free_ports)

    def stop(self) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(Process.stop, self.brokers))

    def kill(self) -> None:
        """End all brokers as a crash would."""
        for broker in self.brokers:
            broker.kill()

    def _start_on_free_ports(self) -> None:
        numbers = range(1, self._size + 1)
        nodes = [self._node(number) for number in numbers]
        for node in nodes:
            self._prepare(node, nodes)
        self._nodes = nodes
        self.brokers = [self._process(node) for node in nodes]
        self._start()

    def _node(self, number: int) -> Node:
        doors = {name: free_port() for name in self._guard.doors}
        return Node(number, free_port(), free_port(), self._directory / f"kafka-{number}", doors)

    def _start(self) -> None:
        for broker in self.brokers:
            if not broker.running:
                broker.start()
        try:
            for broker, node in zip(self.brokers, self._nodes, strict=True):
                broker.wait_ready(partial(self._complete, node), START_WITHIN)
        except BaseException:
            self.kill()
            raise

    def _complete(self, node: Node) -> bool:
        return brokers_known_to(HOST, node.port) == self._size

    def _prepare(self, node: Node, cluster: Sequence[Node]) -> None:
        node.directory.mkdir(parents=True, exist_ok=True)
        node.properties.write_text(server_properties(node, cluster, self._guard))
        if not (node.data / "meta.properties").exists():
            tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(node.properties)]
            for user, password in self._guard.users.items():
                tool += ["-S", f"SCRAM-SHA-512=[name={user},password={password}]"]
            formatted = subprocess.run([*self._java(), *tool], capture_output=True, text=True, check=False)
            if formatted.returncode != 0:
                raise ProcessFailed(f"Kafka's storage could not be formatted.\n{formatted.stdout}{formatted.stderr}")

    def _process(self, node: Node) -> Process:
        argv = [*self._java(), "kafka.Kafka", str(node.properties)]
        return Process(f"Kafka broker {node.number}", argv, None, node.directory / "kafka.log")

    def _java(self) -> list[str]:
        return [*self._options, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", f"{self._jars}/*"]
