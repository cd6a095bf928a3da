"""The floor: the same way by hand, as little as it can be: `python -m bench.floor gateway|actor|signer`.

gateway → Kafka → actor → Kafka → signer (Vault signs) → Kafka → actor → Jira (read, write) → Kafka → gateway → Teams.
The same hops, calls, signatures and broker as Bridge and messages of about the same size; but no framework, no check of
tokens, activities or answers, no grammar, no sealing, no order, no retry, no commit before the end, no logs or metrics.
"""

import asyncio
import base64
import json
import secrets
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench import web
from contracts.topics import Topic

INTENTS, REQUESTS, REPLIES, OUTCOMES = (f"floor.{name}" for name in ("intents", "requests", "replies", "outcomes"))
TOPICS = tuple(
    Topic(name, (), (), "the bench's floor", partitions=1 if name == REPLIES else 6)
    for name in (INTENTS, REQUESTS, REPLIES, OUTCOMES)
)
SIZE = "x" * 250
"""Stands for what Bridge's messages carry besides: headers, the asker's key, the seal."""


@dataclass(frozen=True)
class Given:
    """What one process is told: where everything is."""

    kafka: str
    wait_ms: int
    port: int
    jira: str
    vault: str
    token: str
    key: str


async def gateway(given: Given) -> None:
    """Take activities in, bring answers out."""
    producer = await _producer(given)

    async def heard(request: web.Request) -> bytes:
        said = json.loads(request.body)
        names = ("id", "text", "timestamp", "serviceUrl", "from", "conversation", "recipient", "locale")
        intent = {name: said[name] for name in names} | {"intent": secrets.token_hex(16)}
        key = said["from"]["aadObjectId"].encode()
        await producer.send_and_wait(INTENTS, json.dumps(intent).encode(), key=key)
        return web.answer(b"{}")

    await web.serve(heard, given.port)
    async with aiohttp.ClientSession() as http:

        async def tell(outcome: dict[str, Any]) -> None:
            url = f"{outcome['serviceUrl']}v3/conversations/{quote(outcome['conversation']['id'], safe='')}/activities"
            card = {"type": "message", "replyToId": outcome["id"], "text": outcome["issue"]}
            async with http.post(url, json=card, headers={"Authorization": "Bearer of-the-bench"}) as answer:
                await answer.read()

        await _each(await _consumer(given, OUTCOMES), tell)


async def actor(given: Given) -> None:
    """Carry commands out in Jira."""
    producer = await _producer(given)
    waiting: dict[str, asyncio.Future[list[str]]] = {}

    async def reply(message: dict[str, Any]) -> None:
        waiting[message["id"]].set_result(message["values"])

    replies = AIOKafkaConsumer(bootstrap_servers=given.kafka, fetch_max_wait_ms=given.wait_ms)
    await replies.start()
    replies.assign([TopicPartition(REPLIES, 0)])
    await replies.seek_to_end()
    listening = asyncio.create_task(_each(replies, reply))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def ask(calls: list[tuple[str, str]]) -> list[str]:
            request_id = secrets.token_hex(16)
            waiting[request_id] = asyncio.get_running_loop().create_future()
            request = {"id": request_id, "calls": calls, "size": SIZE}
            await producer.send(REQUESTS, json.dumps(request).encode(), key=request_id.encode())
            values = await waiting[request_id]
            del waiting[request_id]
            return values

        async def call(method: str, url: str, authorization: str, body: Any = None) -> Any:
            headers = {"Authorization": authorization, "X-Atlassian-Token": "no-check"}
            async with http.request(method, url, json=body, headers=headers) as answer:
                return await answer.json()

        async def carry_out(intent: dict[str, Any]) -> None:
            _, key, text = intent["text"].split(" ", 2)
            issue = f"{given.jira}/rest/api/2/issue/{key}"
            read = f"{issue}?fields=summary%2Cdescription%2Cproject%2Cissuetype%2Cstatus&expand=transitions"
            signed = await ask([("GET", read), ("POST", f"{issue}/comment")])
            found = await call("GET", read, signed[0])
            marker = [{"key": "bridge.intent", "value": {"id": intent["intent"]}}]
            await call("POST", f"{issue}/comment", signed[1], {"body": text, "properties": marker})
            outcome = {**intent, "issue": found["fields"]["summary"], "size": SIZE}
            await producer.send(OUTCOMES, json.dumps(outcome).encode(), key=intent["from"]["aadObjectId"].encode())

        await _each(await _consumer(given, INTENTS), carry_out)
    await listening


