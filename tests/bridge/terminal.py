"""The command `bridge` on a test's broker."""

import asyncio
import json
from typing import Any

from tests.chassis.cluster import Cluster
from typer.testing import CliRunner, Result

from bridge.main import app


class Bridge:
    """The command, as somebody at a terminal has it."""

    def __init__(self, cluster: Cluster) -> None:
        settings = cluster.settings
        self._env = {
            "BRIDGE_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "BRIDGE_KAFKA_IDEMPOTENCE": str(settings.kafka_idempotence).lower(),
            "BRIDGE_KAFKA_FETCH_MAX_WAIT": f"PT{settings.kafka_fetch_max_wait.total_seconds()}S",
            "COLUMNS": "200",
        }

    async def __call__(self, *arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner(env=self._env).invoke, app, arguments)

    async def json(self, *arguments: str) -> Any:
        result = await self(*arguments, "-o", "json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)
