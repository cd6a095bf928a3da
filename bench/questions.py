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
QUESTION, ANSWER = CallsAuthorizationAsked.event_type().encode(), CallsAuthorized.event_type().encode()
CALLS = (
    Call(method="GET", url="https://jira.example.com/rest/api/2/issue/OPS-7?fields=summary%2Cstatus"),
    Call(method="POST", url="https://jira.example.com/rest/api/2/issue/OPS-7/comment"),
)
"""As many as a command has signed with one question."""
MARK = b"request-id"
"""Stands in the text of a question where its own id goes."""
PATIENCE = 20.0


class Questions:
    """Keeps so many questions under way; the links take turns."""

    def __init__(self, bridge: System, links: list[tuple[str, str]]) -> None:
        self._bootstrap, self._wait_ms = bridge.engines.kafka_bootstrap, bridge.fetch_wait_ms
        self._key = ReplyKey()
        self._texts = itertools.cycle([self._text(tenant_id, link_id) for tenant_id, link_id in links])
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
            async with asyncio.timeout(seconds + PATIENCE):
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
        key, value = next(self._texts)
        own = uuid4().hex.encode()
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", own),
            ("ce_type", QUESTION),
            ("ce_source", b"/bench"),
            ("ce_time", datetime.now(UTC).isoformat().encode()),
        ]
        answered = self._waiting[own] = asyncio.get_running_loop().create_future()
        await producer.send(
            CallsAuthorizationAsked.topic, value.replace(MARK, own), key=key.replace(MARK, own), headers=headers
        )
        record = await answered
        if (kind := dict(record.headers)["ce_type"]) != ANSWER:
            raise RuntimeError(f"key-vault answered {kind.decode()}")
        return record

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            fetched = await consumer.getmany(timeout_ms=1_000)
            for record in itertools.chain.from_iterable(fetched.values()):
                if waiting := self._waiting.pop(record.key, None):
                    waiting.set_result(record)

    def _text(self, tenant_id: str, link_id: str) -> tuple[bytes, bytes]:
        """Give a question's key and value as they are sent, but for its id."""
        ask = Ask(request_id=MARK.decode(), partition=PARTITION, reply_key=self._key.public)
        question = CallsAuthorizationAsked(ask=ask, tenant_id=tenant_id, link_id=link_id, calls=CALLS)
        return question.key().encode(), question.model_dump_json().encode()
