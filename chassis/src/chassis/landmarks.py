"""Where Kafka once confirmed a message: a log that was lost, or a topic made anew, ends before that."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Landmark:
    """Where a message was confirmed to stand."""

    topic: str
    partition: int
    offset: int
