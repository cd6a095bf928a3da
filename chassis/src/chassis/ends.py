"""Where partitions end now, asked on a connection of its own.

A broker answers the requests of one connection in turn: on a consumer's own connection the question would wait until
the fetch that is under way finds something or gives up, half a second where nothing arrives.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition


class Ends:
    """Asks with a consumer that reads nothing, connected when first asked."""

    def __init__(self, make: Callable[[], AIOKafkaConsumer]) -> None:
        self._make = make
        self._connecting = asyncio.Lock()
        self._asker: AIOKafkaConsumer | None = None

    async def of(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Give the offset behind the last message of each. Raises KafkaError."""
        async with self._connecting:
            if self._asker is None:
                self._asker = await self._connected()
        ends: dict[TopicPartition, int] = await self._asker.end_offsets(list(partitions))
        return ends

    async def stop(self) -> None:
        """Disconnect."""
        if self._asker:
            await self._asker.stop()

    async def _connected(self) -> AIOKafkaConsumer:
        asker = self._make()
        try:
            await asker.start()
        except BaseException:
            await asker.stop()
            raise
        return asker
