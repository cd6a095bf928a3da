"""Keeping what is known of each Jira fresh: active tenants are checked again from time to time."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from chassis.errors import Unavailable
from tenant_registry.decide import REFRESH
from tenant_registry.mongo.tenants import TenantChange
from tenant_registry.registry import Overtaken, Registry

log = structlog.get_logger()
LOOK_EVERY = timedelta(minutes=5)
AT_ONCE = 50


async def keep_fresh(registry: Registry, every: timedelta, now: Callable[[], datetime]) -> None:
    """Ask for the checks that are due, for ever; outages are waited for."""
    while True:
        try:
            await ask_what_is_due(registry, every, now())
        except Unavailable as error:
            log.warning("checks_wait", error=str(error))
        await asyncio.sleep(min(LOOK_EVERY, every).total_seconds())


async def ask_what_is_due(registry: Registry, every: timedelta, at: datetime) -> int:
    """Ask for the checks that are due, each once however many processes look; gives how many that were."""
    asked = 0
    for tenant in await registry.tenants.due(at - every, AT_ONCE):
        only = {"state": "active", "check_asked_at": tenant.check_asked_at}
        try:
            await registry.change(TenantChange(tenant.id, at, only=only, check_id=f"{REFRESH}{uuid4().hex}"))
        except Overtaken:
            continue
        asked += 1
    return asked
