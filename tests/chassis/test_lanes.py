"""What has one key runs in order, different keys run at one time, within bounds."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chassis.lanes import Job, Lanes, Slots


def job(then: Callable[[], Awaitable[None]]) -> Job:
    async def run(slots: Slots) -> None:
        async with slots:
            await then()

    return run


async def idle(lanes: Lanes) -> None:
    """Wait until no lane has work."""
    while len(lanes):  # noqa: ASYNC110 - only these tests wait for that
        await asyncio.sleep(0.001)


class Diary:
    """Notes who began and ended."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.most_at_once = 0
        self._now = 0

    def work(self, name: str, wait: asyncio.Event | None = None) -> Job:
        async def then() -> None:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            await (wait.wait() if wait else asyncio.sleep(0.001))
            self._now -= 1
            self.notes.append(name)

        return job(then)


async def test_jobs_of_one_lane_run_one_after_another() -> None:
    lanes, diary = Lanes(10, 10), Diary()
    for name in "abcde":
        lanes.add("lane", "tenant", diary.work(name))
    await idle(lanes)

    assert diary.notes == list("abcde")
    assert diary.most_at_once == 1


async def test_a_lane_that_hangs_does_not_hold_up_another() -> None:
    lanes, diary, never = Lanes(10, 10), Diary(), asyncio.Event()
    lanes.add("hangs", "one", diary.work("slow", never))
    lanes.add("goes on", "two", diary.work("quick"))
    await asyncio.sleep(0.05)

    assert diary.notes == ["quick"]
    never.set()
    await idle(lanes)


async def test_a_tenant_that_hangs_leaves_room_for_others() -> None:
    lanes, diary, never = Lanes(limit=4, limit_per_tenant=2), Diary(), asyncio.Event()
    for lane in range(10):
        lanes.add(lane, "hanging tenant", diary.work("slow", never))
    for lane in range(10, 15):
        lanes.add(lane, "other tenant", diary.work("quick"))
    await asyncio.sleep(0.1)

    assert diary.notes == ["quick"] * 5
    never.set()
    await idle(lanes)


async def test_no_more_jobs_run_than_there_are_slots() -> None:
    lanes, diary = Lanes(limit=3, limit_per_tenant=3), Diary()
    for lane in range(20):
        lanes.add(lane, f"tenant {lane}", diary.work("x"))
    await idle(lanes)

    assert diary.most_at_once == 3
    assert len(diary.notes) == 20


async def test_dropping_a_lane_forgets_what_waits_and_lets_what_runs_end() -> None:
    lanes, diary, soon = Lanes(10, 10), Diary(), asyncio.Event()
    lanes.add("lost", "t", diary.work("runs", soon))
    lanes.add("lost", "t", diary.work("waits"))
    lanes.add("kept", "t", diary.work("kept"))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.02, soon.set)
    await lanes.drop(lambda lane: lane == "lost", patience=1)
    await idle(lanes)

    assert sorted(diary.notes) == ["kept", "runs"]


async def test_dropping_a_lane_cancels_what_does_not_end() -> None:
    lanes, diary = Lanes(10, 10), Diary()
    lanes.add("lost", "t", diary.work("hangs", asyncio.Event()))
    await asyncio.sleep(0)
    await lanes.drop(lambda _: True, patience=0.01)

    assert len(lanes) == 0
    assert diary.notes == []


async def test_a_job_that_fails_is_told_to_whoever_runs_the_lanes() -> None:
    lanes = Lanes(10, 10)

    async def bug() -> None:
        raise ZeroDivisionError

    lanes.add("lane", "t", job(bug))
    with pytest.raises(ZeroDivisionError):
        await lanes.broken
