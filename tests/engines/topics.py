"""Clients of one Kafka, set as its kind needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


@dataclass(frozen=True)
class Topics:
    bootstrap: str
    embedded: bool

    async def create(self, name: str, partitions: int = 1) -> None:
        async with self.admin() as admin:
            created = await admin.create_topics([NewTopic(name, partitions, 1)])
        assert [error for _, error, _ in created.topic_errors] == [0]

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    def producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            acks="all",
            enable_idempotence=not self.embedded,
            request_timeout_ms=20_000,
        )

    def consumer(self, *topics: str, group: str | None = None) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            *topics,
            bootstrap_servers=self.bootstrap,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            # The embedded broker answers late when asked to wait, and lets members wait half their session to join.
            fetch_max_wait_ms=10 if self.embedded else 500,
            session_timeout_ms=2_000 if self.embedded else 10_000,
            heartbeat_interval_ms=500,
        )
