"""MongoDB protocol without MongoDB: SecantusDB, a replica set of one node that keeps its data in WiredTiger files."""

import sys
from importlib.metadata import version
from pathlib import Path

from devstack.engines.server import HOST, Server, listening
from devstack.process import Process


def embedded_mongo(directory: Path) -> Server:
    def secantus(port: int) -> Process:
        where = ["--host", HOST, "--port", str(port), "--storage-path", str(directory / "mongo")]
        argv = [sys.executable, "-m", "secantus", *where, "--sync-on-commit"]
        return Process("MongoDB (SecantusDB)", argv, None, directory / "mongo.log")

    name = f"SecantusDB {version('secantusdb')}"
    return Server(name, f"mongodb://{HOST}:{{port}}/?replicaSet=secantus", secantus, listening)
