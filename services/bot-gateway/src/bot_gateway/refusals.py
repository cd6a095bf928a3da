"""How often somebody was turned away, and at what: counted, and gathered for the audit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from prometheus_client import CollectorRegistry, Counter

from bot_gateway.activity import Activity
from chassis.gathering import Tally
from contracts.event import Event
from contracts.teams import ActivitiesRefused

Why = Literal["token", "channel", "service_url", "teams_tenant", "no_tenant", "no_account", "card"]
"""The token; its channel or service URL; the Teams tenant; no tenant or account is named; what a card brought."""

LONGEST_ID = 100


class Publisher(Protocol):
    """Where events go."""

    async def publish(self, event: Event, *, event_id: str | None = None) -> object:
        """Publish an event, confirmed; raises Unavailable."""
        ...


@dataclass(frozen=True)
class Refusal:
    """What was refused, and to whom: nobody is named whose activity was not found genuine."""

    why: Why
    teams_tenant: str | None = None
    user: str | None = None

    def nameless(self) -> "Refusal":
        """Give what is common to many."""
        return Refusal(self.why)


class Refusals:
    """Counts refusals, and has them gathered."""

    def __init__(self, registry: CollectorRegistry, gather: Callable[[Refusal], None]) -> None:
        self._gather = gather
        self._counter = Counter(
            "bridge_activities_refused_total",
            "Activities turned away or without effect because of who or what they claim to be, by reason",
            ["why"],
            registry=registry,
        )

    def count(self, why: Why, genuine: Activity | None = None) -> None:
        """Count one; of an activity that was found genuine, with whom it came from."""
        self._counter.labels(why).inc()
        organisation = _id(genuine.teams_tenant) if genuine else None
        user = _id(genuine.sender.aad_object_id) if genuine and genuine.sender and organisation else None
        self._gather(Refusal(why, organisation, user))


def _id(said: str | None) -> str | None:
    """Give what may be an id of Entra; they have 36 characters."""
    return said if said and len(said) <= LONGEST_ID else None


async def publish_gathered(tallies: Sequence[Tally[Refusal]], events: Publisher) -> None:
    """Publish each; what is published again after an outage is the same event. Raises Unavailable."""
    for tally in tallies:
        refusal = tally.what
        told = ActivitiesRefused(
            refusal_id=tally.id,
            why=refusal.why,
            count=tally.count,
            since=tally.since,
            until=tally.until,
            teams_tenant=refusal.teams_tenant,
            user=refusal.user,
        )
        await events.publish(told, event_id=tally.id)
