"""Account links by the million, as large as real ones."""

import asyncio
import base64
import hashlib
import uuid
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

from contracts.registry import AccountLink

TENANT = uuid.UUID(int=7).hex
TEAMS_TENANT = str(uuid.UUID(int=8))
LINKED = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 1_000
UNDER_WAY = 12


def link_id(number: int) -> str:
    """The id of one of them."""
    return f"{TENANT}:{_user(number)}"


def _user(number: int) -> str:
    return str(uuid.UUID(bytes=hashlib.md5(str(number).encode(), usedforsecurity=False).digest()))


def _ciphertext(number: int) -> str:
    return "vault:v1:" + base64.b64encode(hashlib.sha512(str(number).encode()).digest()[:60]).decode()


def _pattern() -> bytes:
    link = AccountLink(
        link_id="@@link@@",
        tenant_id=TENANT,
        teams_tenant=TEAMS_TENANT,
        user="@@user@@",
        jira_user="@@name@@",
        access_token="@@text@@",  # noqa: S106 - a place for a ciphertext
        token_secret="@@text@@",  # noqa: S106
        linked_at=LINKED,
    )
    return link.model_dump_json().encode()


async def publish(bootstrap: str, count: int, partitions: int) -> int:
    """Write so many links to their topic, in batches made here; give the bytes of one."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks=1, max_request_size=2**21, max_batch_size=2**21)
    await producer.start()
    pattern, sent = _pattern(), set[asyncio.Future[object]]()
    size = 0
    for start in range(0, count, BATCH):
        batch = producer.create_batch()
        for number in range(start, min(start + BATCH, count)):
            user, text = _user(number).encode(), _ciphertext(number).encode()
            key = f"{TENANT}:".encode() + user
            value = pattern.replace(b"@@link@@", key).replace(b"@@user@@", user).replace(b"@@text@@", text)
            value = value.replace(b"@@name@@", b"user%d" % number)
            assert batch.append(key=key, value=value, timestamp=None) is not None
            size = len(value)
        batch.close()
        partition = start // BATCH % partitions
        sent.add(await producer.send_batch(batch, AccountLink.topic, partition=partition))
        if len(sent) >= UNDER_WAY:
            await asyncio.gather(*sent)
            sent.clear()
    await asyncio.gather(*sent)
    await producer.stop()
    return size
