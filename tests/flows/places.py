"""Everything that Bridge and its engines wrote: files to the byte, messages, documents, rows, metrics, outputs."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer
from bson import json_util
from motor.motor_asyncio import AsyncIOMotorClient
from tests.flows.canaries import KAFKA, LOG, METRICS, MONGO, SPANS, VIEWS, Place, without_zeros

from bridge.demo.environment import Addresses


async def everything(directory: Path, at: Addresses) -> list[Place]:
    """Give all places; what is kept compressed on disk is given in clear too."""
    return [
        *files(directory),
        *rows(directory),
        *[place async for place in messages(at.engines.kafka_bootstrap)],
        *[place async for place in documents(at.engines.mongo_url)],
        *[await metrics(name, port) for name, port in at.health_ports.items()],
    ]


def files(directory: Path) -> Iterator[Place]:
    """Give every file below the directory of the processes."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            name = path.relative_to(directory)
            yield Place(_kind(name), f"file {name}", without_zeros(path.read_bytes()))


def _kind(name: Path) -> str:
    if name.parts[0] == "mongo":
        return MONGO
    if name.parts[0] == VIEWS:
        return VIEWS
    if name.parts[0].startswith("kafka-") and "data" in name.parts:
        return KAFKA
    return SPANS if name.suffix == ".spans" else LOG


def rows(directory: Path) -> Iterator[Place]:
    """Give the rows of every view whole, where its file may break them in two; a service alone may open its own."""
    with TemporaryDirectory() as copied:
        for path in sorted(Path(shutil.copytree(directory / VIEWS, copied, dirs_exist_ok=True)).rglob("*.sqlite")):
            with closing(sqlite3.connect(path)) as view:
                told = [key.encode() + b" " + value for key, value in view.execute("select key, value from rows")]
            yield Place(VIEWS, f"rows of {path.name}", b"\n".join(told))


async def messages(bootstrap: str) -> AsyncIterator[Place]:
    """Give what every topic holds, uncompressed: dead letters, retries and private inboxes too."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        topics = {name for name in await consumer.topics() if not name.startswith("__")}
        consumer.subscribe(sorted(topics))
        while {one.topic for one in consumer.assignment()} != topics:
            await consumer.getmany(timeout_ms=100)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(list(consumer.assignment()))
        told: dict[str, bytearray] = {topic: bytearray() for topic in topics}
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    headers = b"\n".join(name.encode() + b" " + value for name, value in record.headers)
                    told[partition.topic] += b"\n".join([record.key or b"", headers, record.value or b"", b""])
    finally:
        await consumer.stop()
    for topic, data in told.items():
        yield Place(KAFKA, f"messages of {topic}", bytes(data))


async def documents(url: str) -> AsyncIterator[Place]:
    """Give the documents of every collection of every database."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url)
    try:
        for base in await client.list_database_names():
            for name in await client[base].list_collection_names():
                found = await client[base][name].find().to_list(None)
                yield Place(MONGO, f"documents of {base}.{name}", json_util.dumps(found).encode())
    finally:
        client.close()


async def metrics(name: str, port: int) -> Place:
    """Give what a service tells Prometheus."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{port}/metrics")
    return Place(METRICS, f"metrics of {name}", answer.content)
