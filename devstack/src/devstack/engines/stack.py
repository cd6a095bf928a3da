"""Kafka, MongoDB and Vault for this machine, started together and stopped together."""

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self

from devstack.engines.apache_kafka import ApacheKafka
from devstack.engines.embedded_kafka import embedded_kafka
from devstack.engines.embedded_mongo import embedded_mongo
from devstack.engines.embedded_vault import embedded_vault
from devstack.process import ProcessFailed

SETTING = "BRIDGE_ENGINES"


class EngineKind(StrEnum):
    """Which engines: from Python wheels alone; the same with a real Kafka (Java); all three in Docker."""

    EMBEDDED = "embedded"
    APACHE = "apache"
    TESTCONTAINERS = "testcontainers"


class Engine(Protocol):
    """One engine. `start` returns when it serves, and only then `url` is known."""

    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Engines:
    """Where the three engines are, and what they are (names with versions, for people)."""

    kind: EngineKind
    kafka_bootstrap: str
    kafka_name: str
    mongo_url: str
    mongo_name: str
    vault_url: str
    vault_name: str
    vault_token: str = field(repr=False)

    @classmethod
    def running(cls, kind: EngineKind, three: tuple[Engine, Engine, Engine], vault_token: str) -> Self:
        """Say where Kafka, MongoDB and Vault are, in this order, once they serve."""
        kafka, mongo, vault = three
        return cls(kind, kafka.url, kafka.name, mongo.url, mongo.name, vault.url, vault.name, vault_token)

    @property
    def embedded_kafka(self) -> bool:
        """Whether Kafka is the memory broker: no idempotent producer, and `fetch_max_wait_ms` at most 10."""
        return self.kind is EngineKind.EMBEDDED


def engines_chosen() -> EngineKind:
    """The kind that the environment variable BRIDGE_ENGINES names."""
    return EngineKind(os.environ.get(SETTING) or EngineKind.EMBEDDED)


@contextmanager
def start_engines(directory: Path, kind: EngineKind, *, lasting: bool = False) -> Iterator[Engines]:
    """Start the three at once, with data and logs in `directory`; stop them at the end, however it comes.

    Where they are `lasting`, a real Kafka comes to its full speed, after a minute under load.
    Raises ProcessFailed, whose text shows the tail of its log, when an engine does not come up or cannot run here.
    """
    token = secrets.token_urlsafe()
    three = _engines(directory, kind, token, lasting=lasting)
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda engine: engine.start(), three))
        yield Engines.running(kind, three, token)
    finally:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda engine: engine.stop(), three))


def _engines(directory: Path, kind: EngineKind, token: str, *, lasting: bool) -> tuple[Engine, Engine, Engine]:
    if kind is EngineKind.TESTCONTAINERS:
        from devstack.engines import containers  # which loads Docker's client

        if reason := containers.why_not():
            raise ProcessFailed(f"Containers cannot run here: {reason}.")
        return containers.KafkaInDocker(), containers.MongoInDocker(), containers.VaultInDocker(token)
    apache = kind is EngineKind.APACHE
    kafka = ApacheKafka(directory, lasting=lasting) if apache else embedded_kafka(directory)
    return kafka, embedded_mongo(directory), embedded_vault(directory, token)
