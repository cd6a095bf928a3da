"""The watchdog: a consumer that has something to read and does not move is replaced, process and all."""

import asyncio
from datetime import timedelta

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

log = structlog.get_logger()
LOOK_EVERY = timedelta(seconds=10)
STALLED_LOOKS = 4
"""So many looks in a row without a move, while messages wait, are a stall."""


class Stalled(RuntimeError):
    """The consumer does not read although there is something to read."""


class Watchdog:
    """Compares where partitions end with where we are; paused partitions stand still on purpose."""

    def __init__(self, consumer: AIOKafkaConsumer, every: timedelta = LOOK_EVERY) -> None:
        self._consumer = consumer
        self._every = every.total_seconds()
        self._at: dict[TopicPartition, int] = {}
        self._still: dict[TopicPartition, int] = {}

    async def run(self) -> None:
        """Look for ever; raises Stalled."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._look()
            except (KafkaError, IllegalStateError, TimeoutError) as error:
                self._still.clear()  # without an answer from Kafka, nothing is known
                log.info("watchdog_blind", error=type(error).__name__)

    async def _look(self) -> None:
        partitions = self._consumer.assignment() - self._consumer.paused()
        async with asyncio.timeout(self._every):
            ends = await self._consumer.end_offsets(list(partitions)) if partitions else {}
            at = {partition: await self._consumer.position(partition) for partition in partitions}
        moved_not = {p for p in partitions if at[p] < ends[p] and self._at.get(p) == at[p]}
        self._still = {partition: self._still.get(partition, 0) + 1 for partition in moved_not}
        self._at = at
        if any(looks >= STALLED_LOOKS for looks in self._still.values()):
            log.error("consumer_stalled", partitions=[f"{p.topic}/{p.partition}" for p in self._still])
            raise Stalled("the consumer does not read although there is something to read")
