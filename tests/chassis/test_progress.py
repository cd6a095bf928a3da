"""Offsets are committed without gaps."""

from hypothesis import given
from hypothesis import strategies as st

from chassis.progress import Progress


def test_nothing_read_is_nothing_to_commit() -> None:
    assert Progress().committable() is None


def test_what_is_done_behind_something_unfinished_is_not_committed() -> None:
    progress = Progress()
    for offset in (5, 6, 7):
        progress.taken(offset)
    progress.done(6)
    progress.done(7)

    assert progress.committable() == 5


def test_all_done_commits_the_offset_after_the_last() -> None:
    progress = Progress()
    progress.taken(5)
    progress.taken(9)  # offsets of a compacted or transactional topic have holes
    progress.done(9)
    progress.done(5)

    assert progress.committable() == 10


def test_the_same_offset_is_committed_once() -> None:
    progress = Progress()
    progress.taken(5)
    progress.done(5)
    progress.committed = progress.committable()

    assert progress.committable() is None


@given(st.permutations(range(8)), st.integers(0, 8))
def test_no_order_of_finishing_ever_commits_past_something_unfinished(order: list[int], finished: int) -> None:
    progress = Progress()
    for offset in range(8):
        progress.taken(offset)
    for offset in order[:finished]:
        progress.done(offset)

    assert progress.committable() == min(order[finished:], default=8)
