"""A tenant whose people are all connected, made by events alone: what registering and connecting leave behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from bench.system import System
from chassis.inbox import Inbox
from chassis.kafka import Kafka
from chassis.keys import Keys
from chassis.metrics import Metrics
from chassis.views import View
from contracts.keys import SealingKey
from contracts.registry import AccountLink, Tenant

CONSUMER, TOKEN = "bench", "token-of-the-bench"
AT_ONCE = 40


@asynccontextmanager
async def asking(bridge: System) -> AsyncIterator[tuple[Kafka, Keys]]:
    """A process of the bench that may ask key-vault, which runs."""
    settings = bridge.settings()
    kafka = Kafka("bench", settings, Metrics())
    await kafka.start()
    sealing, inbox = View(SealingKey), Inbox(kafka, timedelta(seconds=20))
    await sealing.start(kafka)
    await inbox.start()
    reading = [asyncio.create_task(sealing.run()), asyncio.create_task(inbox.run())]
    try:
        while sealing.get("sealing") is None:  # noqa: ASYNC110 - key-vault announces it within a second
            await asyncio.sleep(0.05)
        yield kafka, Keys(inbox, sealing)
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        await sealing.stop()
        await inbox.stop()
        await kafka.stop()


async def connect_all(bridge: System, kafka: Kafka, keys: Keys) -> tuple[str, str]:
    """Register the Jira and connect everybody; give the tenant's id and its public key."""
    tenant_id = uuid4().hex
    made = await keys.make(tenant_id)
    [consumer_key] = await keys.protect(tenant_id, [(tenant_id, "consumer_key", CONSUMER)])
    await kafka.publish(_tenant(bridge, tenant_id, consumer_key))
    users = [person.aad_object_id for person in bridge.outside.people.persons]
    for start in range(0, len(users), AT_ONCE):
        links = [f"{tenant_id}:{user}" for user in users[start : start + AT_ONCE]]
        secrets = [(link, field, TOKEN) for link in links for field in ("access_token", "token_secret")]
        texts = iter(await keys.protect(tenant_id, secrets))
        await asyncio.gather(*(kafka.publish(_link(bridge, link, next(texts), next(texts))) for link in links))
    return tenant_id, made.public_key


def _tenant(bridge: System, tenant_id: str, consumer_key: str) -> Tenant:
    return Tenant(
        tenant_id=tenant_id,
        teams_tenant=bridge.bot.tenant,
        base_url=bridge.outside.url,
        signing_base_url=bridge.outside.url,
        site=bridge.outside.url.partition("//")[2],
        consumer_key=consumer_key,
        state="active",
        updated_at=datetime.now(UTC),
    )


def _link(bridge: System, link_id: str, access_token: str, token_secret: str) -> AccountLink:
    tenant_id, _, user = link_id.partition(":")
    return AccountLink(
        link_id=link_id,
        tenant_id=tenant_id,
        teams_tenant=bridge.bot.tenant,
        user=user,
        jira_user="ada",
        access_token=access_token,
        token_secret=token_secret,
        linked_at=datetime.now(UTC),
    )
