"""Every kind of secret goes through every flow, failures included, and then stands nowhere: not in one byte."""

import asyncio
import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from motor.motor_asyncio import AsyncIOMotorClient
from tests.flows.canaries import (
    KAFKA,
    LOG,
    MAY_STAND_IN,
    METRICS,
    MONGO,
    OUTPUT,
    SPANS,
    TO_PASTE,
    VIEWS,
    Canaries,
    Place,
)
from tests.flows.canary_story import Canary
from tests.flows.estate import OAUTH1, organisation
from tests.flows.places import everything
from tests.flows.watched import Watched, WatchedStack

from contracts.topics import SERVICES

PLANTED = "planted-secret-9f1c/+?"
WRONG_TOKEN = "wrong-token-canary-7be2"
OF_A_TENANT = ("show", "tokens", "check", "export", "suspend", "resume")
VIEWS_WITH_ROWS = {
    "bot-gateway.keys.sealing.v1",
    "jira-actor.registry.tenants.v1",
    "key-vault.registry.tenants.v1",
    "tenant-registry.keys.sealing.v1",
}
KINDS = {
    "OAuth signature",
    "OAuth verifier",
    "PKCE verifier",
    "Vault token",
    "access token",
    "authorization code",
    "bearer token",
    "bot secret",
    "clientSecret",
    "code that nobody brought",
    "form token",
    "operator token",
    "personal access token",
    "private key",
    "refresh token",
    "registration code",
    "registration token",
    "request token",
    "state",
    "verify code",
    "webhook address",
    "webhook secret",
    "webhook signature",
    "words of a comment",
    "wrong token",
}


@dataclass(frozen=True)
class Searched:
    """What is left of a run."""

    places: list[Place]
    canaries: Canaries
    dead_letters: list[str]


@pytest.fixture(scope="module")
def searched(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    """Everything that was written while everything happened."""
    stack = WatchedStack(tmp_path_factory.mktemp("canary"), lambda *_: None)
    try:
        yield asyncio.run(search(stack))
    finally:
        asyncio.run(stack.stop())


async def search(stack: WatchedStack) -> Searched:
    """Let it happen, and collect."""
    at = await stack.start()
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        town = Watched(stack, at, http, canaries=stack.canaries)
        story = Canary(stack, town)
        await story.play()
        assert stack.ended() == []
        letters, outputs = await said_by_bridge(town)
        outputs += await said_of_a_tenant(town, stack.directory.parent)
        await plant(stack.directory, at.engines.kafka_bootstrap, at.engines.mongo_url)
        return Searched([*story.outputs, *outputs, *await everything(stack.directory, at)], stack.canaries, letters)


async def said_by_bridge(town: Watched) -> tuple[list[str], list[Place]]:
    """Have the command say all that it can say."""
    listed = await town.output("dlq", "list")
    letters = json.loads(listed.data)
    outputs = [
        listed,
        await town.output("tenant", "list"),
        await town.output("audit", "--organisation", organisation()),
        await town.output("dlq", "replay"),
        await town.output("doctor"),
    ]
    for letter in letters:
        outputs.append(await town.output("dlq", "show", letter["id"]))
        outputs.append(await town.output("trace", letter["id"]))
        held = await town.output("dlq", "show", letter["id"], "--value")
        outputs.append(replace(held, kind=KAFKA))  # it prints what people wrote, as Kafka holds it
    return [letter["event_type"] for letter in letters], outputs


async def said_of_a_tenant(town: Watched, away: Path) -> list[Place]:
    """Have the command say all of a tenant, and refuse what it cannot do; `away` is not searched."""
    town.canaries.remember("wrong token", WRONG_TOKEN)
    (wrong := away / "wrong-token").write_text(WRONG_TOKEN)
    tenant = town.registrations[OAUTH1]["tenantId"]
    return [
        *[await town.output("tenant", command, tenant) for command in OF_A_TENANT],
        await town.output("tenant", "export", tenant, "--token-file", str(wrong), code=1),
        await town.output("tenant", "tokens", "0" * 32, code=1),
    ]


async def plant(directory: Path, kafka: str, mongo: str) -> None:
    """Leave a secret in every place that is searched, and in another form each time."""
    (directory / "planted.log").write_text(f'{{"event": "{base64.b64encode(b"x" + PLANTED.encode()).decode()}"}}')
    with closing(sqlite3.connect(directory / VIEWS / "planted.sqlite")) as view:
        view.execute("create table rows (key text, value blob)")
        view.execute("insert into rows values ('planted', ?)", (PLANTED.encode(),))
        view.commit()
    (directory / "planted.spans").write_text(PLANTED.encode().hex())
    admin, producer = AIOKafkaAdminClient(bootstrap_servers=kafka), AIOKafkaProducer(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic("planted", 1, 1)])
    await admin.close()
    await producer.start()
    await producer.send_and_wait("planted", b"{}", headers=[("planted", PLANTED.encode())])
    await producer.stop()
    client: AsyncIOMotorClient[dict[str, str]] = AsyncIOMotorClient(mongo)
    await client["planted"]["planted"].insert_one({"planted": PLANTED})
    client.close()


