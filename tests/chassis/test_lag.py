"""How far behind a service is, as Prometheus hears it."""

import time

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaTimeoutError
from tests.chassis.cluster import Cluster, asked, until

from chassis.lag import Lag
from chassis.metrics import Metrics
from chassis.progress import Progress
from contracts.teams import CommentAsked

INTENTS = TopicPartition("teams.intents.v1", 2)
RETRY = TopicPartition("jira-actor.retry.v1", 2)
KNOWN = TopicPartition("jira-actor.retry.v1", 0)


class FakeConsumer:
    """Knows ends and positions, or fails as it is told."""

    def __init__(self, ends: dict[TopicPartition, int], fails: Exception | None = None) -> None:
        self.ends = ends
        self.fails = fails

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        if self.fails:
            raise self.fails
        return {tp: self.ends.get(tp, 0) for tp in partitions}

    async def position(self, partition: TopicPartition) -> int:
        return 3


def lag_of(metrics: Metrics, tp: TopicPartition) -> float | None:
    return metrics.registry.get_sample_value("bridge_consumer_lag", {"topic": tp.topic, "partition": str(tp.partition)})


def reachable(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("bridge_kafka_reachable")


async def test_lag_is_from_the_first_that_is_not_done_to_the_end() -> None:
    metrics, progress = Metrics(), Progress()
    for offset in (5, 6, 7):
        progress.taken(offset, published=int((time.time() - 100 + offset) * 1000))
    progress.done(5)
    lag = Lag(FakeConsumer({INTENTS: 10, RETRY: 4}), {INTENTS: progress, RETRY: Progress()}, KNOWN, metrics)

    await lag.look()

    assert (lag_of(metrics, INTENTS), lag_of(metrics, RETRY)) == (4, 1)
    oldest = metrics.registry.get_sample_value("bridge_oldest_unhandled_seconds", {"topic": INTENTS.topic})
    assert oldest == pytest.approx(94, abs=2)
    assert reachable(metrics) == 1


async def test_what_went_to_another_replica_is_no_longer_reported() -> None:
    metrics, assigned = Metrics(), {INTENTS: Progress(), RETRY: Progress()}
    lag = Lag(FakeConsumer({INTENTS: 10, RETRY: 10}), assigned, KNOWN, metrics)
    await lag.look()
    del assigned[INTENTS]

    await lag.look()

    assert (lag_of(metrics, INTENTS), lag_of(metrics, RETRY)) == (None, 7)


async def test_a_replica_without_partitions_knows_whether_kafka_answers() -> None:
    metrics = Metrics()
    await Lag(FakeConsumer({}), {}, KNOWN, metrics).look()
    assert reachable(metrics) == 1

    await Lag(FakeConsumer({}, fails=KafkaTimeoutError()), {}, KNOWN, metrics).look()
    assert reachable(metrics) == 0


async def test_a_rebalance_in_between_is_no_outage() -> None:
    metrics = Metrics()
    metrics.kafka_reachable.set(1)

    await Lag(FakeConsumer({}, fails=IllegalStateError()), {INTENTS: Progress()}, KNOWN, metrics).look()

    assert reachable(metrics) == 1


async def test_on_a_broker_lag_counts_what_nobody_has_handled(cluster: Cluster) -> None:
    async def handled(_: CommentAsked) -> None:
        return None

    delivery = await cluster.replica(handled)
    kafka = await cluster.kafka()
    for number in range(3):
        await kafka.publish(asked("ada", str(number)))
    await until(lambda: len(delivery._assigned) == 12)
    metrics = Metrics()
    assert delivery._consumer is not None
    await Lag(delivery._consumer, delivery._assigned, KNOWN, metrics).look()

    assert reachable(metrics) == 1
    samples = {
        (one.labels["topic"], one.labels["partition"]): one.value
        for family in metrics.registry.collect()
        for one in family.samples
        if one.name == "bridge_consumer_lag"
    }
    assert len(samples) == 12
    assert 0 <= sum(samples.values()) <= 3
