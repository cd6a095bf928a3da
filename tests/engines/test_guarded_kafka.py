"""On a real Apache Kafka with an authorizer: every way in, and every principal does what it may and nothing else."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from pydantic import SecretStr
from tests.chassis.token_server import running_token_server
from tests.engines.guarded import SESSION_MS, Guarded, password_of, prepare, running_guarded_kafka

from bridge.kafka_admin import KafkaAdmin, KafkaAdminError
from bridge.kafka_log import KafkaLog, KafkaWriter, RawMessage
from bridge.topics import apply, compare
from bridge.trace import MESSAGES
from chassis.envelope import Outgoing
from chassis.kafka import Kafka
from chassis.kafka_login import client_options
from chassis.metrics import Metrics
from chassis.settings import ServiceSettings
from contracts.access import COMMANDS_PRINCIPAL, PRINCIPALS, access_of
from contracts.topics import SERVICES, TOPICS

pytestmark = pytest.mark.apache_kafka
ALL = [topic.name for topic in TOPICS]
MESSAGE = Outgoing("teams.intents.v1", b"t|ada", b"{}", {}, "1")


@pytest.fixture(scope="module")
def guarded(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with running_guarded_kafka(tmp_path_factory.mktemp("guarded-kafka")) as guarded:
        asyncio.run(prepare(guarded.kafka))
        yield guarded


@asynccontextmanager
async def connected(name: str, settings: ServiceSettings) -> AsyncIterator[Kafka]:
    kafka = Kafka(name, settings, Metrics())
    await kafka.start()
    try:
        yield kafka
    finally:
        await kafka.stop()


async def writable(settings: ServiceSettings) -> set[str]:
    """Name the topics to which somebody may write."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap, acks="all", enable_idempotence=True, **client_options(settings)
    )
    async with producer:
        done = set()
        for topic in ALL:
            try:
                await producer.send_and_wait(topic, b"{}", key=b"k")
            except TopicAuthorizationFailedError:
                continue
            done.add(topic)
    return done


async def readable(settings: ServiceSettings) -> set[str]:
    """Name the topics that somebody may read; who may not even know of one is not asked to try."""
    async with KafkaAdmin(settings) as admin:
        known = await admin.topics(ALL)
    return {topic for topic in known if await _may_read(settings, topic)}


async def _may_read(settings: ServiceSettings, topic: str) -> bool:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
        enable_auto_commit=False,
        **client_options(settings),
    )
    async with consumer:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        try:
            async with asyncio.timeout(20):
                await consumer.seek_to_beginning(place)
                await consumer.getmany(timeout_ms=200)
        except TopicAuthorizationFailedError:
            return False
    return True


def allowed(principal: str, operation: str) -> set[str]:
    return {one.name for one in access_of(principal) if one.kind == "topic" and operation in one.operations}


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_a_principal_writes_where_it_may_and_nowhere_else(guarded: Guarded, principal: str) -> None:
    assert await writable(guarded.by_password(principal)) == allowed(principal, "Write")


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_a_principal_reads_what_it_may_and_nothing_else(guarded: Guarded, principal: str) -> None:
    assert await readable(guarded.by_password(principal)) == allowed(principal, "Read")


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_joins_its_group_and_no_other(guarded: Guarded, name: str) -> None:
    settings = guarded.by_password(name)
    async with connected(name, settings) as kafka:
        consumer = await kafka.group_consumer([f"{name}.retry.v1"], Listener())
        async with asyncio.timeout(30):
            while not consumer.assignment():
                await consumer.getmany(timeout_ms=100)
        await consumer.commit(dict.fromkeys(consumer.assignment(), 0))
        await consumer.stop()

    other = next(service for service in SERVICES if service != name)
    foreign = AIOKafkaConsumer(
        f"{name}.retry.v1",
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=other,
        **client_options(settings),
    )
    with pytest.raises(GroupAuthorizationFailedError):
        await foreign.start()
    await foreign.stop()


async def test_the_command_makes_compares_reads_and_replays_topics(guarded: Guarded) -> None:
    settings = guarded.by_password(COMMANDS_PRINCIPAL)
    async with KafkaAdmin(settings) as admin:
        assert await admin.brokers() == 1
        assert {report.name for report in await compare(admin)} == set(ALL)
        assert not [report for report in await apply(admin) if report.state in ("missing", "failed")]
    async with KafkaLog(settings) as log:
        assert log.missing(*ALL) == []
        assert [records async for records in log.read(MESSAGES, "Looking")]
    async with KafkaWriter(settings) as writer:
        await writer.send(RawMessage("operator.audit.v1", None, b"k", b"{}", []))
        with pytest.raises(KafkaAdminError, match="TopicAuthorizationFailedError"):
            await writer.send(RawMessage("keys.requests.v1", None, b"k", b"{}", []))


async def test_by_password_over_tls_and_by_certificate_one_gets_in_as_oneself(guarded: Guarded) -> None:
    for settings in (guarded.by_password("bot-gateway", tls=True), guarded.by_certificate("bot-gateway")):
        async with connected("bot-gateway", settings) as kafka:
            await kafka.send(MESSAGE)
        assert await readable(settings) == allowed("bot-gateway", "Read")


async def test_a_broker_whose_certificate_is_not_trusted_gets_no_password(guarded: Guarded) -> None:
    settings = guarded.by_password("bot-gateway", tls=True).model_copy(update={"kafka_ca_file": None})
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, **client_options(settings))

    with pytest.raises((KafkaConnectionError, ssl.SSLError)):
        await producer.start()
    await producer.stop()


async def test_a_wrong_password_does_not_get_in(guarded: Guarded) -> None:
    wrong = guarded.by_password("bot-gateway").model_copy(update={"kafka_password": SecretStr("wrong")})
    producer = AIOKafkaProducer(bootstrap_servers=wrong.kafka_bootstrap, **client_options(wrong))

    with pytest.raises(KafkaConnectionError):
        await producer.start()
    await producer.stop()


async def test_with_tokens_publishing_and_reading_go_on_over_the_ends_of_sessions(guarded: Guarded) -> None:
    with running_token_server() as server:
        server.clients["bot-gateway"], server.lives = password_of("bot-gateway"), 4
        settings = guarded.by_token("bot-gateway", server.url)
        async with connected("bot-gateway", settings) as kafka:
            consumer = await kafka.group_consumer(["jira.outcomes.v1"], Listener())
            ends = time.monotonic() + 3 * SESSION_MS / 1000
            while time.monotonic() < ends:
                await kafka.send(MESSAGE)
                await consumer.getmany(timeout_ms=100)
            assert consumer.assignment()
            await consumer.stop()
        assert await readable(settings) == allowed("bot-gateway", "Read")

    assert len(server.asked) >= 3


async def test_without_an_authorization_server_a_service_waits_and_then_gets_in(guarded: Guarded) -> None:
    with running_token_server() as server:
        server.clients["bot-gateway"], server.status = password_of("bot-gateway"), 503
        kafka = Kafka("bot-gateway", guarded.by_token("bot-gateway", server.url), Metrics())
        starting = asyncio.create_task(kafka.start())
        await asyncio.sleep(3)
        assert not starting.done()

        server.status = 200
        await asyncio.wait_for(starting, 20)
        await kafka.send(MESSAGE)
        await kafka.stop()


class Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Hears of partitions, and does nothing."""

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None: ...

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None: ...
