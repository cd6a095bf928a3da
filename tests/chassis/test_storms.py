"""What a real Apache Kafka does to its clients: rebalances, restarts, leader changes; and what we do to ourselves."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.chassis.cluster import Cluster, asked, until

from chassis.envelope import Outgoing
from chassis.errors import Unavailable
from chassis.producer import Producer
from chassis.settings import ServiceSettings
from contracts.teams import CommentAsked
from contracts.topics import TOPICS
from devstack.engines.apache_kafka import ApacheKafka

pytestmark = pytest.mark.apache_kafka
PEOPLE = 12
TRIES = 6


class Log:
    """What was handled, by person."""

    def __init__(self) -> None:
        self.by_person: defaultdict[str, list[int]] = defaultdict(list)
        self.slow = 0.002

    async def handler(self, event: CommentAsked) -> None:
        await asyncio.sleep(self.slow)
        self.by_person[event.origin.user].append(int(event.text))

    @property
    def handled(self) -> set[int]:
        return {number for numbers in self.by_person.values() for number in numbers}

    def assert_in_order(self) -> None:
        """First handlings are in order; what is handled again after a rebalance comes later."""
        for numbers in self.by_person.values():
            firsts = list(dict.fromkeys(numbers))
            assert firsts == sorted(firsts)


async def stream(cluster: Cluster, count: int, every: float = 0.01) -> int:
    """Publish; what is not confirmed in time is published again, as the edges' callers do. Gives how often it was."""
    kafka, again = await cluster.kafka(), 0
    for number in range(count):
        event = asked(f"person {number % PEOPLE}", str(number))
        for _ in range(TRIES):
            try:
                await kafka.publish(event, event_id=event.origin.intent_id)
            except Unavailable:
                again += 1
            else:
                break
        else:
            pytest.fail("the producer did not recover")
        await asyncio.sleep(every)
    return again


@pytest.fixture(scope="module")
def three_brokers(apache_kafka: ApacheKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A cluster that can lose a broker; there only where one broker can be."""
    kafka = ApacheKafka(tmp_path_factory.mktemp("three-brokers"), brokers=3)
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.kill()  # nobody needs its data any more


@pytest.fixture
async def replicated(three_brokers: ApacheKafka) -> AsyncIterator[Cluster]:
    """The cluster of three, with topics on all of them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=three_brokers.url)
    await admin.start()
    known = set(await admin.list_topics())
    new = [topic for topic in TOPICS if topic.name not in known]
    await admin.create_topics([NewTopic(topic.name, topic.partitions, 3) for topic in new])
    await admin.close()
    cluster = Cluster(
        ServiceSettings(kafka_bootstrap=three_brokers.url, kafka_session_timeout=timedelta(seconds=6)), patience=90
    )
    yield cluster
    await cluster.stop()


async def test_a_rebalance_storm_loses_nothing_and_keeps_the_order(apache_cluster: Cluster) -> None:
    log = Log()
    replicas = [await apache_cluster.replica(log.handler)]
    streaming = asyncio.create_task(stream(apache_cluster, 600))
    replicas += [await apache_cluster.replica(log.handler) for _ in range(5)]
    for _ in range(4):
        await apache_cluster.end(replicas.pop(), timedelta(seconds=2))
    await streaming
    await until(lambda: len(log.handled) == 600, within=120)

    log.assert_in_order()


async def test_a_broker_that_crashes_and_comes_back_costs_nothing(
    apache_cluster: Cluster, apache_kafka: ApacheKafka
) -> None:
    log = Log()
    await apache_cluster.replica(log.handler)
    streaming = asyncio.create_task(stream(apache_cluster, 300))
    await asyncio.sleep(1)
    await asyncio.to_thread(apache_kafka.kill)
    await asyncio.to_thread(apache_kafka.start)
    again = await streaming
    await until(lambda: len(log.handled) == 300, within=120)

    log.assert_in_order()
    records = await apache_cluster.records("teams.intents.v1", 300)
    ids = [dict(record.headers)["ce_id"] for record in records]
    assert len(set(ids)) == 300
    assert len(ids) <= 300 + again, "an idempotent producer repeats nothing by itself"


