"""Secrets that went through everything are found nowhere: not in Kafka, MongoDB, the logs or the metrics."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from motor.motor_asyncio import AsyncIOMotorClient
from tests.flows.town import Town

from bridge.demo.stack import Stack
from contracts.topics import SERVICES, TOPICS
from devstack.connector.settings import ConnectorSettings


@pytest.fixture
async def secrets(town: Town) -> AsyncIterator[dict[str, str]]:
    """What must not be found: collected from those whom it belongs to."""
    await town.connect("grace")
    await town.ask("grace", "comment OPS-1 ordinary words", "Comment added")
    unused_code = await town.registration_code()
    wrong = await town.jira.http.post(
        f"{town.at.registry}/v1/registrations",
        json={"code": "no-such-code", "baseUrl": town.at.jira, "privateKey": "-----BEGIN PRIVATE KEY-----\nCANARYKEY"},
    )
    assert wrong.is_client_error
    world = json.loads((town.stack.directory / "jira-state.json").read_text())
    yield {
        "bot secret": ConnectorSettings().app_secret,
        "vault token": town.at.engines.vault_token,
        "registration code": unused_code,
        "private key": "CANARYKEY",
        "webhook token": world["webhooks"][next(iter(world["webhooks"]))]["url"].rsplit("/", 1)[1],
        **{f"access token {number}": token for number, token in enumerate(world["access_tokens"])},
    }
    await town.disconnect("grace")


async def test_no_secret_is_found_anywhere(town: Town, secrets: dict[str, str]) -> None:
    assert len([name for name in secrets if name.startswith("access token")]) >= 2
    places = {
        "Kafka": await everything_in_kafka(town),
        "MongoDB": await everything_in_mongo(town),
        **{f"log of {name}": log_of(town.stack, name) for name in SERVICES},
        **{f"metrics of {name}": await metrics_of(town, name) for name in SERVICES},
    }

    assert "ordinary words" in places["Kafka"], "the search finds what is there"
    found = [
        f"{what} in {place}" for place, text in places.items() for what, secret in secrets.items() if secret in text
    ]
    assert found == []


async def everything_in_kafka(town: Town) -> str:
    consumer = AIOKafkaConsumer(
        *(topic.name for topic in TOPICS),
        bootstrap_servers=town.at.engines.kafka_bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=10,
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        text: list[str] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                text += [f"{record.key!r} {record.headers!r} {record.value!r}" for record in records]
    finally:
        await consumer.stop()
    return "\n".join(text)


async def everything_in_mongo(town: Town) -> str:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(town.at.engines.mongo_url)
    database = client["bridge"]
    text = [
        str(document) for name in await database.list_collection_names() async for document in database[name].find()
    ]
    client.close()
    assert len(text) > 5
    return "\n".join(text)


def log_of(stack: Stack, name: str) -> str:
    text = stack.log_of(name).read_text()
    assert f'"service": "{name}"' in text
    return text


async def metrics_of(town: Town, name: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{town.at.health_ports[name]}/metrics")
    assert "bridge_messages_handled_total" in answer.text
    return answer.text
