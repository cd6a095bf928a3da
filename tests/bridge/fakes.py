"""Stand-ins: a Kafka that holds topics in a dictionary, and a record as a consumer gives it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.kafka_admin import FoundTopic, KafkaAdminError
from contracts.topics import Topic


class FakeKafka:
    """Refuses to create the topics in `refused`."""

    def __init__(self, *there: Topic, refused: str = "") -> None:
        self.there = {topic.name: FoundTopic(topic.partitions, topic.config()) for topic in there}
        self.refused = refused
        self.replicas: list[int | None] = []

    async def topics(self, names: list[str]) -> dict[str, FoundTopic]:
        return {name: found for name, found in self.there.items() if name in names}

    async def create(self, topic: Topic, replicas: int | None = None) -> None:
        if topic.name == self.refused:
            raise KafkaAdminError(f"Kafka did not create {topic.name}.")
        self.replicas.append(replicas)
        self.there[topic.name] = FoundTopic(topic.partitions, topic.config())


@dataclass
class StoredRecord:
    """The part of aiokafka's ConsumerRecord that the commands read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    timestamp: int = 1_795_000_000_000
