"""A view is the last value per key, ready when complete, and rebuilt when its file does not fit."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tests.chassis.cluster import Cluster, until

from chassis.envelope import Outgoing
from chassis.views import View
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
    view = View(Tenant, file=tmp_path / "view.sqlite")
    await closed(view, await running(view, cluster))
    view = View(Tenant, file=tmp_path / "view.sqlite")
    view._db.execute("update read_to set next = 1000000")
    view._db.execute("insert into rows values ('ghost', '{}', null)")
    task = await running(view, cluster)

    assert view.get("ghost") is None
    assert view.get("one") is not None
    await closed(view, task)


async def test_a_row_that_cannot_be_read_is_skipped(cluster: Cluster) -> None:
    kafka = await cluster.kafka()
    await kafka.send(Outgoing(Tenant.topic, b"broken", b"{}", {}, "x"))
    await kafka.publish(tenant("whole"))
    view = View(Tenant)
    task = await running(view, cluster)

    assert view.get("broken") is None
    assert view.get("whole") is not None
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
