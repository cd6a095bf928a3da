"""What the registry tells of what it holds, as metrics: how many, and how old the oldest is."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import get_args

import structlog
from prometheus_client import CollectorRegistry, Gauge

from chassis.errors import Unavailable
from contracts.registry import AuthMode, TenantState
from tenant_registry.mongo.census import AGES, OLDER, Census, Numbers

log = structlog.get_logger()
LOOK_EVERY = timedelta(minutes=5)


class Holdings:
    """The gauges; every replica tells the same of the one database."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tenants = Gauge("bridge_tenants", "Tenants, by state", ["state"], registry=registry)
        self._links = Gauge(
            "bridge_links",
            "Connected people, by way to act for them and how long ago they connected",
            ["auth_mode", "age"],
            registry=registry,
        )
        self._keys = Gauge(
            "bridge_oldest_tenant_keys_seconds",
            "Age of the tenant keys that were not renewed for longest",
            registry=registry,
        )
        self._rotation = Gauge(
            "bridge_oldest_rotation_seconds",
            "Age of the oldest rotation of keys that has not ended; 0: there is none",
            registry=registry,
        )
        self._erasure = Gauge(
            "bridge_oldest_erasure_seconds",
            "Age of the oldest erasure that has not ended; 0: there is none",
            registry=registry,
        )

    def tell(self, numbers: Numbers, now: datetime) -> None:
        """Set the gauges; a state or age that nobody has is 0."""
        for state in get_args(TenantState):
            self._tenants.labels(state).set(numbers.tenants.get(state, 0))
        for mode in get_args(AuthMode):
            for age in (*AGES, OLDER):
                self._links.labels(mode, age).set(numbers.links.get((mode, age), 0))
        for gauge, since in (
            (self._keys, numbers.oldest_keys),
            (self._rotation, numbers.oldest_rotation),
            (self._erasure, numbers.oldest_erasure),
        ):
            gauge.set((now - since).total_seconds() if since else 0)


async def keep_counting(census: Census, holdings: Holdings, now: Callable[[], datetime]) -> None:
    """Count from time to time, for ever; outages are waited for."""
    while True:
        try:
            holdings.tell(await census.take(now()), now())
        except Unavailable as error:
            log.warning("census_waits", error=str(error))
        await asyncio.sleep(LOOK_EVERY.total_seconds())
