"""Webhooks: whatever their body is, changes come of it or a word why not, and never more than Kafka takes."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from tests.jira_actor import hooks

from chassis.kafka import BIGGEST_MESSAGE
from fuzz.found import Found
from fuzz.strange import ANYTHING, RAW, mutated
from fuzz.trying import Amount, hold
from jira_actor.webhooks import Delivery, NothingToTell, changes_in

AT = datetime(2026, 2, 25, tzinfo=UTC)
MANY = {**hooks.UPDATED, "changelog": hooks.changelog(*[hooks.STATUS] * 3000)}
GOOD: tuple[dict[str, Any], ...] = (
    hooks.CREATED, hooks.UPDATED, hooks.MOVED, hooks.ASSIGNED_OLD, hooks.DELETED, hooks.MOVED_WITH_COMMENT,
    hooks.COMMENTED, hooks.COMMENT_EDITED_BARE, hooks.COMMENT_DELETED, hooks.WORKLOG,
)  # fmt: skip
BODIES = st.one_of(
    st.sampled_from(GOOD).flatmap(mutated).map(json.dumps),
    st.sampled_from(GOOD).flatmap(mutated).map(json.dumps),
    ANYTHING.map(json.dumps),
    RAW.map(lambda raw: raw.decode(errors="replace")),
    st.just(json.dumps(MANY)),
)


def fuzz(amount: Amount) -> Found:
    """Let bodies be read."""
    found = Found("webhook parser", tell=amount.tell)
    hold(found, amount, BODIES, read)
    return found


def read(body: str) -> None:
    """Read a body; raises where more comes of it than an event may be, or anything but the one error."""
    try:
        changes = changes_in(Delivery("t1", hooks.BASE, body, AT))
    except NothingToTell:
        return
    assert len(changes) <= 2, "more changes than one delivery can tell of"
    for change in changes:
        size = len(change.model_dump_json().encode())
        assert size <= BIGGEST_MESSAGE, f"an event of more than {BIGGEST_MESSAGE} bytes"