async def test_an_event_loop_that_was_blocked_for_three_session_timeouts_goes_on(apache_cluster: Cluster) -> None:
    apache_cluster.settings = apache_cluster.settings.model_copy(update={"kafka_session_timeout": timedelta(seconds=6)})
    log = Log()
    blocked = False

    async def blocks_once(event: CommentAsked) -> None:
        nonlocal blocked
        if event.text == "20" and not blocked:
            blocked = True
            time.sleep(18)  # noqa: ASYNC251 - that is what is tried
        await log.handler(event)

    await apache_cluster.replica(blocks_once)
    await stream(apache_cluster, 100)
    await until(lambda: len(log.handled) == 100, within=60)

    assert blocked
    log.assert_in_order()


async def test_a_lost_leader_is_replaced_and_nothing_is_lost(replicated: Cluster, three_brokers: ApacheKafka) -> None:
    log = Log()
    await replicated.replica(log.handler)
    streaming = asyncio.create_task(stream(replicated, 300, every=0.02))
    await asyncio.sleep(1)
    await asyncio.to_thread(three_brokers.brokers[0].kill)
    await streaming
    await until(lambda: len(log.handled) == 300, within=180)
    await asyncio.to_thread(three_brokers.start)

    log.assert_in_order()


async def test_a_whole_cluster_that_restarts_loses_nothing(replicated: Cluster, three_brokers: ApacheKafka) -> None:
    log = Log()

    async def only_new(event: CommentAsked) -> None:
        if event.origin.user.startswith("person"):
            await log.handler(event)

    await replicated.replica(only_new)
    before = len(log.handled)
    streaming = asyncio.create_task(stream(replicated, 150, every=0.02))
    await asyncio.sleep(1)
    await asyncio.to_thread(three_brokers.kill)
    await asyncio.to_thread(three_brokers.start)
    await streaming
    await until(lambda: len(log.handled) >= 150, within=180)

    assert before == 0
    log.assert_in_order()


async def test_a_producer_whose_message_expired_without_a_leader_is_replaced(
    replicated: Cluster, three_brokers: ApacheKafka
) -> None:
    """aiokafka counts the expired message's sequence number, so all that follow in its partition are out of order."""
    topic, patience, replaced = "lab.v1", timedelta(seconds=30), []
    leader = await only_on_one_broker(three_brokers, topic)
    producer = Producer(
        lambda: AIOKafkaProducer(
            bootstrap_servers=three_brokers.url, enable_idempotence=True, acks="all", request_timeout_ms=2_000
        ),
        on_replaced=lambda: replaced.append(True),
    )
    await producer.start()
    await producer.send(Outgoing(topic, b"key", b"before", {}, "1"), patience)
    await asyncio.to_thread(three_brokers.brokers[leader - 1].kill)
    with pytest.raises(Unavailable):
        await producer.send(Outgoing(topic, b"key", b"while it is gone", {}, "2"), patience)
    await asyncio.to_thread(three_brokers.start)
    await producer.send(Outgoing(topic, b"key", b"after", {}, "3"), patience)
    await producer.send(Outgoing(topic, b"key", b"after that", {}, "4"), patience)
    await producer.stop()
    records = await replicated.records(topic, 3)

    assert replaced == [True]
    assert [record.value for record in records] == [b"before", b"after", b"after that"]
    assert not producer.failed.done()


async def only_on_one_broker(kafka: ApacheKafka, topic: str) -> int:
    """Make a topic of one partition without copies, and give the number of its broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.url)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
        while True:
            [described] = await admin.describe_topics([topic])
            if described["partitions"] and (leader := int(described["partitions"][0]["leader"])) > 0:
                return leader
            await asyncio.sleep(0.1)
    finally:
        await admin.close()
