"""One list of webhook events: what Bridge creates, what it asks people to tick, and what the documents say."""

from pathlib import Path

import pytest

from contracts.hooks import EVENTS, events_in_words
from jira_actor.hook_admin import Wanted
from tenant_registry.http import pasting

ROOT = Path(__file__).parents[2]


def test_the_events_are_told_as_jiras_screen_shows_them() -> None:
    assert events_in_words() == "Issue: created, updated, deleted. Comment: created, updated, deleted."
    assert len(EVENTS) == 6


def test_the_guide_for_administrators_names_the_same_events() -> None:
    [row] = [line for line in (ROOT / "docs/register.md").read_text().splitlines() if line.startswith("| Events |")]

    assert row.split("|")[2].strip() == events_in_words()


@pytest.mark.parametrize("signed", [True, False])
def test_what_is_created_and_what_is_to_be_entered_by_hand_are_the_same(signed: bool) -> None:
    entered = {one.field: one.value for one in pasting.webhook("https://jira.example", "https://bridge.example", None)}

    assert Wanted("https://bridge.example", "secret", signed).body()["events"] == list(EVENTS)
    assert entered["Events"] == events_in_words()
