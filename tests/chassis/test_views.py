"""A view is the last value per key, ready when complete, and rebuilt when its file does not fit."""

import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from structlog.testing import capture_logs
from tests.chassis.cluster import Cluster, until

from chassis.envelope import Outgoing
from chassis.view_file import ViewFile
from chassis.views import AT_ONCE, View
from contracts.registry import Tenant


def tenant(tenant_id: str, teams_tenant: str = "teams", state: Literal["pending", "active"] = "active") -> Tenant:
    return Tenant(
        tenant_id=tenant_id,
        teams_tenant=teams_tenant,
        base_url="https://jira.example.com",
        site="jira.example.com",
        consumer_key="vault:v1:x",
        state=state,
        updated_at=datetime.now(UTC),
    )


async def running(view: View[Tenant], cluster: Cluster) -> asyncio.Task[None]:
    await view.start(await cluster.kafka())
    task = asyncio.create_task(view.run())
    async with asyncio.timeout(20):
        await view.ready.wait()
    return task


async def closed(view: View[Tenant], task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await view.stop()


async def test_a_view_holds_the_last_value_and_forgets_what_was_deleted(cluster: Cluster) -> None:
    kafka = await cluster.kafka()
    for number in range(20):
        await kafka.publish(tenant(f"tenant {number}", teams_tenant=f"teams {number % 2}", state="pending"))
    await kafka.publish(tenant("tenant 3", teams_tenant="teams 1", state="active"))
    await kafka.tombstone(Tenant, "tenant 4")
    view = View(Tenant, found_by=lambda event: event.teams_tenant)
    changed: list[str] = []
    view.changed.append(changed.append)
    task = await running(view, cluster)

    assert len(view) == 19
    assert view.get("tenant 4") is None
    found = view.get("tenant 3")
    assert found is not None
    assert found.state == "active"
    assert len(view.find("teams 1")) == 10
    assert "tenant 4" in changed
    await kafka.publish(tenant("tenant 99"))
    await until(lambda: view.get("tenant 99") is not None)
    await closed(view, task)


async def test_a_view_goes_on_from_its_file(cluster: Cluster, tmp_path: Path) -> None:
    kafka = await cluster.kafka()
    await kafka.publish(tenant("one"))
    view = View(Tenant, file=tmp_path / "view.sqlite")
    await closed(view, await running(view, cluster))
    await kafka.publish(tenant("two"))
    again = View(Tenant, file=tmp_path / "view.sqlite")
    changed: list[str] = []
    again.changed.append(changed.append)
    task = await running(again, cluster)

    assert len(again) == 2
    assert changed == ["two"]
    await closed(again, task)


async def test_a_view_whose_file_is_of_another_topic_is_rebuilt(cluster: Cluster, tmp_path: Path) -> None:
    kafka = await cluster.kafka()
    await kafka.publish(tenant("one"))
    other = ViewFile(tmp_path / "view.sqlite")
    other.write(0, 1_000_000, {"ghost": b"{}"}, {})
    other.mark_complete()
    other.close()
    view = View(Tenant, file=tmp_path / "view.sqlite")
    task = await running(view, cluster)

    assert view.get("ghost") is None
    assert view.get("one") is not None
    assert len(view) == 1
    await closed(view, task)


async def test_a_view_that_was_stopped_before_it_was_ready_begins_anew(cluster: Cluster, tmp_path: Path) -> None:
    kafka = await cluster.kafka()
    await kafka.publish(tenant("one"))
    begun = ViewFile(tmp_path / "view.sqlite")
    begun.write(0, 0, {"half": b"{}"}, {})
    begun.close()
    view = View(Tenant, file=tmp_path / "view.sqlite")
    task = await running(view, cluster)

    assert view.get("half") is None
    assert view.get("one") is not None
    await closed(view, task)


@pytest.mark.parametrize("found_by", [None, lambda event: event.teams_tenant], ids=["by key", "by name too"])
async def test_a_row_that_cannot_be_read_is_as_if_it_were_not_there(
    cluster: Cluster, found_by: Callable[[Tenant], str] | None
) -> None:
    kafka = await cluster.kafka()
    await kafka.publish(tenant("broken"))
    await kafka.send(Outgoing(Tenant.topic, b"broken", b"{}", {}, "x"))
    await kafka.publish(tenant("whole"))
    view = View(Tenant, found_by)
    with capture_logs() as said:
        task = await running(view, cluster)
        assert view.get("broken") is None

    assert {(line["key"], line["detail"][:9]) for line in said if line["event"] == "view_row_skipped"} == {
        ("broken", "tenant_id")
    }
    assert view.get("whole") is not None
    assert [event.tenant_id for event in view.find("teams")] == (["whole"] if found_by else [])
    await closed(view, task)


async def test_an_event_that_was_looked_up_is_not_shown_after_it_changed(cluster: Cluster) -> None:
    kafka = await cluster.kafka()
    await kafka.publish(tenant("one", teams_tenant="a", state="pending"))
    view = View(Tenant, found_by=lambda event: event.teams_tenant)
    task = await running(view, cluster)
    pending = view.get("one")
    assert pending is not None
    assert pending is view.get("one")
    assert view.find("a") == [pending]
    told: list[Tenant | None] = []
    view.changed.append(lambda key: told.append(view.get(key)))

    await kafka.publish(tenant("one", teams_tenant="b", state="active"))
    await until(lambda: len(told) == 1)
    assert told[0] is not None
    assert told[0].state == "active"
    assert view.find("a") == []
    assert view.find("b") == told
    await kafka.tombstone(Tenant, "one")
    await until(lambda: len(told) == 2)
    assert told[1] is None
    assert view.find("b") == []
    await closed(view, task)


async def test_of_several_changes_in_one_fetch_the_last_counts(cluster: Cluster) -> None:
    kafka = await cluster.kafka()
    for teams in ("a", "b", "c"):
        await kafka.publish(tenant("one", teams_tenant=teams))
        await kafka.publish(tenant("two", teams_tenant=teams))
    await kafka.tombstone(Tenant, "two")
    await kafka.tombstone(Tenant, "three")
    await kafka.publish(tenant("three", teams_tenant="c"))
    view = View(Tenant, found_by=lambda event: event.teams_tenant)
    task = await running(view, cluster)

    assert [event.tenant_id for event in view.find("c")] == ["one", "three"]
    assert view.find("a") == []
    assert view.get("two") is None
    assert len(view) == 2
    await closed(view, task)


async def test_a_fresh_look_does_not_overtake_what_is_fetched_but_not_yet_written(cluster: Cluster) -> None:
    kafka = await cluster.kafka()
    count = 3 * AT_ONCE
    for start in range(0, count, 100):
        await asyncio.gather(*(kafka.publish(tenant(f"tenant {number}")) for number in range(start, start + 100)))
    view = View(Tenant)
    await view.start(await cluster.kafka())
    task = asyncio.create_task(view.run())

    assert await view.fresh("nobody") is None
    assert len(view) == count
    await closed(view, task)


async def test_others_have_their_turn_while_a_view_is_built(cluster: Cluster) -> None:
    kafka = await cluster.kafka()
    for start in range(0, 3 * AT_ONCE, 100):
        await asyncio.gather(*(kafka.publish(tenant(f"tenant {number}")) for number in range(start, start + 100)))
    view = View(Tenant)
    await view.start(await cluster.kafka())
    task = asyncio.create_task(view.run())
    sizes = set()
    while not view.ready.is_set():
        sizes.add(len(view))
        await asyncio.sleep(0)

    assert len(sizes) >= 3
    assert all(0 <= after - before <= AT_ONCE for before, after in pairwise(sorted(sizes)))
    await closed(view, task)


async def test_a_fresh_look_finds_what_was_published_before_it(cluster: Cluster) -> None:
    view = View(Tenant)
    task = await running(view, cluster)
    kafka = await cluster.kafka()
    for number in range(20):
        await kafka.publish(tenant(f"tenant {number}"))
        assert await view.fresh(f"tenant {number}") is not None

    assert await view.fresh("nobody") is None
    await closed(view, task)


async def test_a_fresh_look_does_not_wait_for_the_fetch_that_is_under_way(cluster: Cluster) -> None:
    long_fetches = cluster.settings.model_copy(update={"kafka_fetch_max_wait": timedelta(seconds=1.5)})
    patient = Cluster(long_fetches)
    view = View(Tenant)
    task = await running(view, patient)
    took = []
    for _ in range(5):
        await asyncio.sleep(0.05)  # the next fetch is sent
        began = time.perf_counter()
        assert await view.fresh("nobody") is None
        took.append(time.perf_counter() - began)

    assert statistics.median(took) < 0.3
    await closed(view, task)
    await patient.stop()
