"""What people may have told, deleted and taken away: at once, and from memory too."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer
from tests.flows.estate import OAUTH2, PAT, Estate

from bridge import cards
from contracts.registry import AccountLink
from contracts.teams import Intent


@pytest.fixture
async def barbara(estate: Estate) -> str:
    """Barbara is connected with OAuth 2.0, and her token was used."""
    await estate.connect_oauth2("barbara")
    await estate.ask("barbara", "on eu OPS-1", "OPS-1")
    return "barbara"


async def test_my_data_tells_what_is_stored_and_no_secret(estate: Estate, barbara: str) -> None:
    await estate.connect_pat(barbara)

    text = cards.text_of((await estate.ask(barbara, "my data", "What I store about you")).activity)

    assert "account links" in text
    assert "OAuth 2.0" in text
    assert "personal access token" in text
    assert "vault:v" not in text
    await estate.leave(barbara, OAUTH2)
    await estate.leave(barbara, PAT)


async def test_my_data_are_told_to_me_alone(estate: Estate, barbara: str) -> None:
    await estate.ask(barbara, "my data", "in our chat", conversation="alerts")

    await estate.chat.hear(barbara, "What I store about you")
    await estate.leave(barbara, OAUTH2)


async def test_what_was_stored_about_me_is_deleted_with_a_receipt(estate: Estate, barbara: str) -> None:
    await estate.ask(barbara, "delete my data", "Delete all that I store about you?")
    await estate.ask(barbara, "on eu OPS-2", "OPS-2")  # nothing happened yet

    receipt = await estate.ask(barbara, "delete my data yes", "is deleted", "receipt")
    await estate.ask(barbara, "on eu comment OPS-2 after the deletion", "Connect your account")

    [statement] = [word for word in cards.text_of(receipt.activity).split() if word.count(".") == 2 and "eyJ" in word]
    said = json.loads(base64.urlsafe_b64decode(statement.split(".")[1] + "=="))
    assert "Barbara" not in json.dumps(said)
    assert await estate.jira_called(OAUTH2).comments("after the deletion") == []
    told = cards.text_of((await estate.ask(barbara, "my data", "I store")).activity)
    assert "account links" not in told


async def test_what_was_deleted_here_is_taken_back_in_jira_and_nobody_is_named_for_it(
    estate: Estate, barbara: str
) -> None:
    eu, us = estate.jira_called(OAUTH2), estate.jira_called(PAT)
    await estate.connect_pat(barbara)
    await eu.control("DELETE", "/requests")

    await estate.ask(barbara, "delete my data yes", "is deleted", "I also take back in Jira what I can")

    await us.without_pats(barbara)
    await eu.until_asked("/rest/oauth2/latest/token")
    await asyncio.sleep(2)  # what came of it is noted, and the note has its place in the chain
    noted = await estate.audit(what="revoked_in_jira")
    ours = [one for one in noted if "personal_data_deleted" in one["id"]]
    assert {(one["user"], one["details"]["why"]) for one in ours} == {("", "revoked")}
    assert {one["tenantId"] for one in ours} == {jira.registration["tenantId"] for jira in (eu, us)}
    posts = await estate.teams.posts(barbara)
    assert "receipt" in cards.text_of(posts[-1].activity), "nothing more was said"


async def test_a_bearer_in_memory_is_worth_nothing_within_a_second_of_the_tombstone(
    estate: Estate, barbara: str
) -> None:
    async with news_of(estate, AccountLink.topic, Intent.topic) as news:
        await estate.chat.say(barbara, "on eu disconnect")
        gone = await anext(one async for one in news if one.topic == AccountLink.topic and one.value is None)
        await estate.chat.say(barbara, "on eu comment OPS-2 with a token from memory")
        asked = await anext(one async for one in news if one.value and b"with a token from memory" in one.value)

    await estate.chat.hear(barbara, "Connect your account")

    after = timedelta(milliseconds=asked.timestamp - gone.timestamp)
    assert timedelta() <= after < timedelta(seconds=1), "asked within that second, and not done"
    assert await estate.jira_called(OAUTH2).comments("with a token from memory") == []


@asynccontextmanager
async def news_of(estate: Estate, *topics: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Give what comes into topics from now on."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=estate.at.engines.kafka_bootstrap, fetch_max_wait_ms=10)
    await consumer.start()
    try:
        for partition in consumer.assignment():
            await consumer.position(partition)
        yield consumer
    finally:
        await consumer.stop()
