"""Asks key-vault for signatures as fast as it answers: a lean asker, whose own cost stays small."""

import asyncio
import itertools
import time
from datetime import UTC, datetime
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from bench.system import System
from chassis.sealing import ReplyKey
from contracts.keys import Ask, Call, CallsAuthorizationAsked, CallsAuthorized

PARTITION = 0
ANSWER = CallsAuthorized.event_type().encode()
CALLS = (
    Call(method="GET", url="https://jira.example.com/rest/api/2/issue/OPS-7?fields=summary%2Cstatus"),
    Call(method="POST", url="https://jira.example.com/rest/api/2/issue/OPS-7/comment"),
)
"""As many as a command has signed with one question."""


class Questions:
    """Keeps so many questions under way; the links take turns."""

    def __init__(self, bridge: System, links: list[tuple[str, str]]) -> None:
        self._bootstrap, self._wait_ms = bridge.engines.kafka_bootstrap, bridge.fetch_wait_ms
        self._links = itertools.cycle(links)
        self._key = ReplyKey()
        self._waiting: dict[bytes, asyncio.Future[ConsumerRecord]] = {}

    async def ask_for(self, seconds: float, at_once: int) -> float:
        """Ask for so long; give signatures per second."""
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all")
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, fetch_max_wait_ms=self._wait_ms)
        await producer.start()
        await consumer.start()
        consumer.assign([TopicPartition(CallsAuthorized.topic, PARTITION)])
        await consumer.seek_to_end()
        listening = asyncio.create_task(self._listen(consumer))
        try:
            return await self._ask(producer, seconds, at_once)
        finally:
            listening.cancel()
            await consumer.stop()
            await producer.stop()

    async def _ask(self, producer: AIOKafkaProducer, seconds: float, at_once: int) -> float:
        ends, signed, last = time.perf_counter() + seconds, 0, None

        async def asker() -> None:
            nonlocal signed, last
            while time.perf_counter() < ends:
                last = await self._one(producer)
                signed += len(CALLS) if time.perf_counter() < ends else 0

        await asyncio.gather(*(asker() for _ in range(at_once)))
        assert last is not None
        opened = self._key.open(CallsAuthorized.model_validate_json(last.value).sealed)
        assert len(opened) == len(CALLS)
        return signed / seconds

    async def _one(self, producer: AIOKafkaProducer) -> ConsumerRecord:
        tenant_id, link_id = next(self._links)
        request_id = uuid4().hex
        ask = Ask(request_id=request_id, partition=PARTITION, reply_key=self._key.public)
        question = CallsAuthorizationAsked(ask=ask, tenant_id=tenant_id, link_id=link_id, calls=CALLS)
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", request_id.encode()),
            ("ce_type", question.event_type().encode()),
            ("ce_source", b"/bench"),
            ("ce_time", datetime.now(UTC).isoformat().encode()),
        ]
        answered = self._waiting[request_id.encode()] = asyncio.get_running_loop().create_future()
        await producer.send(
            question.topic, question.model_dump_json().encode(), key=question.key().encode(), headers=headers
        )
        async with asyncio.timeout(20):
            record = await answered
        del self._waiting[request_id.encode()]
        if (kind := dict(record.headers)["ce_type"]) != ANSWER:
            raise RuntimeError(f"key-vault answered {kind.decode()}")
        return record

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            if (waiting := self._waiting.get(record.key)) and not waiting.done():
                waiting.set_result(record)
