"""Sealing keys pass: what is under way opens, and a copy of it no longer does."""

from datetime import UTC, datetime, timedelta

from key_vault.resealing import is_due, oldest_needed

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
MADE = {1: FIRST, 2: FIRST + DAY, 3: FIRST + 2 * DAY}


def test_a_new_version_is_due_once_the_newest_has_lived() -> None:
    assert not is_due(MADE, DAY, FIRST + 3 * DAY - timedelta(seconds=1))
    assert is_due(MADE, DAY, FIRST + 3 * DAY)


def test_a_version_is_needed_for_one_life_after_the_next_was_made() -> None:
    assert oldest_needed(MADE, DAY, FIRST + 2 * DAY - timedelta(seconds=1)) == 1
    assert oldest_needed(MADE, DAY, FIRST + 2 * DAY) == 2
    assert oldest_needed(MADE, DAY, FIRST + 30 * DAY) == 3


def test_the_only_version_is_always_needed() -> None:
    assert oldest_needed({4: FIRST}, DAY, FIRST + 30 * DAY) == 4
