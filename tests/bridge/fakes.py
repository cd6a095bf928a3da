"""A Kafka that holds topics in a dictionary."""

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
