"""The one place that makes Kafka clients: FastStream connects, its subscribers make consumers, `producer.py` publishes.

FastStream's own consuming loop is not used: its acknowledgement modes lose messages or spin
(see ARCHITECTURE.md), so `delivery.py` reads the consumers that it makes.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
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
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from chassis.envelope import Attributes, Outgoing, encode
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
SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


def security(settings: ServiceSettings) -> BaseSecurity | None:
    """Translate the settings into FastStream's security object."""
    mode = settings.kafka_security
    if mode == "plaintext":
        return None
    context = None
    if mode.endswith("ssl"):
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_cert_file:
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
    if mode == "ssl":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    return SASL[settings.kafka_sasl_mechanism](
        settings.kafka_username,
        settings.kafka_password.get_secret_value(),
        ssl_context=context,
        use_ssl=context is not None,
    )


class Kafka:
    """Connects, publishes with confirmation, and makes consumers."""

    def __init__(self, service: str, settings: ServiceSettings, metrics: Metrics) -> None:
        self.service = service
        self._settings = settings
        self._metrics = metrics
        bootstrap, secured = settings.kafka_bootstrap.split(","), security(settings)
        self._broker, self._group_broker = (
            KafkaBroker(
                bootstrap,
                client_id=service,
                request_timeout_ms=_milliseconds(request_timeout),
                consumer_only=True,
                allow_auto_create_topics=False,
                apply_types=False,
                security=secured,
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
                **parse_security(secured),
            ),
            on_replaced=metrics.producer_replaced.inc,
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
        await self._producer.stop()

    async def publish(
        self, event: Event, cause: Attributes | None = None, event_id: str | None = None, partition: int | None = None
    ) -> None:
        """Publish an event and wait until all in-sync replicas have it. Raises Unavailable or Poison."""
        message = encode(event, self.service, cause, event_id)
        await self.send(message if partition is None else replace(message, partition=partition))

    async def tombstone(self, kind: type[Event], key: str) -> None:
        """Mark a key of a compacted topic as deleted."""
        headers = {"ce_specversion": "1.0", "ce_type": kind.event_type()}
        await self.send(Outgoing(kind.topic, key.encode(), None, headers, correlation_id=key))

    async def send(self, message: Outgoing) -> None:
        """Publish one message with confirmation. Raises Unavailable or Poison."""
        await self._producer.send(message, self._settings.publish_timeout)
        self._metrics.published.labels(message.topic).inc()

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