def test_the_search_finds_what_is_there(searched: Searched) -> None:
    planted = Canaries()
    planted.remember("planted", PLANTED)

    found = planted.found_in(searched.places)

    assert "planted in file planted.log" in found
    assert "planted in file planted.spans" in found
    assert "planted in file views/planted.sqlite" in found
    assert "planted in rows of planted.sqlite" in found
    assert "planted in messages of planted" in found
    assert "planted in file kafka-1/data/planted-0/00000000000000000000.log" in found
    assert "planted in documents of planted.planted" in found
    assert any(one.startswith("planted in file mongo/") for one in found)


def test_the_search_finds_what_may_be_there(searched: Searched) -> None:
    allowed = {(kind, place) for kind, places in MAY_STAND_IN.items() for place in places}

    assert searched.canaries.allowed_in(searched.places) == allowed


def test_every_kind_of_secret_went_through(searched: Searched) -> None:
    assert set(searched.canaries.kinds.values()) >= KINDS
    assert {"bridge.token-brought.v1", "bridge.comment-asked.v1"} <= set(searched.dead_letters)


def test_every_place_was_searched(searched: Searched) -> None:
    names = {place.name for place in searched.places if place.data}
    assert {place.kind for place in searched.places} == {KAFKA, LOG, METRICS, MONGO, OUTPUT, SPANS, TO_PASTE, VIEWS}
    assert {f"bridge tenant {command}" for command in OF_A_TENANT} <= names
    assert {"bridge dlq replay", "bridge doctor", "export by HTTP", "receipt of an erasure"} <= names
    assert {f"bridge tenant {command} that ends with 1" for command in ("export", "tokens")} <= names
    assert {"bridge keys rotate", "bridge tenant register", "bridge tenant edit"} <= names
    assert {f"file {name}.{end}" for name in SERVICES for end in ("log", "spans")} <= names
    assert {f"metrics of {name}" for name in SERVICES} <= names
    assert any(name.startswith("file kafka-1/data/registry.links.v1-") for name in names)
    assert {f"rows of {view}.sqlite" for view in VIEWS_WITH_ROWS} <= names
    for name in ("jira-actor", "key-vault"):  # of everybody who left
        assert f"file views/{name}/{name}.registry.links.v1.sqlite" in names
    spans = b"".join(place.data for place in searched.places if place.kind == SPANS)
    assert b"handle bridge.comment-asked.v1" in spans
    assert b"exception" in spans


def test_no_secret_stands_anywhere(searched: Searched) -> None:
    found = searched.canaries.found_in(searched.places)

    assert not found, "\n".join(found)
