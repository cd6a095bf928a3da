"""Kafka records as the consumer gives them."""

from dataclasses import dataclass, field


@dataclass
class Record:
    """The part of aiokafka's ConsumerRecord that the chassis reads."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    topic: str = "teams.intents.v1"
    partition: int = 0
    offset: int = 7
