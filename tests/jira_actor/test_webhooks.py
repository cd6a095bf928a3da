"""Webhooks become changes, and one change stays one however often Jira tells of it."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.jira_actor import hooks
from tests.jira_actor.fakes import TENANT_ID, Office

from contracts.jira import FieldChange, IssueChanged
from contracts.registry import WebhookReceived
from jira_actor import handlers
from jira_actor.webhooks import LONGEST_COMMENT, LONGEST_VALUE, Delivery, NothingToTell, changes_in

NOW = datetime(2026, 2, 25, tzinfo=UTC)


def told(body: Any) -> list[IssueChanged]:
    return changes_in(Delivery("t1", hooks.BASE, body if isinstance(body, str) else json.dumps(body), NOW))


def one(body: Any) -> IssueChanged:
    [change] = told(body)
    return change


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (hooks.CREATED, "created"),
        (hooks.UPDATED, "updated"),
        (hooks.MOVED, "transitioned"),
        (hooks.ASSIGNED, "assigned"),
        (hooks.ASSIGNED_OLD, "assigned"),
        (hooks.DELETED, "deleted"),
        (hooks.COMMENTED, "commented"),
        (hooks.COMMENTED_BARE, "commented"),
        (hooks.COMMENT_EDITED, "comment_edited"),
        (hooks.COMMENT_EDITED_OLD, "comment_edited"),
        (hooks.COMMENT_EDITED_BARE, "comment_edited"),
        (hooks.COMMENT_DELETED, "comment_deleted"),
        (hooks.COMMENT_DELETED_BARE, "comment_deleted"),
    ],
)
def test_every_kind_is_recognised(body: dict[str, Any], kind: str) -> None:
    change = one(body)

    assert (change.kind, change.issue_id, change.actor) == (kind, "10207", "Grace Hopper")


def test_a_change_says_all_that_a_notice_shows() -> None:
    change = one(hooks.MOVED)

    assert change == IssueChanged(
        tenant_id="t1",
        change_id="changelog:10900",
        kind="transitioned",
        issue_id="10207",
        issue_key="OPS-7",
        project="OPS",
        summary="Deploy to staging without downtime",
        url=f"{hooks.BASE}/browse/OPS-7",
        issue_type="Story",
        status="In Progress",
        priority="Medium",
        assignee="Ada Lovelace",
        actor="Grace Hopper",
        changes=(FieldChange(field="status", was="To Do", now="In Progress"),),
        at=datetime(2026, 2, 25, 6, 13, 20, 123000, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("with_issue", "without"),
    [
        (hooks.COMMENTED, hooks.COMMENTED_BARE),
        (hooks.COMMENT_EDITED, hooks.COMMENT_EDITED_BARE),
        (hooks.COMMENT_DELETED, hooks.COMMENT_DELETED_BARE),
    ],
)
def test_both_deliveries_of_one_comment_are_one_change(with_issue: dict[str, Any], without: dict[str, Any]) -> None:
    full, bare = one(with_issue), one(without)

    assert full.change_id == bare.change_id
    assert full.issue_id == bare.issue_id
    assert (full.issue_key, full.project) == ("OPS-7", "OPS")
    assert (bare.issue_key, bare.project) == (None, None)


def test_different_changes_have_different_ids() -> None:
    bodies = [
        hooks.CREATED, hooks.UPDATED, hooks.DELETED, hooks.COMMENTED, hooks.COMMENT_EDITED, hooks.COMMENT_DELETED
    ]  # fmt: skip
    later = {**hooks.EDITED, "updated": "2026-02-25T08:00:00.000+0000"}
    bodies.append({**hooks.COMMENT_EDITED, "comment": later})
    bodies.append({**hooks.UPDATED, "changelog": hooks.changelog(hooks.SUMMARY, number="10901")})

    ids = [one(body).change_id for body in bodies]

    assert len(set(ids)) == len(ids)


def test_a_comment_along_with_a_change_is_told_as_the_one_that_comment_created_tells_too() -> None:
    moved, commented = told(hooks.MOVED_WITH_COMMENT)

    assert (moved.kind, moved.comment, commented.kind) == ("transitioned", None, "commented")
    assert commented.change_id == one(hooks.COMMENTED_BARE).change_id


def test_a_long_comment_is_shortened_and_a_deleted_one_not_repeated() -> None:
    long = {**hooks.COMMENTED, "comment": {**hooks.COMMENT, "body": "x" * 40_000}}

    assert len(one(long).comment or "") == LONGEST_COMMENT
    assert one(hooks.COMMENT_DELETED_BARE).comment is None


def test_a_long_value_is_shortened() -> None:
    long = {**hooks.SUMMARY, "field": "description", "toString": "y" * 30_000}

    [change] = one({**hooks.UPDATED, "changelog": hooks.changelog(long)}).changes

    assert len(change.now or "") == LONGEST_VALUE


def test_a_comment_for_some_people_only_is_told_to_nobody() -> None:
    restricted = {**hooks.COMMENT, "visibility": {"type": "role", "value": "Administrators"}}

    for body in (hooks.COMMENTED, hooks.COMMENTED_BARE):
        with pytest.raises(NothingToTell):
            told({**body, "comment": restricted})
    assert [change.kind for change in told({**hooks.MOVED_WITH_COMMENT, "comment": restricted})] == ["transitioned"]


def test_an_issue_with_a_security_level_is_told_to_nobody() -> None:
    secured = {**hooks.ISSUE, "fields": {**hooks.ISSUE["fields"], "security": {"id": "1", "name": "Staff"}}}

    with pytest.raises(NothingToTell):
        told({**hooks.MOVED, "issue": secured})


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"jira:issue_updated"',
        "{}",
        {"accountId": "1"},
        {"webhookEvent": "jira:issue_updated"},
        {"webhookEvent": "jira:issue_updated", "issue": "OPS-7"},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "1", "key": "OPS-7", "fields": {"status": 7}}},
        {"webhookEvent": "comment_created"},
        {"webhookEvent": "comment_created", "comment": {"id": "1", "self": "nowhere"}},
        {"webhookEvent": "jira:issue_created", "timestamp": 10**30, "issue": {"id": "1", "key": "OPS-7"}},
        hooks.WORKLOG,
        hooks.hook("jira:version_released"),
        hooks.hook("user_created"),
    ],
)
def test_what_is_not_about_an_issue_tells_nothing_and_says_why(body: Any) -> None:
    with pytest.raises(NothingToTell, match=r"\w+"):
        told(body)


def test_the_reason_repeats_nothing_of_the_body() -> None:
    with pytest.raises(NothingToTell) as reason:
        told({"webhookEvent": "jira:issue_updated", "issue": {"id": ["s3cret"], "key": "OPS-7"}})

    assert "s3cret" not in str(reason.value)


NAMES = st.sampled_from(["webhookEvent", "issue", "comment", "changelog", "items", "fields", "id", "key", "timestamp"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES | st.text(), inner),
)


@given(JSON)
def test_no_json_whatever_is_more_than_nothing_to_tell(body: Any) -> None:
    with suppress(NothingToTell):
        told(json.dumps(body))


async def test_the_handler_knows_the_tenants_address_and_survives_nonsense(desk: Office) -> None:
    received = WebhookReceived(
        tenant_id=TENANT_ID, hook_id="h1", issue_id="10207", body=json.dumps(hooks.MOVED), received_at=NOW
    )

    [change] = await handlers.webhook(received, desk.means)

    assert change.url == f"{desk.address}/browse/OPS-7"
    assert await handlers.webhook(received.model_copy(update={"body": "{"}), desk.means) == []


EXPECTED = {
    "webhook-issue-created": ("created", "TES-41", "Unit test summary"),
    "webhook-issue-updated-labels": ("updated", "TES-41", "Unit test summary 1"),
    "webhook-server-comment-created": ("commented", None, None),
    "webhook-server-comment-updated": ("comment_edited", None, None),
    "webhook-server-issue-updated-closed": ("transitioned", "TES-4", "Unit test summary 1"),
    "webhook-server-issue-updated-commented-1": ("commented", "PRJX-14", "As a user, I can find"),
    "webhook-server-issue-updated-in-progress": ("transitioned", "TES-4", "Unit test summary 1"),
    "webhook-server-old-issue-updated-no-event-type-assigned": ("assigned", "TES-41", "Unit test summary 1"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_recorded_webhooks(reference: Path, name: str) -> None:
    change = one((reference / f"jira-webhooks/{name}.json").read_text())
    kind, key, summary = EXPECTED[name]

    assert (change.kind, change.issue_key) == (kind, key)
    assert (change.summary or "").startswith(summary or "")
    assert change.project == (key.split("-")[0] if key else None)
    assert change.actor in ("Test User", "Lev Brouk")


def test_the_recorded_pair_of_one_comment_is_one_change(reference: Path) -> None:
    pair = ("webhook-server-comment-created", "webhook-server-issue-updated-commented-1")
    changes = [one((reference / f"jira-webhooks/{name}.json").read_text()) for name in pair]

    assert changes[0].change_id == changes[1].change_id
    assert changes[0].key() == changes[1].key()
