"""How far behind a service is: measured from outside the handling, so that what hangs there still shows."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from chassis.metrics import Metrics
from chassis.progress import Progress

log = structlog.get_logger()
LOOK_EVERY = timedelta(seconds=15)
ANSWER_WITHIN = timedelta(seconds=10)


class Ends(Protocol):
    """The part of a consumer that this needs."""

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]: ...

    async def position(self, partition: TopicPartition) -> int: ...


class Lag:
    """Looks from time to time where the logs of our partitions end, and whether Kafka answers at all."""

    def __init__(
        self, consumer: Ends, assigned: Mapping[TopicPartition, Progress], known: TopicPartition, metrics: Metrics
    ) -> None:
        self._consumer = consumer
        self._assigned = assigned
        self._known = known
        """Asked about too, so that a replica without partitions knows whether Kafka answers."""
        self._metrics = metrics

    async def run(self) -> None:
        """Go on for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def look(self) -> None:
        """Measure once."""
        mine = dict(self._assigned)  # a rebalance may come in between
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                ends = await self._consumer.end_offsets([*{self._known, *mine}])
                lags = {tp: max(0, ends[tp] - await self._begins(tp, progress)) for tp, progress in mine.items()}
        except IllegalStateError:
            return  # a rebalance took a partition meanwhile
        except (KafkaError, TimeoutError) as error:
            log.warning("log_ends_unknown", error=type(error).__name__)
            self._metrics.kafka_reachable.set(0)
            return
        self._metrics.kafka_reachable.set(1)
        self._tell({tp: lag for tp, lag in lags.items() if self._assigned.get(tp) is mine[tp]})

    async def _begins(self, partition: TopicPartition, progress: Progress) -> int:
        """Give the first offset that is not done."""
        first = progress.first_not_done
        return await self._consumer.position(partition) if first is None else first

    def _tell(self, lags: Mapping[TopicPartition, int]) -> None:
        """Replace all in one go: what another replica has now is not ours to report."""
        self._metrics.lag.clear()
        self._metrics.oldest_unhandled.clear()
        ages: defaultdict[str, float] = defaultdict(float)
        for tp, lag in lags.items():
            self._metrics.lag.labels(tp.topic, str(tp.partition)).set(lag)
            published = self._assigned[tp].oldest_published
            ages[tp.topic] = max(ages[tp.topic], 0.0 if published is None else time.time() - published / 1000)
        for topic, age in ages.items():
            self._metrics.oldest_unhandled.labels(topic).set(age)
