"""Starting the floor's three processes on Bridge's own engines."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict

from bench.floor import Given
from bench.system import System
from devstack.engines.server import free_port, listening
from devstack.process import Process

ROLES = ("gateway", "actor", "signer")


@asynccontextmanager
async def floor(bridge: System, tenant_id: str) -> AsyncIterator[tuple[int, dict[str, int]]]:
    """Run the floor; give its gateway's port and the process ids."""
    given = Given(
        kafka=bridge.engines.kafka_bootstrap,
        wait_ms=bridge.fetch_wait_ms,
        port=free_port(),
        jira=bridge.outside.url,
        vault=bridge.engines.vault_url,
        token=bridge.engines.vault_token,
        key=f"{tenant_id}-sign",
    )
    processes = [
        Process(
            f"floor-{role}",
            [sys.executable, "-m", "bench.floor", role, json.dumps(asdict(given))],
            None,
            bridge.directory / f"floor-{role}.log",
        )
        for role in ROLES
    ]
    try:
        for process in processes:
            process.start()
        while not listening(given.port):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)
        yield given.port, {process.name: process.pid or 0 for process in processes}
    finally:
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in processes))
