"""Kafka as an administrator sees it: which topics there are, and making one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from chassis.kafka_login import client_options
from chassis.settings import ServiceSettings
from contracts.topics import Topic

MOST_REPLICAS = 3
SEEN_WITHIN = timedelta(seconds=10)


class KafkaAdminError(Exception):
    """Kafka could not do what was asked; the text is for people."""


class KafkaUnreachable(KafkaAdminError):
    """No broker answered."""


@dataclass(frozen=True)
class FoundTopic:
    """A topic as it is."""

    partitions: int
    config: dict[str, str]


class KafkaAdmin:
    """One connection, for `async with`."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._where = settings.kafka_bootstrap
        try:
            secured = client_options(settings)
        except OSError as error:
            raise KafkaUnreachable(f"The certificates for Kafka cannot be read: {error.strerror}.") from error
        self._client = AIOKafkaAdminClient(
            bootstrap_servers=self._where.split(","), client_id="bridge", request_timeout_ms=5_000, **secured
        )

    async def __aenter__(self) -> Self:
        try:
            await self._client.start()
        except (KafkaError, ValueError) as error:  # ValueError: no host:port
            await self._client.close()
            raise KafkaUnreachable(f"No Kafka broker answered at {self._where}.") from error
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._client.close()

    async def brokers(self) -> int:
        """How many brokers the cluster has."""
        with _in_words():
            return len((await self._client.describe_cluster())["brokers"])

    async def topics(self, names: list[str]) -> dict[str, FoundTopic]:
        """Those of the named topics that exist.

        They are looked for in the list of all: asking for a topic by its name would make the embedded broker create it.
        """
        with _in_words():
            there = [name for name in await self._client.list_topics() if name in names]
            if not there:
                return {}
            described = await self._client.describe_topics(there)
            configs = await self._configs(there)
        return {one["topic"]: FoundTopic(len(one["partitions"]), configs.get(one["topic"], {})) for one in described}

    async def create(self, topic: Topic, replicas: int | None = None) -> None:
        """Make the topic as it is declared, with three replicas or one per broker; return once it is seen."""
        replicas = replicas or min(MOST_REPLICAS, await self.brokers())
        new = NewTopic(topic.name, topic.partitions, replicas, topic_configs=topic.config())
        with _in_words():
            answer = await self._client.create_topics([new])
        for name, code, *_ in answer.topic_errors:
            if code:
                raise KafkaAdminError(f"Kafka did not create {name}: {for_code(code).__name__}.")

        await self._seen(topic)

    async def _seen(self, topic: Topic) -> None:
        """Wait until the brokers know of the topic: they answer for a new one a moment after they took it."""
        try:
            async with asyncio.timeout(SEEN_WITHIN.total_seconds()):
                while topic.name not in await self._client.list_topics():  # noqa: ASYNC110 - Kafka tells nobody
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise KafkaAdminError(f"Kafka took {topic.name} but does not show it.") from None

    async def _configs(self, names: list[str]) -> dict[str, dict[str, str]]:
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        found: dict[str, dict[str, str]] = {}
        for answer in await self._client.describe_configs(wanted):
            for _, _, _, name, entries in answer.resources:
                found[name] = {entry[0]: entry[1] or "" for entry in entries}
        return found


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn a failure of the client into one of ours."""
    try:
        yield
    except KafkaError as error:
        raise KafkaAdminError(f"Kafka did not do what was asked: {error}.") from error
