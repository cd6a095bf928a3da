"""What comes in floods is told in few words, loses nothing in an outage, and keeps its bounds."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import Unavailable
from chassis.gathering import MOST, Gathering, Tally

NOON = datetime(2126, 3, 2, 12, 0, tzinfo=UTC)
What = tuple[str, str]
"""A fixed word, and a name."""


class Paper:
    """Where tallies are told; it can be out of order, or not answer at all."""

    def __init__(self) -> None:
        self.told: list[Tally[What]] = []
        self.tries: list[list[str]] = []
        self.down = False
        self.hangs = False

    async def tell(self, tallies: Sequence[Tally[What]]) -> None:
        self.tries.append([one.id for one in tallies])
        if self.hangs:
            await asyncio.sleep(3600)
        if self.down:
            raise Unavailable("out of order")
        self.told += tallies


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gathering(paper: Paper, clock: Clock) -> Gathering[What]:
    return Gathering(paper.tell, lambda what: (what[0], ""), clock)


async def test_ten_thousand_of_one_kind_are_told_once_with_when_they_were(
    gathering: Gathering[What], paper: Paper, clock: Clock
) -> None:
    for _ in range(10_000):
        gathering.add(("token", "ours"))
        clock.time += timedelta(milliseconds=1)
    await gathering.tell()

    [told] = paper.told
    assert (told.what, told.count) == (("token", "ours"), 10_000)
    assert (told.since, told.until) == (NOON, NOON + timedelta(seconds=10) - timedelta(milliseconds=1))


async def test_ten_thousand_different_ones_keep_within_the_bounds_and_all_are_counted(
    gathering: Gathering[What], paper: Paper
) -> None:
    for n in range(10_000):
        gathering.add((("token", "card")[n % 2], f"name-{n}"))
    assert len(gathering) == MOST + 2
    await gathering.tell()

    assert sum(one.count for one in paper.told) == 10_000
    assert {one.what: one.count for one in paper.told if not one.what[1]} == {("token", ""): 4950, ("card", ""): 4950}


async def test_what_comes_again_in_the_next_window_is_told_anew_and_nothing_is_told_of_nothing(
    gathering: Gathering[What], paper: Paper
) -> None:
    gathering.add(("token", "ours"))
    await gathering.tell()
    await gathering.tell()
    gathering.add(("token", "ours"))
    await gathering.tell()

    assert [one.count for one in paper.told] == [1, 1]
    assert paper.told[0].id != paper.told[1].id
    assert len(paper.tries) == 2


async def test_in_an_outage_it_goes_on_counting_within_the_bounds_and_tells_the_same_again_afterwards(
    gathering: Gathering[What], paper: Paper
) -> None:
    gathering.add(("token", "ours"))
    paper.down = True
    for n in range(5):
        with pytest.raises(Unavailable):
            await gathering.tell()
        for m in range(1000):
            gathering.add(("card", f"name-{n}-{m}"))
        assert len(gathering) <= 1 + MOST + 1
    paper.down = False
    await gathering.tell()
    await gathering.tell()

    assert len({tuple(tried) for tried in paper.tries[:6]}) == 1, "until it is told it keeps its id"
    assert sum(one.count for one in paper.told) == 5001


async def test_it_is_told_once_per_window_by_itself_also_after_an_outage(
    gathering: Gathering[What], paper: Paper
) -> None:
    paper.down = True
    keeping = asyncio.create_task(gathering.keep_telling(timedelta(milliseconds=10)))
    gathering.add(("token", "ours"))
    async with asyncio.timeout(5):
        while len(paper.tries) < 2:  # noqa: ASYNC110 - time passes
            await asyncio.sleep(0.001)
        paper.down = False
        while not paper.told:  # noqa: ASYNC110 - time passes
            await asyncio.sleep(0.001)
    keeping.cancel()

    assert [one.count for one in paper.told] == [1]


async def test_at_the_end_all_that_is_left_is_told(gathering: Gathering[What], paper: Paper) -> None:
    gathering.add(("token", "ours"))
    paper.down = True
    with pytest.raises(Unavailable):
        await gathering.tell()
    gathering.add(("card", "ours"))
    paper.down = False
    await gathering.close()

    assert [one.what for one in paper.told] == [("token", "ours"), ("card", "ours")]


@pytest.mark.parametrize("hangs", [False, True])
async def test_at_the_end_an_outage_is_not_waited_for(gathering: Gathering[What], paper: Paper, *, hangs: bool) -> None:
    gathering.add(("token", "ours"))
    paper.down, paper.hangs = True, hangs
    async with asyncio.timeout(7):
        await gathering.close()

    assert paper.told == []
