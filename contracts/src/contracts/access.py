"""Who may do what in Kafka: the least that the topic table implies, one principal per service and one for the command.

Nobody needs IdempotentWrite: since Kafka 2.8 whoever may write to a topic may do so idempotently.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from contracts.topics import COMMAND, SERVICES, TOPICS, Topic

COMMANDS_PRINCIPAL = "cli"
PRINCIPALS = (*SERVICES, COMMANDS_PRINCIPAL)
Operation = Literal["Create", "Describe", "DescribeConfigs", "Read", "Write"]
FOR_KEY_VAULT_ALONE = ("keys.requests.v1", "keys.replies.v1")
"""Whoever writes a request may have anything signed: an operator's command may not, and nobody waits for an old one."""


@dataclass(frozen=True)
class Access:
    """What one principal may do with one topic or group; operations as Kafka and Strimzi name them."""

    kind: Literal["topic", "group"]
    name: str
    operations: tuple[Operation, ...]


def access_of(principal: str) -> tuple[Access, ...]:
    """Give all that a principal may do."""
    if principal == COMMANDS_PRINCIPAL:
        return tuple(Access("topic", topic.name, _of_command(topic)) for topic in TOPICS)
    group = Access("group", principal, ("Read",))  # a service's consumer group is named as the service
    return (*_of_service(principal), group)


def _of_service(service: str) -> Iterator[Access]:
    for topic in TOPICS:
        reads = service in topic.readers
        writes = service in topic.owners
        if reads or writes:
            yield Access("topic", topic.name, ("Describe", *_read(reads), *_write(writes)))


def _of_command(topic: Topic) -> tuple[Operation, ...]:
    """Apply and compare topics; trace messages; list and replay dead letters, and note that."""
    ordinary = not topic.compacted and not topic.name.endswith(".retry.v1") and COMMAND not in topic.readers
    replayed = ordinary and topic.name not in FOR_KEY_VAULT_ALONE
    return ("Create", "Describe", "DescribeConfigs", *_read(not topic.compacted), *_write(replayed or _is_own(topic)))


def _is_own(topic: Topic) -> bool:
    return COMMAND in topic.owners


def _read(yes: bool) -> tuple[Operation, ...]:
    return ("Read",) if yes else ()


def _write(yes: bool) -> tuple[Operation, ...]:
    return ("Write",) if yes else ()
