"""The whole service as a process, between a broker, a database and the real key-vault."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.tenant_registry.fakes import ANNA, granted, origin, prepared, tenant_row, verify

from chassis.envelope import attributes, decode
from chassis.kafka import Kafka
from chassis.metrics import Metrics
from chassis.settings import ServiceSettings
from contracts.event import Event
from contracts.outcomes import Issue, IssueCreated, Linked, RegistrationCodeIssued
from contracts.registry import AccountLink, LinkCompletionAsked, Tenant, TenantCheckAsked, WebhookReceived
from contracts.teams import RegisterAsked
from contracts.topics import TOPICS
from devstack.engines.embedded_kafka import embedded_kafka
from devstack.engines.embedded_mongo import embedded_mongo
from devstack.engines.embedded_vault import embedded_vault
from devstack.process import Process
from tenant_registry.decide import fingerprint
from tenant_registry.mongo.database import connect
from tenant_registry.registry import Registry

pytestmark = pytest.mark.engines


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class World:
    """The engines, the processes, and what was heard on Kafka."""

    bootstrap: str
    registry: Process
    url: str
    health: str
    kafka: Kafka
    heard: list[tuple[Event, str]]
    tombstones: list[tuple[str, str]]

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event, _ in self.heard if isinstance(event, kind)]

    async def until(self, condition: Callable[[], bool], seconds: float = 40) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what is waited for happens in other processes
                await asyncio.sleep(0.02)

    async def ready(self) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(40):
            while True:
                try:
                    if (await client.get(f"{self.health}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    engines = (embedded_kafka(tmp_path), embedded_mongo(tmp_path), embedded_vault(tmp_path, "root-token"))
    await asyncio.gather(*(asyncio.to_thread(engine.start) for engine in engines))
    kafka, mongo, vault = engines
    health, port = free_port(), free_port()
    common = {
        "BRIDGE_KAFKA_BOOTSTRAP": kafka.url,
        "BRIDGE_KAFKA_IDEMPOTENCE": "false",
        "BRIDGE_KAFKA_FETCH_MAX_WAIT": "PT0.01S",
        "BRIDGE_HEALTH_HOST": "127.0.0.1",
        "PATH": os.environ["PATH"],
    }
    vaults = {"BRIDGE_VAULT_URL": vault.url, "BRIDGE_VAULT_TOKEN": "root-token", "BRIDGE_HEALTH_PORT": str(free_port())}
    own = {
        "BRIDGE_MONGO_URL": mongo.url,
        "BRIDGE_REGISTRY_HOST": "127.0.0.1",
        "BRIDGE_REGISTRY_PORT": str(port),
        "BRIDGE_REGISTRY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BRIDGE_REGISTRARS": ANNA,
        "BRIDGE_ALLOW_HTTP": "true",
        "BRIDGE_HEALTH_PORT": str(health),
    }
    key_vault = process("key_vault", tmp_path, common | vaults)
    registry = process("tenant_registry", tmp_path, common | own)
    try:
        await make_topics(kafka.url)
        key_vault.start()
        registry.start()
        async with listening(kafka.url) as (speaker, heard, tombstones):
            url = f"http://127.0.0.1:{port}"
            there = World(kafka.url, registry, url, f"http://127.0.0.1:{health}", speaker, heard, tombstones)
            await there.ready()
            yield there
    finally:
        for one in (registry, key_vault):
            await asyncio.to_thread(one.stop)
        for engine in engines:
            await asyncio.to_thread(engine.stop)


def process(module: str, directory: Path, env: dict[str, str]) -> Process:
    return Process(module, [sys.executable, "-m", module], env, directory / f"{module}.log")


async def make_topics(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic.name, topic.partitions, 1) for topic in TOPICS])
    await admin.close()


@asynccontextmanager
async def listening(bootstrap: str) -> AsyncIterator[tuple[Kafka, list[tuple[Event, str]], list[tuple[str, str]]]]:
    settings = ServiceSettings(
        kafka_bootstrap=bootstrap, kafka_idempotence=False, kafka_fetch_max_wait=timedelta(milliseconds=10)
    )
    speaker = Kafka("test", settings, Metrics())
    await speaker.start()
    names = [topic.name for topic in TOPICS if "tenant-registry" in topic.owners and topic.name != "dead-letters.v1"]
    consumer = AIOKafkaConsumer(*names, bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=10)
    await consumer.start()
    heard: list[tuple[Event, str]] = []
    tombstones: list[tuple[str, str]] = []

    async def listen() -> None:
        async for record in consumer:
            if record.value is None:
                tombstones.append((record.topic, record.key.decode()))
            else:
                told = attributes(record.headers)
                heard.append((decode(told, record.value), told.id))

    task = asyncio.create_task(listen())
    yield speaker, heard, tombstones
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await consumer.stop()
    await speaker.stop()


async def test_a_jira_is_registered_a_person_linked_and_a_kill_loses_nothing(world: World) -> None:
    await world.kafka.publish(RegisterAsked(origin=origin(), code_hash=fingerprint("the code")))
    await world.until(lambda: bool(world.of(RegistrationCodeIssued)))
    call = {
        "code": "the code",
        "baseUrl": "http://jira.linden.example:8080",
        "product": "jira",
    }
    async with httpx.AsyncClient(base_url=world.url, timeout=20) as web:
        answer = await web.post("/v1/registrations", json=call)
        assert answer.status_code == 201, answer.text
        said = answer.json()
        assert said["publicKey"].startswith("-----BEGIN PUBLIC KEY-----")
        await world.until(lambda: bool(world.of(TenantCheckAsked)) and bool(world.of(Tenant)))
        tenant = world.of(Tenant)[-1]
        assert tenant.consumer_key.startswith("vault:v1:")
        row = tenant_row(id=tenant.tenant_id)

        soon = datetime.now(UTC) + timedelta(minutes=10)
        await world.kafka.publish(prepared(row, expires_at=soon))
        await world.kafka.publish(verify(await allow(web)))
        await world.until(lambda: bool(world.of(LinkCompletionAsked)))
        assert world.of(LinkCompletionAsked)[0].verifier.count(".") == 4, "a compact JWE"
        await world.kafka.publish(granted(row))
        await world.until(lambda: bool(world.of(Linked)) and bool(world.of(AccountLink)))

        issue = Issue(key="OPS-7", url=f"{call['baseUrl']}/browse/OPS-7", summary="canary", project="OPS")
        await world.kafka.publish(IssueCreated(origin=origin(), tenant_id=tenant.tenant_id, issue=issue))
        assert "canary" not in await audited(web, said, "issue_created")

        taken = set()
        for n in range(30):
            hook = await web.post(said["webhookUrl"], json={"issue": {"id": str(n)}, "nonce": uuid4().hex})
            assert hook.status_code == 202
            taken.add(hook.json()["hookId"])
        world.registry.kill()
        world.registry.start()
        await world.ready()
        await world.until(lambda: {hook.hook_id for hook in world.of(WebhookReceived)} == taken)
        again = await web.post(said["webhookUrl"], json={"issue": {"id": "late"}})
        await world.until(lambda: any(hook.hook_id == again.json()["hookId"] for hook in world.of(WebhookReceived)))

    ids = [ce_id for event, ce_id in world.heard if isinstance(event, WebhookReceived)]
    assert len(set(ids)) == 31, "a webhook that is published twice has the same id"


async def test_what_was_refused_is_noted_before_the_process_ends(world: World) -> None:
    async with httpx.AsyncClient(base_url=world.url, timeout=20) as web:
        assert (await web.post("/v1/hooks/t1/guess", json={})).status_code == 404

    await asyncio.to_thread(world.registry.stop)

    assert world.registry.env is not None
    registry = Registry(connect(world.registry.env["BRIDGE_MONGO_URL"]), "bridge")
    noted = await registry.database["audit"].find({"what": "attempt_refused"}).to_list(None)
    assert [(row["teams_tenant"], row["details"]["why"]) for row in noted] == [("operator", "hook_address")]
    await registry.close()


async def audited(web: httpx.AsyncClient, said: dict[str, Any], what: str) -> str:
    """Wait until the audit holds a deed in its place, and give the lines."""
    bearer = {"Authorization": f"Bearer {said['registrationToken']}"}
    async with asyncio.timeout(20):
        while True:
            answer = await web.get(f"{said['tenantUrl']}/audit", params={"what": what}, headers=bearer)
            assert answer.status_code == 200, answer.text
            if answer.text.strip():
                return answer.text
            await asyncio.sleep(0.1)


async def allow(web: httpx.AsyncClient) -> str:
    async with asyncio.timeout(20):
        while True:
            page = await web.get("/oauth/callback?oauth_token=request-token&oauth_verifier=v3rifier")
            if page.status_code == 200:
                return page.text.split('<p id="code">')[1][:8]
            await asyncio.sleep(0.1)
