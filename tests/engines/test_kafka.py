import asyncio

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from tests.engines.topics import Topics

from devstack.engines import Engines

pytestmark = pytest.mark.engines


async def test_a_restarted_member_of_a_group_goes_on_after_what_was_committed(topics: Topics, name: str) -> None:
    await topics.create(name)
    async with topics.producer() as producer:
        for number in range(3):
            await producer.send_and_wait(name, str(number).encode(), key=b"k")

    async with topics.consumer(name, group=name) as first:
        done = await first.getone()
        await first.commit({TopicPartition(name, 0): done.offset + 1})
    async with topics.consumer(name, group=name) as second:
        following = await second.getone()

    assert (done.value, following.value) == (b"0", b"1")


async def test_two_members_of_a_group_share_the_partitions(topics: Topics, name: str) -> None:
    await topics.create(name, partitions=4)

    async with topics.consumer(name, group=name) as one, topics.consumer(name, group=name) as other:
        async with asyncio.timeout(20):
            while {len(one.assignment()), len(other.assignment())} != {2}:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.05)

        assert one.assignment().isdisjoint(other.assignment())


async def test_tombstones_and_odd_headers_come_back_as_they_were_sent(topics: Topics, name: str) -> None:
    await topics.create(name)
    odd = [("null", None), ("empty", b""), ("bytes", b"\xff\xfe")]
    async with topics.producer() as producer:
        await producer.send_and_wait(name, None, key=b"k", headers=odd)

    async with topics.consumer(name) as consumer:
        record = await consumer.getone()

    assert (record.key, record.value, list(record.headers)) == (b"k", None, odd)


async def test_the_end_of_a_partition_is_known_before_it_is_read(topics: Topics, name: str) -> None:
    await topics.create(name, partitions=2)
    async with topics.producer() as producer:
        await producer.send_and_wait(name, b"v", partition=1)

    async with topics.consumer() as consumer:
        ends = await consumer.end_offsets([TopicPartition(name, 0), TopicPartition(name, 1)])

    assert ends == {TopicPartition(name, 0): 0, TopicPartition(name, 1): 1}


async def test_settings_of_a_topic_can_be_read_again(topics: Topics, name: str) -> None:
    async with topics.admin() as admin:
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"cleanup.policy": "compact"})])

        described = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])

    settings = {entry[0]: entry[1] for entry in described[0].resources[0][4]}
    assert settings["cleanup.policy"] == "compact"


async def test_the_embedded_broker_still_knows_no_idempotent_producer(engines: Engines) -> None:
    if not engines.embedded_kafka:
        pytest.skip("BRIDGE_ENGINES chooses another broker")
    producer = AIOKafkaProducer(bootstrap_servers=engines.kafka_bootstrap, enable_idempotence=True)

    with pytest.raises(KafkaError):
        await producer.start()
