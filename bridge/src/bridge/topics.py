"""Are the topics as `contracts.topics` declares them? Create what is missing, say what differs."""

from dataclasses import dataclass
from typing import Literal, Protocol

from bridge.kafka_admin import FoundTopic, KafkaAdminError
from contracts.topics import TOPICS, Topic


class Kafka(Protocol):
    """The part of Kafka that this needs."""

    async def topics(self, names: list[str]) -> dict[str, FoundTopic]: ...

    async def create(self, topic: Topic, replicas: int | None = None) -> None: ...


@dataclass(frozen=True)
class TopicReport:
    """What one topic is like, in words."""

    name: str
    state: Literal["there", "missing", "created", "differs", "failed"]
    says: str

    @property
    def fine(self) -> bool:
        """Nothing is left to do."""
        return self.state in ("there", "created")


async def compare(kafka: Kafka, declared: tuple[Topic, ...] = TOPICS) -> list[TopicReport]:
    """Look at every declared topic; change nothing."""
    found = await kafka.topics([topic.name for topic in declared])
    return [_report(topic, found.get(topic.name)) for topic in declared]


async def apply(kafka: Kafka, replicas: int | None = None, declared: tuple[Topic, ...] = TOPICS) -> list[TopicReport]:
    """Create what is missing; what differs is left alone, because changing it can lose data or order."""
    reports = await compare(kafka, declared)
    topics = {topic.name: topic for topic in declared}
    return [
        await _create(kafka, topics[report.name], replicas) if report.state == "missing" else report
        for report in reports
    ]


async def _create(kafka: Kafka, topic: Topic, replicas: int | None) -> TopicReport:
    try:
        await kafka.create(topic, replicas)
    except KafkaAdminError as error:
        return TopicReport(topic.name, "failed", str(error))
    return TopicReport(topic.name, "created", _described(topic))


def _report(topic: Topic, found: FoundTopic | None) -> TopicReport:
    if found is None:
        return TopicReport(topic.name, "missing", _described(topic))
    differences = _differences(topic, found)
    if differences:
        return TopicReport(topic.name, "differs", "; ".join(differences))
    return TopicReport(topic.name, "there", _described(topic))


def _described(topic: Topic) -> str:
    return f"{_counted(topic.partitions)}, {'compacted' if topic.compacted else f'kept {_kept(topic)}'}"


def _counted(partitions: int) -> str:
    return "1 partition" if partitions == 1 else f"{partitions} partitions"


def _kept(topic: Topic) -> str:
    hours = int(topic.kept.total_seconds() // 3600)
    return f"{hours // 24} d" if hours % 24 == 0 else f"{hours} h"


def _differences(topic: Topic, found: FoundTopic) -> list[str]:
    wrong = []
    if found.partitions != topic.partitions:
        wrong.append(f"has {_counted(found.partitions)} instead of {topic.partitions}")
    wrong += [
        f"{name} is {found.config.get(name, 'not set')} instead of {value}"
        for name, value in topic.config().items()
        if found.config.get(name) != value
    ]
    return wrong
