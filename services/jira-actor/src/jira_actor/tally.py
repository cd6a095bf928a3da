"""How commands end, counted: the service level that people in Teams see."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter

from chassis.errors import Unavailable
from contracts.event import Event
from contracts.outcomes import Outcome, Refused
from contracts.registry import Tenant
from contracts.teams import Intent
from jira_actor.decide import No

OTHERS, NOBODY = "others", "none"


class Sites(Protocol):
    """The part of what handlers work with that this needs."""

    def tenant_meant(self, asked: Intent) -> Tenant: ...


class Tally:
    """Counts commands by tenant and by how they ended: `done`, `refused`, or `unavailable` (tried again).

    A tenant is named by its id, a random one that names nobody; the first `most` of them have a label of their own,
    so that there are never more.
    """

    def __init__(self, registry: CollectorRegistry, most: int) -> None:
        self._most = most
        self._named: set[str] = set()
        self._counter = Counter(
            "bridge_commands_total",
            "Attempts at commands, by tenant and by how they ended (done, refused, unavailable)",
            ["tenant", "result"],
            registry=registry,
        )

    def count(self, tenant_id: str | None, result: str) -> None:
        """Count one attempt."""
        self._counter.labels(self._label(tenant_id), result).inc()

    def of(
        self, handler: Callable[[Intent], Awaitable[list[Event]]], sites: Sites
    ) -> Callable[[Intent], Awaitable[list[Event]]]:
        """Count what comes of a handler of commands."""

        async def counted(asked: Intent) -> list[Event]:
            try:
                answers = await handler(asked)
            except Unavailable:
                self.count(_meant(asked, sites), "unavailable")
                raise
            outcomes = [answer for answer in answers if isinstance(answer, Outcome)]
            refused = any(isinstance(answer, Refused) for answer in outcomes)
            self.count(outcomes[-1].tenant_id if outcomes else None, "refused" if refused else "done")
            return answers

        return counted

    def _label(self, tenant_id: str | None) -> str:
        if tenant_id is None:
            return NOBODY
        if tenant_id not in self._named and len(self._named) < self._most:
            self._named.add(tenant_id)
        return tenant_id if tenant_id in self._named else OTHERS


def _meant(asked: Intent, sites: Sites) -> str | None:
    try:
        return sites.tenant_meant(asked).tenant_id
    except No:
        return None
