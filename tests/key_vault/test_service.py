"""The whole service between a broker and a Vault: what is wired to what."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from joserfc import jws
from joserfc.jwk import RSAKey
from tests.key_vault.bao import Bao
from tests.key_vault.rsa_keys import rsa_pem

from chassis.kafka import Kafka
from chassis.keys import Keys, KeysRefusal
from chassis.service import Service
from chassis.settings import ServiceSettings
from contracts.keys import Call, ProtectedSecret
from contracts.registry import AccountLink, Tenant
from contracts.topics import TOPICS
from devstack.engines.embedded_kafka import embedded_kafka
from key_vault.app import connect
from key_vault.settings import Settings

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
        "kafka_session_timeout": timedelta(seconds=3),
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


@asynccontextmanager
async def at_work(kafka: str, settings: Settings) -> AsyncIterator[tuple[Kafka, Keys]]:
    """Run key-vault beside a service that asks it, and give what that one does it with."""
    await make_topics(kafka)
    service = Service("key-vault", settings)
    await connect(service, settings)
    asker = Service("asker", ServiceSettings(**kafka_settings(kafka)))
    keys = asker.keys()
    async with running(service, asker):
        yield asker.kafka, keys


async def test_a_tenant_lives_and_dies_through_events(kafka: str, bao: Bao, tenant_id: str) -> None:
    link_id = f"{tenant_id}:user"
    async with at_work(kafka, bao.settings(**kafka_settings(kafka))) as (asker, keys):
        made = await keys.make(tenant_id)
        consumer_key, token, secret = await keys.protect(
            tenant_id,
            [(tenant_id, "consumer_key", "key"), (link_id, "access_token", "token"), (link_id, "token_secret", "x")],
        )
        stored = ProtectedSecret(row=link_id, field="access_token", ciphertext=token)
        assert await keys.open(tenant_id, [stored]) == ["token"]
        with pytest.raises(KeysRefusal, match="no such tenant"):
            await keys.authorize(tenant_id, link_id, [CALL])

        await asker.publish(tenant(tenant_id, consumer_key))
        await asker.publish(link(tenant_id, link_id, token, secret))
        [value] = await keys.authorize(tenant_id, link_id, [CALL])
        assert value.value.startswith('OAuth oauth_consumer_key="key", oauth_token="token"')
        assert not value.reusable

        await keys.destroy(tenant_id)
        with pytest.raises(KeysRefusal) as refusal:
            await keys.open(tenant_id, [stored])
        assert refusal.value.code == "keys_destroyed"
        assert "PUBLIC KEY" in made.public_key


async def test_keys_are_renewed_and_an_erasure_is_confirmed_through_events(
    kafka: str, bao: Bao, tenant_id: str
) -> None:
    async with at_work(kafka, bao.settings(**kafka_settings(kafka))) as (_, keys):
        made = await keys.make(tenant_id, rsa_pem())
        [old] = await keys.protect(tenant_id, [(tenant_id, "webhook_secret", "s3cret")])
        stored = ProtectedSecret(row=tenant_id, field="webhook_secret", ciphertext=old)

        rotated = await keys.rotate(tenant_id)
        assert (rotated.data_key_version, rotated.public_key) == (2, made.public_key)
        [new] = await keys.rewrap(tenant_id, [stored])
        assert (await keys.retire_old(tenant_id, 2)).data_key_version == 2
        assert await keys.open(tenant_id, [stored.model_copy(update={"ciphertext": new})]) == ["s3cret"]
        with pytest.raises(KeysRefusal):
            await keys.open(tenant_id, [stored])

        assert (await keys.rotate(tenant_id, signing=True)).public_key != made.public_key
        with pytest.raises(KeysRefusal, match="another signing key"):
            await keys.make(tenant_id, rsa_pem())
        assert await keys.make(tenant_id, rsa_pem(), replace=True)

        await keys.destroy(tenant_id)
        receipt = await keys.sign_statement(tenant_id, {"what": "tenant_erased", "tenantId": tenant_id})
        verified = jws.deserialize_compact(receipt.jws, RSAKey.import_key(receipt.jwk), algorithms=["RS256"])
        assert json.loads(verified.payload)["tenantId"] == tenant_id


async def test_no_question_is_lost_while_vault_does_not_know_us_any_more(kafka: str, bao: Bao, tenant_id: str) -> None:
    async with at_work(kafka, bao.approle(**kafka_settings(kafka))) as (_, keys):
        await keys.make(tenant_id)
        questions = []
        for number in range(40):
            if number == 10:
                bao.must("put", "sys/leases/revoke-prefix/auth/approle", sync=True)
            secret = [(tenant_id, "webhook_secret", f"secret {number}")]
            questions.append(asyncio.create_task(keys.protect(tenant_id, secret)))
            await asyncio.sleep(0.02)

        answers = await asyncio.gather(*questions)

        stored = [ProtectedSecret(row=tenant_id, field="webhook_secret", ciphertext=it) for [it] in answers]
        assert await keys.open(tenant_id, stored) == [f"secret {number}" for number in range(40)]


@dataclass(frozen=True)
class Bearing:
    """A tenant whose people bring tokens, and the link of one; what key-vault opened for it is in its memory."""

    keys: Keys
    tenant: Tenant
    link: AccountLink

    async def value(self) -> str:
        [authorization] = await self.keys.authorize(self.tenant.tenant_id, self.link.link_id, [CALL])
        assert authorization.reusable
        return authorization.value

    async def refused_within_a_second(self, code: str) -> None:
        """Ask again and again until key-vault says so."""
        async with asyncio.timeout(1):
            while await self.said() != code:  # noqa: ASYNC110 - as jira-actor would
                await asyncio.sleep(0.01)

    async def said(self) -> str:
        try:
            return await self.value()
        except KeysRefusal as refusal:
            return refusal.code


async def bearing(asker: Kafka, keys: Keys, tenant_id: str) -> Bearing:
    await keys.make(tenant_id)
    link_id = f"{tenant_id}:user"
    [token] = await keys.protect(tenant_id, [(link_id, "access_token", "a-token")])
    way = {"auth_mode": "pat"}
    place = Bearing(
        keys,
        tenant(tenant_id, "").model_copy(update=way),
        link(tenant_id, link_id, token, "").model_copy(update=way),
    )
    await asker.publish(place.tenant)
    await asker.publish(place.link)
    assert await place.value() == "Bearer a-token"
    return place


@pytest.mark.parametrize("changed", ["link", "tenant"])
async def test_what_was_opened_is_gone_from_memory_within_a_second_of_a_change(
    kafka: str, bao: Bao, tenant_id: str, changed: str
) -> None:
    async with at_work(kafka, bao.settings(**kafka_settings(kafka))) as (asker, keys):
        place = await bearing(asker, keys, tenant_id)
        bao.must("post", f"transit/keys/{tenant_id}/config", deletion_allowed=True)
        bao.must("delete", f"transit/keys/{tenant_id}")
        assert await place.value() == "Bearer a-token"  # from memory: Vault could not open it any more

        await asker.publish(place.link if changed == "link" else place.tenant)

        await place.refused_within_a_second("keys_destroyed")


async def test_within_a_second_nobody_acts_through_a_link_that_went_or_a_tenant_that_is_suspended_or_went(
    kafka: str, bao: Bao, tenant_id: str
) -> None:
    async with at_work(kafka, bao.settings(**kafka_settings(kafka))) as (asker, keys):
        place = await bearing(asker, keys, tenant_id)

        await asker.publish(place.tenant.model_copy(update={"state": "suspended"}))
        await place.refused_within_a_second("suspended")

        await asker.publish(place.tenant)
        await asker.tombstone(AccountLink, place.link.link_id)
        await place.refused_within_a_second("not_linked")

        await asker.tombstone(Tenant, tenant_id)
        await place.refused_within_a_second("unknown_tenant")


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