async def signer(given: Given) -> None:
    """Sign what was asked meanwhile with one call to Vault."""
    producer, consumer = await _producer(given), await _consumer(given, REQUESTS)
    url = f"{given.vault}/v1/transit/sign/{given.key}"
    async with aiohttp.ClientSession(headers={"X-Vault-Token": given.token}) as http:
        while True:
            fetched = await consumer.getmany(timeout_ms=1000)
            asked = [json.loads(record.value) for records in fetched.values() for record in records]
            while batch := asked[:32]:
                del asked[:32]
                await _sign(batch, url, http, producer)


async def _sign(batch: list[dict[str, Any]], url: str, http: aiohttp.ClientSession, producer: AIOKafkaProducer) -> None:
    unsigned = [[_unsigned(method, address) for method, address in one["calls"]] for one in batch]
    inputs = [{"input": base64.b64encode(base.encode()).decode()} for one in unsigned for base, _ in one]
    mode = {"hash_algorithm": "sha1", "signature_algorithm": "pkcs1v15"}
    async with http.post(url, json={"batch_input": inputs, **mode}) as answer:
        signatures = iter((await answer.json())["data"]["batch_results"])
    for one, calls in zip(batch, unsigned, strict=True):
        values = [_header(parameters, next(signatures)["signature"].rpartition(":")[2]) for _, parameters in calls]
        await producer.send(REPLIES, json.dumps({"id": one["id"], "values": values, "size": SIZE}).encode())


def _unsigned(method: str, url: str) -> tuple[str, dict[str, str]]:
    """Base string and parameters of OAuth 1.0a (RFC 5849)."""
    parameters = {
        "oauth_consumer_key": "bench",
        "oauth_token": "token-of-the-bench",
        "oauth_signature_method": "RSA-SHA1",
        "oauth_timestamp": str(int(time.time())),
        "oauth_nonce": secrets.token_hex(16),
        "oauth_version": "1.0",
    }
    parts = urlsplit(url)
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in [*parse_qsl(parts.query), *parameters.items()])
    base_url = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return "&".join((method, _quoted(base_url), _quoted("&".join("=".join(pair) for pair in pairs)))), parameters


def _header(parameters: dict[str, str], signature: str) -> str:
    signed = {**parameters, "oauth_signature": signature}
    return "OAuth " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in signed.items())


def _quoted(text: str) -> str:
    return quote(text, safe="~")


async def _producer(given: Given) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(bootstrap_servers=given.kafka, acks="all")
    await producer.start()
    return producer


async def _consumer(given: Given, topic: str) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=given.kafka,
        group_id=topic,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=given.wait_ms,
        session_timeout_ms=6_000,
    )
    await consumer.start()
    return consumer


async def _each(consumer: AIOKafkaConsumer, work: Any) -> None:
    """Do the work for each message, all at one time."""
    tasks: set[asyncio.Task[None]] = set()
    async for record in consumer:
        task = asyncio.create_task(work(json.loads(record.value)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def main() -> None:
    """Run one role until stopped; what it is told comes as JSON on the command line's end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    role, given = sys.argv[1], Given(**json.loads(sys.argv[2]))
    asyncio.run({"gateway": gateway, "actor": actor, "signer": signer}[role](given))


if __name__ == "__main__":
    main()
