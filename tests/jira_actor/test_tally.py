"""How commands end is counted; by tenant only as far as the operator wants, and never without bound."""

from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry
from tests.jira_actor.fakes import ORIGIN, tenant

from chassis.errors import Unavailable
from contracts.event import Event
from contracts.outcomes import Delayed, Refused
from contracts.registry import Tenant
from contracts.teams import Intent, ShowAsked
from jira_actor.decide import No
from jira_actor.tally import Tally

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SHOW = ShowAsked(origin=ORIGIN, issue="OPS-1")


class OneSite:
    """An organisation with one Jira, or none."""

    def __init__(self, found: Tenant | None) -> None:
        self._found = found

    def tenant_meant(self, asked: Intent) -> Tenant:
        if self._found is None:
            raise No("not_registered", "No Jira is registered.")
        return self._found


def counted(metrics: CollectorRegistry, tenant_id: str, result: str) -> float | None:
    return metrics.get_sample_value("bridge_commands_total", {"tenant": tenant_id, "result": result})


async def test_an_answer_a_refusal_and_an_outage_are_counted_apart() -> None:
    metrics, there = CollectorRegistry(), tenant("https://jira.example")
    tally, sites = Tally(metrics, most=1), OneSite(there)

    async def done(asked: Intent) -> list[Event]:
        return [Delayed(origin=ORIGIN, why="It takes long.", until=NOW, tenant_id=there.tenant_id)]

    async def refused(asked: Intent) -> list[Event]:
        return [Refused(origin=ORIGIN, code="no", why="No.", tenant_id=there.tenant_id)]

    async def out(asked: Intent) -> list[Event]:
        raise Unavailable("Jira does not answer")

    await tally.of(done, sites)(SHOW)
    await tally.of(refused, sites)(SHOW)
    with pytest.raises(Unavailable):
        await tally.of(out, sites)(SHOW)

    assert [counted(metrics, there.tenant_id, result) for result in ("done", "refused", "unavailable")] == [1, 1, 1]


async def test_what_is_about_no_jira_is_counted_as_nobodys() -> None:
    metrics = CollectorRegistry()

    async def refused(asked: Intent) -> list[Event]:
        return [Refused(origin=ORIGIN, code="not_registered", why="No.")]

    async def out(asked: Intent) -> list[Event]:
        raise Unavailable("key-vault does not answer")

    tally = Tally(metrics, most=1)
    await tally.of(refused, OneSite(None))(SHOW)
    with pytest.raises(Unavailable):
        await tally.of(out, OneSite(None))(SHOW)

    assert counted(metrics, "none", "refused") == counted(metrics, "none", "unavailable") == 1


def test_there_are_never_more_tenants_than_the_operator_wants() -> None:
    metrics = CollectorRegistry()
    tally = Tally(metrics, most=2)

    for number in range(5):
        tally.count(f"t{number}", "done")
        tally.count("t0", "done")

    assert counted(metrics, "t0", "done") == 6
    assert counted(metrics, "t1", "done") == 1
    assert counted(metrics, "others", "done") == 3


def test_without_the_operators_wish_no_tenant_is_named() -> None:
    metrics = CollectorRegistry()

    Tally(metrics, most=0).count("t0", "done")

    assert counted(metrics, "others", "done") == 1
    assert counted(metrics, "t0", "done") is None
