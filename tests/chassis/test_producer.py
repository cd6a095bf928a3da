"""A producer that can no longer be used is replaced; nothing is lost, nothing overtakes, and the process ends last."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, OutOfOrderSequenceNumber
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st
from tests.chassis.cluster import Cluster, asked, until

from chassis.envelope import Outgoing
from chassis.errors import Poison, Unavailable
from chassis.kafka import Kafka
from chassis.metrics import Metrics
from chassis.producer import Producer, partition_of
from devstack.engines.apache_kafka import ApacheKafka

MESSAGE = Outgoing("teams.intents.v1", b"t|ada", b"{}", {}, "1")
SOON = timedelta(milliseconds=20)
apache = pytest.mark.apache_kafka


class Sent:
    """What all producers of a test sent, in its order."""

    def __init__(self) -> None:
        self.by: list[str] = []


class FakeAioKafkaProducer:
    """Confirms, fails as it is told, or keeps silent (None)."""

    def __init__(self, name: str, sent: Sent, answer: KafkaError | str | None) -> None:
        self.name = name
        self.answer = answer
        self.stopped = False
        self._sent = sent
        self._waiting: list[asyncio.Future[object]] = []

    async def start(self) -> None:
        if isinstance(self.answer, KafkaConnectionError):
            raise self.answer

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[object]:
        assert not self.stopped, "a producer that was replaced sends nothing"
        self._sent.by.append(self.name)
        confirmation: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if isinstance(self.answer, KafkaError):
            confirmation.set_exception(self.answer)
        elif self.answer:
            confirmation.set_result(self.answer)
        else:
            self._waiting.append(confirmation)
        return confirmation

    async def stop(self) -> None:
        self.stopped = True
        for confirmation in self._waiting:
            if not confirmation.done():
                confirmation.set_exception(KafkaTimeoutError())


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Lab:
    """A Producer whose aiokafka producers answer, one after the other, as given."""

    def __init__(self, *answers: KafkaError | str | None) -> None:
        self.sent, self.clock, self.replaced = Sent(), Clock(), 0
        self.made: list[FakeAioKafkaProducer] = []
        self._answers = list(answers)
        self.producer = Producer(self._make, self._count, self.clock)

    def _make(self) -> AIOKafkaProducer:
        fake = FakeAioKafkaProducer(f"producer {len(self.made)}", self.sent, self._answers[len(self.made)])
        self.made.append(fake)
        return cast("AIOKafkaProducer", fake)

    def _count(self) -> None:
        self.replaced += 1

    async def unconfirmed(self, seconds: float) -> None:
        """Send a message that is not confirmed, which takes so long by the test's clock."""

        async def later() -> None:
            await asyncio.sleep(0)
            self.clock.now += seconds

        with pytest.raises(Unavailable):
            await asyncio.gather(self.producer.send(MESSAGE, SOON), later())


async def test_a_message_that_meets_a_broken_producer_is_sent_by_the_next() -> None:
    lab = Lab(OutOfOrderSequenceNumber(), "confirmed")
    await lab.producer.start()
    await lab.producer.send(MESSAGE, timedelta(seconds=5))

    assert lab.sent.by == ["producer 0", "producer 1"]
    assert lab.made[0].stopped
    assert lab.replaced == 1
    assert not lab.producer.failed.done()


async def test_all_that_meet_the_broken_producer_at_one_time_replace_it_once() -> None:
    lab = Lab(OutOfOrderSequenceNumber(), "confirmed")
    await lab.producer.start()
    await asyncio.gather(*(lab.producer.send(MESSAGE, timedelta(seconds=5)) for _ in range(20)))

    assert len(lab.made) == 2
    assert lab.sent.by.count("producer 1") == 20


async def test_a_broken_producer_is_kept_until_brokers_let_a_new_one_begin() -> None:
    lab = Lab(OutOfOrderSequenceNumber(), KafkaConnectionError(), "confirmed")
    await lab.producer.start()
    await lab.producer.send(MESSAGE, timedelta(seconds=5))

    assert lab.sent.by == ["producer 0", "producer 2"]


