"""Working in the background: step by step, for ever, with outages waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from chassis.errors import Unavailable

log = structlog.get_logger()
PAUSE = timedelta(seconds=1)


async def keep_working(step: Callable[[], Awaitable[bool]], name: str) -> None:
    """Take steps; after one that found nothing to do, or met an outage, pause."""
    while True:
        busy = False
        try:
            busy = await step()
        except Unavailable as error:
            log.warning("background_work_waits", work=name, error=str(error))
        if not busy:
            await asyncio.sleep(PAUSE.total_seconds())
