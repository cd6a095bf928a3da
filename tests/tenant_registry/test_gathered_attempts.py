"""Attempts of callers whom nobody knows, in the audit: few rows for many, and nothing of what was sent."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial
from uuid import uuid4

import httpx
import pytest
from tests.tenant_registry.fakes import ANNA, NOON, TEAMS_TENANT, Clock, FakeKeyVault, origin, registered
from tests.tenant_registry.test_tenants import web_of

from chassis.gathering import MOST, Gathering, Tally
from contracts.teams import ActivitiesRefused, MyDataDeletionAsked
from tenant_registry.audit_chain import Head
from tenant_registry.handlers.my_data import Means, my_data_deletion_asked
from tenant_registry.handlers.turned_away import activities_refused
from tenant_registry.mongo.audit import AuditQuery
from tenant_registry.mongo.database import connect
from tenant_registry.refusals import Attempted, Refusals, note_gathered
from tenant_registry.registry import Registry
from tenant_registry.rows import OPERATOR, UNKNOWN, AuditRow

GUESS = "canary-guess"


@pytest.fixture
def gathered(registry: Registry, clock: Clock) -> Gathering[Attempted]:
    return Gathering(partial(note_gathered, registry=registry), Attempted.nameless, clock)


@pytest.fixture
async def edge(
    registry: Registry, keys: FakeKeyVault, clock: Clock, gathered: Gathering[Attempted]
) -> AsyncIterator[httpx.AsyncClient]:
    async with web_of(registry, keys, clock, refused=Refusals(gathered.add).refused) as web:
        yield web


async def attempts(registry: Registry, organisation: str) -> list[AuditRow]:
    await registry.chain.extend()
    return await registry.audit.of(AuditQuery(organisation, what="attempt_refused"))


async def test_a_wrong_webhook_address_and_a_guessed_operator_token_are_noted_where_they_belong(
    registry: Registry, clock: Clock, edge: httpx.AsyncClient, gathered: Gathering[Attempted]
) -> None:
    tenant = await registered(registry)
    guess = {"Authorization": f"Bearer {GUESS}", "User-Agent": GUESS}
    for _ in range(3):
        await edge.post(f"/v1/hooks/{tenant.id}/{GUESS}", json={"canary": GUESS}, headers=guess)
        clock.passes(timedelta(seconds=10))
    await edge.post(f"/v1/hooks/{GUESS}/{GUESS}")
    await edge.get("/v1/tenants", headers=guess, params={"state": "active"})
    await gathered.tell()

    [ours] = await attempts(registry, tenant.teams_tenant)
    assert (ours.user, ours.tenant_id, ours.at) == (UNKNOWN, tenant.id, NOON + timedelta(seconds=20))
    assert ours.details == {
        "why": "hook_address",
        "count": "3",
        "since": "2126-03-02T12:00:00+00:00",
        "until": "2126-03-02T12:00:20+00:00",
    }
    theirs = await attempts(registry, OPERATOR)
    assert sorted((one.user, one.tenant_id, one.details["why"], one.details["count"]) for one in theirs) == [
        (UNKNOWN, None, "hook_address", "1"),
        (UNKNOWN, None, "operator_token", "1"),
    ]
    everything = repr(await registry.database["audit"].find().to_list(None))
    assert "canary" not in everything
    assert "192.0.2.9" not in everything
    assert isinstance(await registry.audit.verify(OPERATOR), Head)


async def test_a_flood_of_ten_thousand_by_all_ways_makes_few_rows(
    registry: Registry, clock: Clock, gathered: Gathering[Attempted]
) -> None:
    refused = Refusals(gathered.add).refused
    tenant = await registered(registry)
    for n in range(10_000):
        about = tenant.model_copy(update={"id": f"t{n}", "teams_tenant": f"org-{n}"}) if n % 2 else None
        refused(("registration_token", "hook_signature")[n // 2 % 2], about)
    await gathered.tell()

    rows = await registry.database["audit"].find({"what": "attempt_refused"}).to_list(None)
    assert len(rows) <= MOST + 2
    assert sum(int(row["details"]["count"]) for row in rows) == 10_000


async def test_the_same_written_again_makes_no_second_row(registry: Registry, clock: Clock) -> None:
    async def twice(tallies: Sequence[Tally[Attempted]]) -> None:
        await note_gathered(tallies, registry)
        await note_gathered(tallies, registry)

    gathered = Gathering(twice, Attempted.nameless, clock)
    gathered.add(Attempted("hook_address"))
    await gathered.tell()

    assert len(await attempts(registry, OPERATOR)) == 1


async def test_an_outage_of_mongodb_holds_up_no_answer_and_what_was_refused_meanwhile_is_kept(
    keys: FakeKeyVault, clock: Clock
) -> None:
    away = Registry(connect("mongodb://127.0.0.1:9/?replicaSet=none", timedelta(seconds=5)), "none")
    gathered = Gathering(partial(note_gathered, registry=away), Attempted.nameless, clock)
    keeping = asyncio.create_task(gathered.keep_telling(timedelta(seconds=0.05)))
    async with web_of(away, keys, clock, refused=Refusals(gathered.add).refused) as web:
        await asyncio.sleep(0.1)
        for _ in range(20):
            begun = time.monotonic()
            answer = await web.get("/v1/tenants", headers={"Authorization": "Bearer guess"})
            assert answer.status_code == 403
            assert time.monotonic() - begun < 2, "the answer waited for the database"
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

    assert 1 <= len(gathered) <= 2
    await away.close()


def told(**more: object) -> ActivitiesRefused:
    facts = {"refusal_id": uuid4().hex, "why": "card", "count": 7, "since": NOON, "until": NOON + timedelta(seconds=30)}
    return ActivitiesRefused.model_validate({**facts, **more})


async def test_what_bot_gateway_refused_is_noted_once_for_its_organisation_and_person(registry: Registry) -> None:
    event = told(teams_tenant=TEAMS_TENANT, user=ANNA)
    await activities_refused(event, registry)
    await activities_refused(event, registry)

    [row] = await attempts(registry, TEAMS_TENANT)
    assert (row.user, row.at, row.details["why"], row.details["count"]) == (ANNA, event.until, "card", "7")


async def test_what_bot_gateway_refused_to_somebody_unknown_stands_in_the_operators_audit(registry: Registry) -> None:
    await activities_refused(told(why="token"), registry)
    await activities_refused(told(teams_tenant=TEAMS_TENANT, why="no_account"), registry)

    [nobodys], [ours] = await attempts(registry, OPERATOR), await attempts(registry, TEAMS_TENANT)
    assert (nobodys.user, ours.user) == (UNKNOWN, UNKNOWN)


async def test_who_had_everything_deleted_is_not_named_by_what_was_refused_before_and_is_heard_of_later(
    registry: Registry, clock: Clock, keys: FakeKeyVault
) -> None:
    clock.passes(timedelta(seconds=10))
    deletion = MyDataDeletionAsked(origin=origin(asked_at=clock()))
    await my_data_deletion_asked(deletion, Means(registry, keys, clock))
    after = clock() + timedelta(minutes=1)

    await activities_refused(told(teams_tenant=TEAMS_TENANT, user=ANNA), registry)
    await activities_refused(told(teams_tenant=TEAMS_TENANT, user=ANNA, since=after, until=after), registry)

    assert [(row.user, row.details.get("why")) for row in await attempts(registry, TEAMS_TENANT)] == [
        ("", None),
        (ANNA, "card"),
    ]
    assert isinstance(await registry.audit.verify(TEAMS_TENANT), Head)
