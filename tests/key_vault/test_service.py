"""The whole service between a broker and a Vault: what is wired to what."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.key_vault.bao import Bao

from chassis.keys import KeysRefusal
from chassis.service import Service
from chassis.settings import ServiceSettings
from contracts.keys import Call, ProtectedSecret
from contracts.registry import AccountLink, Tenant
from contracts.topics import TOPICS
from devstack.engines.embedded_kafka import embedded_kafka
from key_vault.app import connect

pytestmark = pytest.mark.engines
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALL = Call(method="GET", url="https://jira.example.com/rest/api/2/myself")


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[str]:
    broker = embedded_kafka(tmp_path)
    broker.start()
    yield broker.url
    broker.stop()


def kafka_settings(kafka: str) -> dict[str, Any]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "kafka_bootstrap": kafka,
        "kafka_idempotence": False,
        "kafka_fetch_max_wait": timedelta(milliseconds=10),
        "health_host": "127.0.0.1",
        "health_port": port,
        "drain": timedelta(seconds=1),
    }


async def make_topics(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic.name, topic.partitions, 1) for topic in TOPICS])
    await admin.close()


@asynccontextmanager
async def running(*services: Service) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(service.run()) for service in services]
    try:
        async with asyncio.timeout(30):
            while not all(check() for service in services for check in service.ready.values()):
                assert not any(task.done() for task in tasks)
                await asyncio.sleep(0.05)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_tenant_lives_and_dies_through_events(kafka: str, bao: Bao, tenant_id: str) -> None:
    await make_topics(kafka)
    settings = bao.settings(**kafka_settings(kafka))
    service = Service("key-vault", settings)
    await connect(service, settings)
    asker = Service("asker", ServiceSettings(**kafka_settings(kafka)))
    keys = asker.keys()
    link_id = f"{tenant_id}:user"

    async with running(service, asker):
        made = await keys.make(tenant_id)
        consumer_key, token, secret = await keys.protect(
            tenant_id,
            [(tenant_id, "consumer_key", "key"), (link_id, "access_token", "token"), (link_id, "token_secret", "x")],
        )
        stored = ProtectedSecret(row=link_id, field="access_token", ciphertext=token)
        assert await keys.open(tenant_id, [stored]) == ["token"]
        with pytest.raises(KeysRefusal, match="no such tenant"):
            await keys.authorize(tenant_id, link_id, [CALL])

        await asker.kafka.publish(tenant(tenant_id, consumer_key))
        await asker.kafka.publish(link(tenant_id, link_id, token, secret))
        [value] = await keys.authorize(tenant_id, link_id, [CALL])
        assert value.value.startswith('OAuth oauth_consumer_key="key", oauth_token="token"')

        await keys.destroy(tenant_id)
        with pytest.raises(KeysRefusal) as refusal:
            await keys.open(tenant_id, [stored])
        assert refusal.value.code == "keys_destroyed"
        assert "PUBLIC KEY" in made.public_key


def tenant(tenant_id: str, consumer_key: str) -> Tenant:
    return Tenant(
        tenant_id=tenant_id,
        teams_tenant="teams",
        base_url="https://jira.example.com",
        site="jira.example.com",
        consumer_key=consumer_key,
        state="active",
        updated_at=NOW,
    )


def link(tenant_id: str, link_id: str, access_token: str, token_secret: str) -> AccountLink:
    return AccountLink(
        link_id=link_id,
        tenant_id=tenant_id,
        teams_tenant="teams",
        user="user",
        jira_user="jane",
        access_token=access_token,
        token_secret=token_secret,
        linked_at=NOW,
    )
