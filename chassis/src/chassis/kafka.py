"""The one place that makes Kafka clients: FastStream connects, its subscribers make consumers, `producer.py` publishes.

FastStream's own consuming loop is not used: its acknowledgement modes lose messages or spin
(see ARCHITECTURE.md), so `delivery.py` reads the consumers that it makes.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka import TopicPartition as AioKafkaPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import ConsumerStoppedError, KafkaConnectionError, KafkaError
from faststream.kafka import KafkaBroker, TopicPartition
from faststream.kafka.security import parse_security
from faststream.middlewares import AckPolicy

from chassis.ends import Ends
from chassis.envelope import Attributes, Outgoing, encode
from chassis.errors import Unavailable
from chassis.kafka_login import client_options, security, tokens
from chassis.landmarks import Landmark
from chassis.metrics import Metrics
from chassis.producer import Producer, partition_of
from chassis.settings import ServiceSettings
from contracts.event import Event

log = structlog.get_logger()
Fetched = dict[AioKafkaPartition, list["ConsumerRecord[Any, Any]"]]
POLL = timedelta(milliseconds=250)
STOP_WITHIN = timedelta(seconds=10)
REQUEST_TIMEOUT = timedelta(seconds=10)
BIGGEST_MESSAGE = 1024 * 1024
BIGGEST_DEAD_LETTER = 2 * BIGGEST_MESSAGE


class Kafka:
    """Connects, publishes with confirmation, and makes consumers."""

    def __init__(self, service: str, settings: ServiceSettings, metrics: Metrics) -> None:
        self.service = service
        self._settings = settings
        self._metrics = metrics
        bootstrap, secured, login = settings.kafka_bootstrap.split(","), security(settings), tokens(settings)
        self._broker, self._group_broker = (
            KafkaBroker(
                bootstrap,
                client_id=service,
                request_timeout_ms=_milliseconds(request_timeout),
                consumer_only=True,
                allow_auto_create_topics=False,
                apply_types=False,
                security=secured,
                sasl_oauth_token_provider=login,
                logger=None,
            )
            # Joining a group is answered only when the session of a member that died is over.
            for request_timeout in (REQUEST_TIMEOUT, settings.kafka_session_timeout + REQUEST_TIMEOUT)
        )
        self._producer = Producer(
            lambda: AIOKafkaProducer(
                bootstrap_servers=bootstrap,
                client_id=service,
                acks="all",
                enable_idempotence=settings.kafka_idempotence,
                linger_ms=0,
                partitioner=partition_of,
                max_batch_size=BIGGEST_MESSAGE,
                max_request_size=BIGGEST_DEAD_LETTER,
                request_timeout_ms=_milliseconds(REQUEST_TIMEOUT),
                sasl_oauth_token_provider=login,
                **parse_security(secured),
            ),
            on_replaced=metrics.producer_replaced.inc,
        )
        self._published = cache(metrics.published.labels)
        self._ends = Ends(
            lambda: AIOKafkaConsumer(bootstrap_servers=bootstrap, client_id=service, **client_options(settings))
        )
        self.failed = self._producer.failed
        """Gets an exception when Kafka confirms nothing and a new producer does not help: the process should end."""

    async def start(self) -> None:
        """Connect; keeps trying, because at start-up Kafka may come later than we."""
        wait = timedelta(seconds=0.2)
        while True:
            try:
                await self._producer.start()
            except KafkaConnectionError as error:
                log.warning("kafka_unreachable", bootstrap=self._settings.kafka_bootstrap, error=str(error))
                await asyncio.sleep(wait.total_seconds())
                wait = min(wait * 2, timedelta(seconds=5))
            else:
                break
        await self._broker.connect()
        await self._group_broker.connect()

    async def stop(self) -> None:
        """Flush and disconnect."""
        await self._broker.stop()
        await self._group_broker.stop()
        await self._ends.stop()
        await self._producer.stop()

    async def publish(
        self, event: Event, cause: Attributes | None = None, event_id: str | None = None, partition: int | None = None
    ) -> Landmark:
        """Publish an event, wait until all in-sync replicas have it, and say where. Raises Unavailable or Poison."""
        message = encode(event, self.service, cause, event_id)
        return await self.send(message if partition is None else message._replace(partition=partition))

    async def tombstone(self, kind: type[Event], key: str) -> Landmark:
        """Mark a key of a compacted topic as deleted. Raises Unavailable."""
        headers = {"ce_specversion": "1.0", "ce_type": kind.event_type()}
        return await self.send(Outgoing(kind.topic, key.encode(), None, headers, correlation_id=key))

    async def send(self, message: Outgoing) -> Landmark:
        """Publish one message with confirmation. Raises Unavailable or Poison."""
        try:
            written = await self._producer.send(message, self._settings.publish_timeout)
        except Unavailable:
            self._metrics.publish_failures.labels(message.topic).inc()
            raise
        self._published(message.topic).inc()
        return Landmark(message.topic, written.partition, written.offset)

    async def ends(self, partitions: Collection[AioKafkaPartition]) -> Mapping[AioKafkaPartition, int]:
        """Say where these partitions end now, without waiting for any fetch. Raises KafkaError."""
        return await self._ends.of(partitions)

    async def stands(self, landmark: Landmark) -> bool:
        """Tell whether the log still has what was confirmed to stand there. Raises Unavailable."""
        partition = AioKafkaPartition(landmark.topic, landmark.partition)
        try:
            ends = await self.ends([partition])
        except KafkaError as error:
            raise Unavailable(f"kafka did not say where {landmark.topic} ends: {type(error).__name__}") from error
        return ends[partition] > landmark.offset

    async def group_consumer(self, topics: Sequence[str], listener: ConsumerRebalanceListener) -> AIOKafkaConsumer:
        """Join this service's consumer group; offsets are committed by the caller alone."""
        return await self._consumer(
            *topics,
            group_id=self.service,
            listener=listener,
            auto_offset_reset="earliest",
            # One replica gets the same partition numbers of all topics: see parking.py.
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=_milliseconds(self._settings.kafka_session_timeout),
            heartbeat_interval_ms=1_000,
        )

    async def whole_topic_consumer(self, topic: str) -> AIOKafkaConsumer:
        """Read all partitions of a topic from the beginning, without a group."""
        return await self._consumer(topic, group_id=None, auto_offset_reset="earliest")

    async def partition_consumer(self, topic: str, partition: int) -> AIOKafkaConsumer:
        """Read one partition from now on, without a group."""
        return await self._consumer(
            group_id=None, auto_offset_reset="latest", partitions=[TopicPartition(topic, partition)]
        )

    async def _consumer(self, *topics: str, group_id: str | None, **settings: Any) -> AIOKafkaConsumer:
        wait = _milliseconds(self._settings.kafka_fetch_max_wait)
        broker = self._group_broker if group_id else self._broker
        subscriber = broker.subscriber(
            *topics,
            group_id=group_id,
            fetch_max_wait_ms=wait,
            ack_policy=AckPolicy.MANUAL,  # FastStream's default commits what was only fetched
            **settings,
        )
        while True:
            try:
                await subscriber.start()
            except KafkaError as error:
                if not error.retriable:
                    raise
                log.warning("kafka_unreachable", topics=topics, error=str(error))
                await asyncio.sleep(1)
            else:
                assert subscriber.consumer is not None
                return subscriber.consumer


async def fetches(consumer: AIOKafkaConsumer) -> AsyncIterator[Fetched]:
    """Yield what arrives, and an empty dict now and then where nothing does; ends when the consumer is stopped."""
    while True:
        try:
            fetched: Fetched = await consumer.getmany(timeout_ms=_milliseconds(POLL))
        except ConsumerStoppedError:
            return
        except KafkaError as error:
            if not error.retriable:
                raise
            log.warning("read_failed", error=type(error).__name__)
            await asyncio.sleep(1)
        else:
            yield fetched


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer; one that does not end (its broker gone, its assignment just changed) is left behind."""
    stopping = asyncio.ensure_future(consumer.stop())
    _, late = await asyncio.wait({stopping}, timeout=STOP_WITHIN.total_seconds())
    if late or stopping.cancelled() or stopping.exception():
        log.warning("consumer_left_behind")
        stopping.cancel()


def _milliseconds(duration: timedelta) -> int:
    return int(duration / timedelta(milliseconds=1))
