"""The audit in the database: acts on behalf, order, what can be asked of it, and what tampering leaves to be found."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import WriteError
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    BEN,
    NOON,
    TEAMS_TENANT,
    Clock,
    FakeKafka,
    noting,
    origin,
    registered,
)
from tests.tenant_registry.test_relay import relaying

from contracts.outcomes import (
    CommentAdded,
    Issue,
    IssueAssigned,
    IssueCreated,
    IssuesFound,
    IssueShown,
    IssueTransitioned,
    Person,
)
from tenant_registry.audit_chain import Broken, Head
from tenant_registry.handlers.acts import Act, act_done
from tenant_registry.mongo.audit import AuditQuery
from tenant_registry.mongo.audit_batches import AuditBatches
from tenant_registry.mongo.chain import AuditChain
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow

ISSUE = Issue(
    key="OPS-7",
    url=f"{BASE_URL}/jira/browse/OPS-7",
    summary="canary",
    project="OPS",
    description="canary",
    reporter="x",
)
PERSON = Person(name="canary", display_name="canary")


def acts(**more: Any) -> list[Act]:
    facts: dict[str, Any] = {"origin": origin(), "issue": ISSUE, "tenant_id": "the-tenant", **more}
    return [
        IssueCreated(**facts),
        CommentAdded(comment_id="1", comment_url="canary", text="canary", **facts),
        IssueAssigned(assignee=PERSON, **facts),
        IssueTransitioned(was="canary", now="canary", **facts),
        IssueShown(**facts),
    ]


async def noted(registry: Registry, count: int, organisation: str = TEAMS_TENANT, **more: Any) -> list[AuditRow]:
    """Note deeds, a second apart, without a place yet."""
    made = [
        AuditRow.of("linked", origin(teams_tenant=organisation, **more), NOON + timedelta(seconds=n), n=str(n))
        for n in range(count)
    ]
    for row in made:
        await registry.audit.note_once(row)
    return made


async def test_acts_are_noted_once_with_what_and_where_and_never_a_text(registry: Registry, clock: Clock) -> None:
    means, done = noting(AuditBatches(registry), registry, clock), acts()

    await asyncio.gather(*(act_done(act, means) for act in [*done, *done]))
    await act_done(done[0], means)

    found = await registry.database["audit"].find().to_list(None)
    assert sorted(row["what"] for row in found) == [
        "comment_added",
        "issue_assigned",
        "issue_created",
        "issue_shown",
        "issue_transitioned",
    ]
    for row in found:
        assert row["details"] == {"issue": "OPS-7", "site": "jira.linden.example/jira"}
        assert (row["tenant_id"], row["teams_tenant"], row["user"]) == ("the-tenant", TEAMS_TENANT, ANNA)
    assert "canary" not in repr(found)


async def test_of_a_search_is_noted_how_much_it_gave_and_not_what_was_looked_for(
    registry: Registry, clock: Clock
) -> None:
    found = IssuesFound(
        origin=origin(),
        tenant_id="the-tenant",
        query="canary",
        issues=(ISSUE,),
        total=12,
        url=f"{BASE_URL}/jira/issues/?jql=text%20~%20canary",
    )

    await act_done(found, noting(AuditBatches(registry), registry, clock))

    [row] = await registry.database["audit"].find().to_list(None)
    assert (row["what"], row["tenant_id"], row["user"]) == ("issues_searched", "the-tenant", ANNA)
    assert row["details"] == {"found": "12", "site": "jira.linden.example/jira"}


async def test_many_acts_at_one_time_take_few_inserts(registry: Registry, clock: Clock) -> None:
    inserts: list[int] = []

    class Counting:
        async def note_acts(self, acts: Any) -> None:
            inserts.append(len(acts))
            await registry.note_acts(acts)

    means = noting(AuditBatches(Counting()), registry, clock)

    await asyncio.gather(*(act_done(acts(origin=origin())[0], means) for _ in range(200)))

    assert sum(inserts) == 200
    assert len(inserts) <= 3
    assert await registry.database["audit"].count_documents({}) == 200


async def test_a_row_that_cannot_be_noted_is_not_passed_over(registry: Registry) -> None:
    fits = AuditRow.of("linked", origin(), NOON)
    misfit = fits.model_copy(update={"id": "other", "personal": "no digest"})

    with pytest.raises(WriteError):
        await registry.audit.note_all_once([fits, misfit])


def several(count: int, organisation: str = TEAMS_TENANT) -> list[AuditRow]:
    """Deeds of one moment."""
    return [AuditRow.of("linked", origin(teams_tenant=organisation), NOON) for _ in range(count)]


async def test_many_acts_have_their_places_when_they_are_noted_and_few_wait(registry: Registry) -> None:
    ours, theirs = several(30), several(2, "another-organisation")

    await registry.note_acts([(row, NOON) for row in ours])
    await registry.note_acts([(row, NOON) for row in theirs])

    found = await registry.audit.of(AuditQuery(TEAMS_TENANT))
    assert [(row.id, row.seq) for row in found] == [(row.id, seq) for seq, row in enumerate(ours, 1)]
    assert await registry.audit.verify(TEAMS_TENANT) == Head(30, found[-1].hash or "")
    assert (await registry.audit.head(TEAMS_TENANT)).seq == 30
    assert await registry.audit.of(AuditQuery("another-organisation")) == []
    assert await registry.chain.extend() == 2


async def test_repeats_among_many_leave_no_place_empty(registry: Registry) -> None:
    first, more = several(5), several(10)
    await registry.note_acts([(row, NOON) for row in first])

    await registry.note_acts([(row, NOON) for row in [*more[:4], *first[1:4], *more[4:]]])
    await registry.note_acts([(row, NOON) for row in more])
    await registry.chain.extend()

    end = await registry.audit.verify(TEAMS_TENANT)
    assert isinstance(end, Head)
    assert end.seq == 15
    assert await registry.database["audit"].count_documents({}) == 15


async def test_a_row_among_many_that_does_not_fit_is_not_passed_over(registry: Registry) -> None:
    rows = several(8)
    rows[3] = rows[3].model_copy(update={"personal": "no digest"})

    with pytest.raises(WriteError):
        await registry.note_acts([(row, NOON) for row in rows])

    await registry.chain.extend()
    end = await registry.audit.verify(TEAMS_TENANT)
    assert isinstance(end, Head)
    assert end.seq == 7


async def test_rows_get_their_places_by_organisation_and_time(registry: Registry) -> None:
    ours = await noted(registry, 3)
    theirs = await noted(registry, 2, "another-organisation")

    assert await registry.chain.extend() == 5
    assert await registry.chain.extend() == 0

    for organisation, rows in ((TEAMS_TENANT, ours), ("another-organisation", theirs)):
        found = await registry.audit.of(AuditQuery(organisation))
        assert [row.seq for row in found] == list(range(1, len(rows) + 1))
        assert [row.id for row in found] == [row.id for row in rows]
        assert await registry.audit.verify(organisation) == Head(len(rows), found[-1].hash or "")


async def test_two_who_chain_at_one_time_make_one_chain(registry: Registry) -> None:
    chains = [AuditChain(registry.database) for _ in range(3)]
    await noted(registry, 40)

    for _ in range(3):
        many = [registry.note_acts([(row, NOON) for row in several(20)]) for _ in range(3)]
        await asyncio.gather(*(chain.extend() for chain in chains), noted(registry, 5), *many)
    while await registry.chain.extend():
        pass

    end = await registry.audit.verify(TEAMS_TENANT)
    assert isinstance(end, Head)
    assert end.seq == 55 + 180


async def test_a_chain_goes_on_after_a_crash_before_its_end_was_noted(registry: Registry) -> None:
    await noted(registry, 3)
    await registry.chain.extend()
    await registry.database["audit_heads"].delete_many({})
    await noted(registry, 2)

    await registry.chain.extend()

    assert await registry.audit.verify(TEAMS_TENANT) == await registry.audit.head(TEAMS_TENANT)
    assert (await registry.audit.head(TEAMS_TENANT)).seq == 5


def at(seq: Any) -> dict[str, Any]:
    """Ask for a place; by the organisation too, for SecantusDB takes the index without it for empty."""
    return {"teams_tenant": TEAMS_TENANT, "seq": seq}


async def broken_at(registry: Registry) -> int | None:
    found = await registry.audit.verify(TEAMS_TENANT)
    return found.seq if isinstance(found, Broken) else None


async def test_rows_that_were_changed_removed_or_cut_off_are_found(registry: Registry) -> None:
    await noted(registry, 6)
    await registry.chain.extend()
    rows = registry.database["audit"]
    assert await broken_at(registry) is None

    await rows.update_one(at(4), {"$set": {"what": "unlinked"}})
    assert await broken_at(registry) == 4
    await rows.update_one(at(2), {"$set": {"user": BEN}})
    assert await broken_at(registry) == 2
    await rows.delete_one(at(1))
    assert await broken_at(registry) == 1


async def test_an_end_that_was_cut_off_is_found_even_when_the_chain_has_grown_again(registry: Registry) -> None:
    await noted(registry, 4)
    await registry.chain.extend()
    await registry.database["audit"].delete_many(at({"$gte": 3}))
    assert await broken_at(registry) == 3

    await noted(registry, 4)
    await registry.chain.extend()

    assert await broken_at(registry) == 3


async def test_what_can_be_asked_of_it(registry: Registry) -> None:
    tenant = await registered(registry)
    await noted(registry, 4)
    await noted(registry, 3, user=BEN)
    await noted(registry, 2, "another-organisation")
    await registry.audit.note_once(AuditRow.of("subscribed", origin(BEN), NOON, tenant_id=tenant.id))
    await registry.chain.extend()

    async def count(**asked: Any) -> int:
        return len(await registry.audit.of(AuditQuery(TEAMS_TENANT, **asked)))

    assert await count() == 9
    assert await count(tenant_id=tenant.id) == 2
    assert await count(user=BEN) == 4
    assert await count(what="linked", user=BEN) == 3
    assert await count(since=NOON + timedelta(seconds=1)) == 5
    assert await count(since=NOON + timedelta(seconds=1), until=NOON + timedelta(seconds=2)) == 2
    assert await count(limit=4) == 4
    pages = [page async for page in registry.audit.pages(AuditQuery(TEAMS_TENANT, limit=4))]
    assert [len(page) for page in pages] == [4, 4, 1]
    assert [row.seq for page in pages for row in page] == list(range(1, 10))


async def test_whoever_relays_puts_rows_in_order_within_a_second(registry: Registry, clock: Clock) -> None:
    async with relaying(registry, FakeKafka(), clock) as relay:
        async with asyncio.timeout(10):
            while not relay.works:  # noqa: ASYNC110 - what is waited for lies in a database
                await asyncio.sleep(0.01)
        await noted(registry, 3)
        async with asyncio.timeout(3):
            while (await registry.audit.head(TEAMS_TENANT)).seq < 3:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.05)

    assert isinstance(await registry.audit.verify(TEAMS_TENANT), Head)
