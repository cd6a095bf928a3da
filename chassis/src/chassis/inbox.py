"""Asking and answering over Kafka: `await inbox.ask(…)` reads like a call and is two events.

Each process reads one partition of the reply topic from the moment it starts, names it in its questions,
and asks again (with the same request id) when no answer comes: asking is idempotent, and no group, hence no
rebalance, stands between a question and its answer.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from chassis.attempt import cause
from chassis.envelope import SHARED_BY, Attributes, Outgoing, attributes, decode, encode
from chassis.errors import Poison, Unavailable
from chassis.kafka import Kafka, fetches, stop
from chassis.sealing import ReplyKey
from contracts.keys import Ask, KeysQuestion, KeysReply
from contracts.topics import TOPICS

log = structlog.get_logger()
ASK_AGAIN_AFTER = timedelta(seconds=3)
REPLIES = next(topic for topic in TOPICS if topic.name == KeysReply.topic)


class Inbox:
    """The questions of one process that wait for an answer."""

    def __init__(self, kafka: Kafka, patience: timedelta) -> None:
        self.ready = asyncio.Event()
        self.partition = random.randrange(REPLIES.partitions)  # noqa: S311 - spreads load, guards nothing
        self._kafka = kafka
        self._patience = patience
        self._waiting: dict[str, asyncio.Future[KeysReply]] = {}
        self._consumer: AIOKafkaConsumer | None = None

    async def ask(
        self, question: Callable[[Ask], KeysQuestion], causes: Sequence[Attributes] = ()
    ) -> tuple[KeysReply, ReplyKey]:
        """Ask and wait for the answer, and give the key that opens it. Raises Unavailable when none comes in time.

        `causes` are the events for whose sake it is asked; none: the one that is being handled.
        """
        reply_key = ReplyKey()
        request_id = uuid4().hex
        ask = Ask(request_id=request_id, partition=self.partition, reply_key=reply_key.public)
        answer = self._waiting[request_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                while not answer.done():
                    await self._kafka.send(_message(question(ask), self._kafka.service, causes))
                    await asyncio.wait({answer}, timeout=ASK_AGAIN_AFTER.total_seconds())
                return answer.result(), reply_key
        except TimeoutError:
            raise Unavailable("key-vault did not answer in time") from None
        finally:
            del self._waiting[request_id]

    async def start(self) -> None:
        """Begin to listen; questions asked after this hear their answers."""
        self._consumer = await self._kafka.partition_consumer(REPLIES.name, self.partition)
        for partition in self._consumer.assignment():
            await self._consumer.position(partition)
        self.ready.set()

    async def run(self) -> None:
        """Listen for ever."""
        assert self._consumer is not None
        async for fetched in fetches(self._consumer):
            for records in fetched.values():
                for record in records:
                    self._hear(record)

    async def stop(self) -> None:
        """Stop listening."""
        if self._consumer:
            await stop(self._consumer)

    def _hear(self, record: "ConsumerRecord[Any, Any]") -> None:
        waiting = self._waiting.get((record.key or b"").decode(errors="replace"))
        if waiting is None or waiting.done():
            return  # another process's answer, or a second one
        try:
            reply = decode(attributes(record.headers), record.value)
        except Poison as poison:
            log.warning("reply_unreadable", reason=poison.reason, detail=str(poison))
            return
        if isinstance(reply, KeysReply):
            waiting.set_result(reply)


def _message(question: KeysQuestion, service: str, causes: Sequence[Attributes]) -> Outgoing:
    """Wrap a question; one that several events share has a story of its own, and names theirs."""
    if len(causes) > 1:
        message = encode(question, service, None, question.ask.request_id)
        return message._replace(kept=[(SHARED_BY, one.correlation_id.encode()) for one in causes])
    return encode(question, service, causes[0] if causes else cause.get(), question.ask.request_id)
