"""Whether Kafka still has what it once confirmed: a log that was lost, or a topic made anew, ends before that."""

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.errors import Unavailable
from chassis.kafka_login import client_options
from chassis.settings import ServiceSettings


@dataclass(frozen=True)
class Landmark:
    """Where a message was confirmed to stand."""

    topic: str
    partition: int
    offset: int


async def stands(landmark: Landmark, settings: ServiceSettings) -> bool:
    """Tell whether the log still reaches beyond the landmark. Raises Unavailable."""
    partition = TopicPartition(landmark.topic, landmark.partition)
    asker = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap.split(","), **client_options(settings))
    try:
        await asker.start()
        ends = await asker.end_offsets([partition])
    except KafkaError as error:
        raise Unavailable(f"kafka did not say where {landmark.topic} ends: {type(error).__name__}") from error
    finally:
        await asker.stop()
    return bool(ends[partition] > landmark.offset)
