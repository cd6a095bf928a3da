"""A broker with Bridge's topics, as the chassis' tests have it, and the command on it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs
from tests.bridge.terminal import Bridge
from tests.chassis.cluster import Cluster
from tests.chassis.conftest import broker_settings, cluster

from bridge.kafka_admin import KafkaAdmin
from bridge.topics import compare

__all__ = ["broker_settings", "cluster"]


@pytest.fixture
async def bridge(cluster: Cluster) -> AsyncIterator[Bridge]:
    """The command, once the broker shows all topics."""
    async with KafkaAdmin(cluster.settings) as admin:
        while any(report.state == "missing" for report in await compare(admin)):  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(0.05)
    with capture_logs():  # replicas run in this process, and would write between the command's lines
        yield Bridge(cluster)
