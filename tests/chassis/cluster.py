"""Services made of the chassis alone, on a real broker, in this process."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from chassis.delivery import Delivery
from chassis.envelope import Outgoing
from chassis.kafka import Kafka
from chassis.metrics import Metrics
from chassis.settings import ServiceSettings
from contracts.event import Conversation, Origin
from contracts.teams import CommentAsked

WITHIN = 25.0


def asked(user: str, text: str) -> CommentAsked:
    """Build a person's wish."""
    conversation = Conversation(conversation_id="a:1", service_url="https://teams.example", teams_tenant="t")
    return CommentAsked(
        origin=Origin(
            intent_id=uuid4().hex,
            teams_tenant="t",
            user=user,
            user_mri=f"29:{user}",
            user_name=user,
            conversation=conversation,
            asked_at=datetime.now(UTC),
        ),
        issue="OPS-1",
        text=text,
    )


class Cluster:
    """What a test needs of a broker."""

    def __init__(self, settings: ServiceSettings, patience: float = WITHIN) -> None:
        self.settings = settings
        self._patience = patience
        self._running: list[tuple[Delivery, Kafka]] = []
        self._kafkas: list[Kafka] = []

    async def kafka(self, service: str = "test") -> Kafka:
        """Connect as a service."""
        kafka = Kafka(service, self.settings, Metrics())
        await kafka.start()
        self._kafkas.append(kafka)
        return kafka

    async def replica(self, handler: Callable[[CommentAsked], Awaitable[Any]], **settings: Any) -> Delivery:
        """Start a replica of one service that handles comments."""
        kafka = await self.kafka("jira-actor")
        delivery = Delivery(kafka, self.settings.model_copy(update=settings), Metrics())
        delivery.on(CommentAsked, handler)
        await delivery.start()
        self._running.append((delivery, kafka))
        return delivery

    async def end(self, delivery: Delivery, drain: timedelta = timedelta(0)) -> None:
        """Stop a replica."""
        self._running = [(running, kafka) for running, kafka in self._running if running is not delivery]
        await delivery.stop(drain)

    async def stop(self) -> None:
        """Stop all."""
        for delivery, _ in list(self._running):
            await self.end(delivery)
        for kafka in self._kafkas:
            await kafka.stop()

    async def records(self, topic: str, count: int) -> "list[ConsumerRecord[Any, Any]]":
        """Read the first `count` messages of a topic."""
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=self.settings.kafka_bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=10
        )
        await consumer.start()
        found: list[ConsumerRecord[Any, Any]] = []
        try:
            async with asyncio.timeout(self._patience):
                while len(found) < count:
                    for batch in (await consumer.getmany(timeout_ms=100)).values():
                        found += batch
        finally:
            await consumer.stop()
        return found

    async def raw(self, value: bytes | None, headers: dict[str, str], key: bytes = b"t|mallory") -> None:
        """Publish something that is not one of our events."""
        kafka = self._kafkas[0] if self._kafkas else await self.kafka()
        await kafka.send(Outgoing("teams.intents.v1", key, value, headers, "raw"))

    async def committed(self) -> int:
        """Count the messages of `teams.intents.v1` that jira-actor committed."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap, group_id="jira-actor", enable_auto_commit=False
        )
        await consumer.start()
        try:
            partitions = [TopicPartition("teams.intents.v1", number) for number in range(6)]
            return sum([await consumer.committed(partition) or 0 for partition in partitions])
        finally:
            await consumer.stop()


async def until(condition: Callable[[], bool], within: float = WITHIN) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - a test's condition has no event to wait for
            await asyncio.sleep(0.01)
