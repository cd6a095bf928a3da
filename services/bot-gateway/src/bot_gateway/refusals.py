"""How often somebody was turned away, and at what."""

from typing import Literal

from prometheus_client import CollectorRegistry, Counter

Why = Literal["token", "channel", "service_url", "teams_tenant", "no_tenant", "no_account", "card"]
"""The token; its channel or service URL; the Teams tenant; no tenant or account is named; what a card brought."""


class Refusals:
    """Counts refusals, without a word about whose they were."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counter = Counter(
            "bridge_activities_refused_total",
            "Activities turned away or without effect because of who or what they claim to be, by reason",
            ["why"],
            registry=registry,
        )

    def count(self, why: Why) -> None:
        """Count one."""
        self._counter.labels(why).inc()