async def test_a_silent_producer_is_replaced_and_what_waited_is_unavailable() -> None:
    lab = Lab(None, "confirmed")
    await lab.producer.start()
    await lab.unconfirmed(seconds=10)
    assert len(lab.made) == 1
    await lab.unconfirmed(seconds=10)
    await until(lambda: lab.replaced == 1)
    await lab.producer.send(MESSAGE, SOON)

    assert lab.sent.by == ["producer 0", "producer 0", "producer 1"]
    assert not lab.producer.failed.done()


async def test_a_caller_that_waits_no_longer_counts_as_well() -> None:
    lab = Lab(None, "confirmed")
    await lab.producer.start()
    for _ in range(2):
        impatient = asyncio.create_task(lab.producer.send(MESSAGE, timedelta(seconds=20)))
        await asyncio.sleep(0)
        lab.clock.now += 10
        impatient.cancel()
        await asyncio.wait({impatient})
    await until(lambda: lab.replaced == 1)


async def test_when_two_minutes_with_a_new_producer_bring_no_confirmation_the_process_ends() -> None:
    lab = Lab(None, None)
    await lab.producer.start()
    await lab.unconfirmed(seconds=20)
    await until(lambda: lab.replaced == 1)
    await lab.unconfirmed(seconds=20)
    await lab.unconfirmed(seconds=90)
    assert not lab.producer.failed.done()
    await lab.unconfirmed(seconds=10)

    with pytest.raises(KafkaError):
        await lab.producer.failed


async def test_when_the_new_producer_is_broken_too_the_process_ends() -> None:
    lab = Lab(OutOfOrderSequenceNumber(), OutOfOrderSequenceNumber())
    await lab.producer.start()
    with pytest.raises(Unavailable):
        await lab.producer.send(MESSAGE, timedelta(seconds=5))

    with pytest.raises(KafkaError):
        await lab.producer.failed


@given(st.binary(max_size=80))
def test_a_key_leads_to_the_partition_that_all_clients_give_it(key: bytes) -> None:
    assert partition_of(key, [0, 1, 2, 3, 4, 5], [3]) == DefaultPartitioner()(key, [0, 1, 2, 3, 4, 5], [3])


@apache
async def test_after_a_message_that_kafka_refuses_the_next_ones_are_confirmed(apache_cluster: Cluster) -> None:
    """aiokafka counts the refused message's sequence number all the same, so the next one is out of order."""
    metrics = Metrics()
    kafka = Kafka("test", apache_cluster.settings, metrics)
    await kafka.start()
    too_large = Outgoing("teams.intents.v1", b"t|ada", b"x" * 1_500_000, {}, "1")
    await kafka.publish(asked("ada", "before"))
    with pytest.raises(Poison):
        await kafka.send(too_large)
    await kafka.publish(asked("ada", "after"))
    await kafka.publish(asked("ada", "after that"))
    records = await apache_cluster.records("teams.intents.v1", 3)
    await kafka.stop()

    assert [record.offset for record in records if record.key == b"t|ada"] == [0, 1, 2]
    assert metrics.registry.get_sample_value("bridge_producer_replaced_total") == 1
    assert not kafka.failed.done()


@apache
async def test_a_producer_that_ends_while_kafka_is_gone_sends_nothing_later(
    apache_cluster: Cluster, apache_kafka: ApacheKafka
) -> None:
    """An idempotent producer would try for ever, and could overtake the one that follows."""
    kafka = Kafka("test", apache_cluster.settings, Metrics())
    await kafka.start()
    await kafka.publish(asked("ada", "before"))
    await asyncio.to_thread(apache_kafka.kill)
    waiting = asyncio.create_task(kafka.publish(asked("ada", "while it is gone")))
    await asyncio.sleep(0.3)
    await kafka.stop()
    with pytest.raises(Unavailable):
        await waiting
    await asyncio.to_thread(apache_kafka.start)
    other = await apache_cluster.kafka()
    await other.publish(asked("ada", "after"))
    records = await apache_cluster.records("teams.intents.v1", 2)

    assert [b"before" in record.value for record in records] == [True, False]
    assert b"after" in records[1].value
