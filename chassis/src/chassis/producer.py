"""Publishing with confirmation, by a producer that is replaced when it can no longer be used.

aiokafka gives a batch its sequence numbers before it knows whether the batch will be sent. One that expires while its
partition has no leader, or that the broker refuses, leaves a gap, and from then on an idempotent producer meets
OutOfOrderSequenceNumber in that partition, whatever it sends (aiokafka's issue 1017). Only a new one helps.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    BrokerResponseError,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    UnknownProducerId,
)
from aiokafka.partitioner import DefaultPartitioner, murmur2
from aiokafka.structs import RecordMetadata

from chassis.envelope import Outgoing
from chassis.errors import Poison, Unavailable
from chassis.patience import Patience
from chassis.trust import Trust, Verdict

log = structlog.get_logger()
TRIES = 2
"""A message that met a broken producer is sent by the next one too."""
TRY_AGAIN_AFTER = timedelta(seconds=1)
FLUSH_WITHIN = timedelta(seconds=5)
LOST_SEQUENCE = (OutOfOrderSequenceNumber, UnknownProducerId, InvalidProducerEpoch, InvalidProducerIdMapping)


class Producer:
    """The one producer of a process; what is sent while another takes its place waits for that."""

    def __init__(
        self,
        make: Callable[[], AIOKafkaProducer],
        on_replaced: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Gets an exception when replacing has not helped: the process should end."""
        self._make = make
        self._on_replaced = on_replaced
        self._clock = clock
        self._trust = Trust()
        self._current: asyncio.Future[AIOKafkaProducer] = asyncio.get_running_loop().create_future()
        self._replacing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect. Raises KafkaError."""
        self._current.set_result(await self._started())

    async def stop(self) -> None:
        """Send what waits, within bounds, and disconnect."""
        if self._replacing:
            self._replacing.cancel()
            await asyncio.wait({self._replacing})
        if self._current.done():
            await _end(self._current.result())

    async def send(self, message: Outgoing, patience: timedelta) -> RecordMetadata:
        """Send a message, wait until all in-sync replicas have it, and say where. Raises Unavailable or Poison."""
        began = self._clock()
        try:
            with Patience(patience):
                written = await self._send(message)
        except MessageSizeTooLargeError as error:
            raise Poison("too_large", f"a message for {message.topic} is larger than Kafka takes") from error
        except (KafkaError, TimeoutError) as error:
            self._act(self._trust.unconfirmed(began, self._clock()), error)
            raise Unavailable(f"kafka did not confirm a message for {message.topic}: {_named(error)}") from error
        except asyncio.CancelledError as given_up_by_caller:
            self._act(self._trust.unconfirmed(began, self._clock()), given_up_by_caller)
            raise
        self._trust.confirmed()
        return written

    async def _send(self, message: Outgoing) -> RecordMetadata:
        headers = message.raw_headers()
        tries_left = TRIES
        while True:
            tries_left -= 1
            current = self._current
            producer = current.result() if current.done() else await asyncio.shield(current)
            try:
                confirmation = await producer.send(
                    message.topic, message.value, message.key, message.partition, headers=headers
                )
                return await confirmation
            except KafkaError as error:
                if not _breaks(error):
                    raise
                if current is self._current:
                    self._act(self._trust.broken(self._clock()), error)
                if not tries_left or self.failed.done():
                    raise
                if self._replacing:
                    await asyncio.wait({self._replacing})

    def _act(self, verdict: Verdict, why: BaseException) -> None:
        if verdict is Verdict.GIVE_UP and not self.failed.done():
            log.error("kafka_producer_given_up", error=_named(why))
            self.failed.set_exception(KafkaTimeoutError(f"a new producer did not help: {_named(why)}"))
        if verdict is Verdict.REPLACE and self._replacing is None:
            log.warning("kafka_producer_broken", error=_named(why))
            self._replacing = asyncio.create_task(self._replace())

    async def _replace(self) -> None:
        """Begin anew once brokers answer; the old producer ends first, so that nothing of it overtakes what follows."""
        try:
            new = await self._connected()
            old, self._current = self._current.result(), asyncio.get_running_loop().create_future()
            try:
                await _end(old)
            finally:
                self._trust.replaced(self._clock())
                self._current.set_result(new)
        finally:
            self._replacing = None
        self._on_replaced()
        log.warning("kafka_producer_replaced")

    async def _connected(self) -> AIOKafkaProducer:
        while True:
            try:
                return await self._started()
            except KafkaError as error:
                log.warning("kafka_unreachable", error=_named(error))
                await asyncio.sleep(TRY_AGAIN_AFTER.total_seconds())

    async def _started(self) -> AIOKafkaProducer:
        producer = self._make()
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer


async def _end(producer: AIOKafkaProducer) -> None:
    """Let it send what it still can, then make sure that it never sends again; what waits for it gets an error."""
    stopping = asyncio.ensure_future(producer.stop())
    _, late = await asyncio.wait({stopping}, timeout=FLUSH_WITHIN.total_seconds())
    if late:  # aiokafka has no public way to end without flushing, and an idempotent producer flushes for ever
        log.warning("kafka_producer_left_behind")
        sender = producer._sender.sender_task
        sender.cancel()
        await producer.client.close()
        await asyncio.wait({sender}, timeout=1)
        producer._message_accumulator.fail_all(KafkaTimeoutError())
        await asyncio.wait({stopping}, timeout=1)
    if not stopping.done():
        stopping.cancel()
    elif not stopping.cancelled() and (error := stopping.exception()):
        log.info("kafka_producer_ended_badly", error=_named(error))


def partition_of(key: bytes | None, everything: list[Any], available: list[Any]) -> Any:
    """Choose the partition as all of Kafka's clients do; aiokafka hashes in Python, so hashes are remembered."""
    if key is None:
        return DefaultPartitioner()(key, everything, available)
    return everything[_hash(key) % len(everything)]


@lru_cache(maxsize=10_000)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


def _breaks(error: KafkaError) -> bool:
    """Tell whether the producer cannot go on, in contrast to one message that cannot."""
    if isinstance(error, BrokerResponseError):
        return isinstance(error, LOST_SEQUENCE)
    return not error.retriable and not isinstance(error, KafkaTimeoutError)


def _named(error: BaseException) -> str:
    return type(error).__name__
