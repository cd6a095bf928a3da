"""All of Bridge on engines that can be lost: what a backup holds is taken from them, and given to new ones."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient

from bridge.demo.environment import Addresses, environment
from bridge.demo.stack import Service, Stack, Startable
from contracts.topics import SERVICES
from devstack.connector.settings import ConnectorSettings
from devstack.engines import Engines
from devstack.engines.durable_vault import DurableVault
from devstack.engines.embedded_kafka import embedded_kafka
from devstack.engines.embedded_mongo import embedded_mongo
from devstack.engines.server import Server
from devstack.engines.stack import EngineKind

DATABASE = "bridge"
SNAPSHOT = "/v1/sys/storage/raft/snapshot"
E = TypeVar("E", bound=Startable)
Dump = dict[str, list[dict[str, Any]]]


@dataclass
class Drill(Stack):
    """The demo's processes, but that each engine can be replaced by an empty one while the services are down."""

    kafka: Server = field(init=False)
    mongo: Server = field(init=False)
    vault: DurableVault = field(init=False)
    _new: int = 0

    async def _start_engines(self) -> Engines:
        self.kafka = await self._started(embedded_kafka(self._directory()))
        self.mongo = await self._started(embedded_mongo(self._directory()))
        self.vault = await self._started(DurableVault(self._directory()))
        return self.engines()

    def engines(self) -> Engines:
        """Say where they are now."""
        return Engines.running(EngineKind.EMBEDDED, (self.kafka, self.mongo, self.vault), self.vault.token)

    async def stop_services(self) -> None:
        """Stop the four services, as `kubectl scale --replicas 0` does."""
        await asyncio.gather(*(asyncio.to_thread(service.stop) for service in self._services))

    async def start_services(self, at: Addresses) -> Addresses:
        """Start them anew, on the engines that are there now, with all topics."""
        await self._topics(self.kafka.url)
        at = replace(at, engines=self.engines())
        bot = replace(ConnectorSettings(), bot_url=at.bot)
        self._services = [Service(name, environment(name, at, bot), self.directory) for name in SERVICES]
        await self._start(self._services)
        return at

    async def lose_kafka(self) -> None:
        """Have an empty Kafka instead."""
        await asyncio.to_thread(self.kafka.kill)
        self.kafka = await self._started(embedded_kafka(self._directory()))

    async def lose_mongo(self) -> None:
        """Have an empty MongoDB instead."""
        await asyncio.to_thread(self.mongo.kill)
        self.mongo = await self._started(embedded_mongo(self._directory()))

    async def lose_vault(self) -> None:
        """Have an empty Vault instead, with keys of its own."""
        await asyncio.to_thread(self.vault.kill)
        self.vault = await self._started(DurableVault(self._directory()))

    async def begin_anew(self, *topics: str) -> None:
        """Delete topics, as `kafka-topics.sh --delete` does; with the services they are made again, empty."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.url)
        await admin.start()
        try:
            await admin.delete_topics(list(topics))
        finally:
            await admin.close()

    def dump_mongo(self) -> Dump:
        """Give all documents but the relay's place, as `mongodump --excludeCollection=relay` does."""
        with MongoClient[dict[str, Any]](self.mongo.url) as client:
            database = client[DATABASE]
            return {name: list(database[name].find()) for name in database.list_collection_names() if name != "relay"}

    def restore_mongo(self, dump: Dump) -> None:
        """Put them into an empty database, as `mongorestore` does."""
        with MongoClient[dict[str, Any]](self.mongo.url) as client:
            for name, documents in dump.items():
                if documents:
                    client[DATABASE][name].insert_many(documents)

    def snapshot_vault(self) -> bytes:
        """Give all of Vault, as `vault operator raft snapshot save` does."""
        with self._vault_client() as http:
            return http.get(SNAPSHOT).raise_for_status().content

    def restore_vault(self, snapshot: bytes, before: DurableVault) -> None:
        """Put it into an empty one, as `vault operator raft snapshot restore -force` does; unseal with the old key."""
        with self._vault_client() as http:
            http.post(f"{SNAPSHOT}-force", content=snapshot).raise_for_status()
        self.vault._key, self.vault.token = before._key, before.token
        for _ in range(60):
            with suppress(httpx.HTTPError):
                self.vault.unseal()
                if self._opens():
                    return
            time.sleep(0.5)
        raise AssertionError("the restored Vault did not open with its old key")

    def _opens(self) -> bool:
        with self._vault_client() as http:
            return http.get("/v1/sys/mounts", timeout=5).is_success

    def _vault_client(self) -> httpx.Client:
        headers = {"X-Vault-Token": self.vault.token}
        return httpx.Client(base_url=self.vault.url, headers=headers, trust_env=False, timeout=30)

    def _directory(self) -> Path:
        """Give a directory that no engine had."""
        self._new += 1
        directory = self.directory / f"engine-{self._new}"
        directory.mkdir(parents=True)
        return directory

    async def _started(self, engine: E) -> E:
        await self._start([engine])
        return engine
