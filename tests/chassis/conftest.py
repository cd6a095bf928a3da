"""A broker with Bridge's topics, empty for each test: the embedded one and, where it can run, a real Apache Kafka."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.chassis.cluster import Cluster

from chassis.settings import ServiceSettings
from contracts.topics import TOPICS
from devstack.engines.apache_kafka import ApacheKafka
from devstack.engines.embedded_kafka import embedded_kafka


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.apache_kafka)])
def broker_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServiceSettings]:
    """Settings that lead to a broker."""
    quick = ServiceSettings(
        retry_first=timedelta(milliseconds=20), retry_longest=timedelta(milliseconds=200), recheck=timedelta(0)
    )
    if request.param == "apache":
        yield quick.model_copy(update={"kafka_bootstrap": request.getfixturevalue("apache_kafka").url})
        return
    broker = embedded_kafka(tmp_path)
    broker.start()
    try:
        yield quick.model_copy(
            update={
                "kafka_bootstrap": broker.url,
                "kafka_idempotence": False,
                "kafka_fetch_max_wait": timedelta(milliseconds=10),
                "kafka_session_timeout": timedelta(seconds=6),
            }
        )
    finally:
        broker.stop()


@pytest.fixture
async def cluster(broker_settings: ServiceSettings) -> AsyncIterator[Cluster]:
    """The broker as tests use it, with empty topics."""
    async with _emptied(broker_settings) as cluster:
        yield cluster


@pytest.fixture
async def apache_cluster(apache_kafka: ApacheKafka) -> AsyncIterator[Cluster]:
    """The same on a real Apache Kafka alone."""
    async with _emptied(ServiceSettings(kafka_bootstrap=apache_kafka.url)) as cluster:
        yield cluster


@asynccontextmanager
async def _emptied(settings: ServiceSettings) -> AsyncIterator[Cluster]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        old = set(await admin.list_topics()) & {topic.name for topic in TOPICS}
        if old:
            await admin.delete_topics(list(old))
        while set(await admin.list_topics()) & old:  # noqa: ASYNC110 - Kafka deletes in its own time
            await asyncio.sleep(0.05)
        await admin.create_topics(
            [NewTopic(topic.name, topic.partitions, 1, topic_configs=topic.config()) for topic in TOPICS]
        )
    finally:
        await admin.close()
    cluster = Cluster(settings)
    yield cluster
    await cluster.stop()
