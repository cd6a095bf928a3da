"""Commands against the simulated Jira, whose oauthlib checks every signature."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from tests.jira_actor.fakes import LINK, ORIGIN, Office, tenant

from chassis.attempt import perhaps_done
from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.event import Event
from contracts.jira import AuthorizationPrepared, SubscriptionAllowed
from contracts.outcomes import (
    AuthorizationOffered,
    CommentAdded,
    IssueAssigned,
    IssueCreated,
    IssuesFound,
    IssueShown,
    IssueTransitioned,
    Refused,
)
from contracts.registry import CommandResumed, WaitingIntent
from contracts.teams import (
    AssignAsked,
    CommentAsked,
    CreateAsked,
    Intent,
    SearchAsked,
    ShowAsked,
    SubscribeAsked,
    TransitionAsked,
)
from devstack.jira.catalogue import IN_PROGRESS
from devstack.jira.faults import Fault
from jira_actor import handlers
from jira_actor.errors import JiraUnavailable

SHOW = ShowAsked(origin=ORIGIN, issue="ops-1")
COMMENT = CommentAsked(origin=ORIGIN, issue="OPS-1", text="deployed 🚀 *not bold* <b>שלום</b>")
CREATE = CreateAsked(origin=ORIGIN, project="OPS", summary="Pager is silent", description="since noon")


async def one(asked: Intent, desk: Office) -> Event:
    [answer] = await handlers.command(asked, desk.means)
    return answer


async def refusal(asked: Intent, desk: Office) -> Refused:
    answer = await one(asked, desk)
    assert isinstance(answer, Refused), answer
    return answer


@contextmanager
def a_second_attempt() -> Iterator[None]:
    before = perhaps_done.set(True)
    try:
        yield
    finally:
        perhaps_done.reset(before)


async def test_an_issue_is_shown_with_what_a_card_needs(linked: Office) -> None:
    shown = await one(SHOW, linked)

    assert isinstance(shown, IssueShown)
    issue = shown.issue
    assert (issue.key, issue.project, issue.url) == ("OPS-1", "OPS", f"{linked.address}/browse/OPS-1")
    assert (issue.summary, issue.status, issue.assignee) == ("Renew the wildcard certificate", "To Do", "Ada Lovelace")
    assert issue.status_category == "new"
    assert "Done" in issue.transitions
    assert issue.updated_at is not None


async def test_a_comment_is_written_as_the_person_and_carries_the_intent(linked: Office) -> None:
    added = await one(COMMENT, linked)

    assert isinstance(added, CommentAdded)
    [comment] = linked.state.world.issues["OPS-1"].comments
    assert (comment.author, comment.body) == ("ada", COMMENT.text)
    assert comment.properties == {"bridge.intent": {"id": "intent-1"}}
    assert added.comment_id == comment.id
    assert added.comment_url.endswith(f"/browse/OPS-1?focusedCommentId={comment.id}#comment-{comment.id}")


async def test_all_signatures_of_a_comment_are_asked_for_at_once(linked: Office) -> None:
    await one(COMMENT, linked)

    assert len(linked.keys.asked) == 1
    assert len(linked.keys.asked[0]) == 2


@pytest.mark.parametrize("asked", [COMMENT, TransitionAsked(origin=ORIGIN, issue="OPS-1", to="Done")])
async def test_what_a_second_attempt_looks_for_is_signed_with_the_same_question(asked: Intent, linked: Office) -> None:
    with a_second_attempt():
        await one(asked, linked)

    assert len(linked.keys.asked) == 1


async def test_a_second_attempt_to_create_asks_anew_only_to_read_the_issue_it_made(linked: Office) -> None:
    with a_second_attempt():
        created = await one(CREATE, linked)

    assert isinstance(created, IssueCreated)
    _, [last] = linked.keys.asked
    assert f"/issue/{created.issue.key}?" in last


async def test_a_comment_whose_answer_was_lost_is_not_written_again(linked: Office) -> None:
    linked.state.faults.append(Fault("/comment$", "lost_answer", method="POST"))
    with pytest.raises(JiraUnavailable):
        await one(COMMENT, linked)

    with a_second_attempt():
        added = await one(COMMENT, linked)

    [comment] = linked.state.world.issues["OPS-1"].comments
    assert isinstance(added, CommentAdded)
    assert added.comment_id == comment.id


async def test_a_second_attempt_writes_the_comment_that_the_first_did_not(linked: Office) -> None:
    with a_second_attempt():
        await one(COMMENT, linked)

    assert len(linked.state.world.issues["OPS-1"].comments) == 1


async def test_the_same_text_asked_for_twice_is_two_comments(linked: Office) -> None:
    other = COMMENT.model_copy(update={"origin": ORIGIN.model_copy(update={"intent_id": "intent-2"})})
    await one(COMMENT, linked)

    with a_second_attempt():
        await one(other, linked)

    assert len(linked.state.world.issues["OPS-1"].comments) == 2


async def test_a_marker_is_found_behind_many_newer_comments(linked: Office) -> None:
    await one(COMMENT, linked)
    for number in range(60):
        newer = ORIGIN.model_copy(update={"intent_id": f"newer-{number}"})
        await linked.jira.comment("OPS-1", "newer", newer.intent_id)

    found = await linked.jira.comment_of("OPS-1", "intent-1", ORIGIN.asked_at - timedelta(minutes=1))

    assert found == linked.state.world.issues["OPS-1"].comments[0].id


async def test_an_issue_is_created_as_a_task_and_carries_the_intent(linked: Office) -> None:
    created = await one(CREATE, linked)

    assert isinstance(created, IssueCreated)
    made = linked.state.world.issues[created.issue.key]
    assert (made.creator, made.summary, made.description) == ("ada", "Pager is silent", "since noon")
    assert made.properties == {"bridge.intent": {"id": "intent-1"}}
    assert (created.issue.issue_type, created.issue.status) == ("Task", "To Do")


async def test_an_issue_whose_answer_was_lost_is_not_created_again(linked: Office) -> None:
    linked.state.faults.append(Fault("/issue$", "lost_answer", method="POST"))
    with pytest.raises(JiraUnavailable):
        await one(CREATE, linked)

    with a_second_attempt():
        created = await one(CREATE, linked)

    assert isinstance(created, IssueCreated)
    assert [issue.key for issue in linked.state.world.issues.values() if issue.creator == "ada"] == [created.issue.key]


async def test_looking_for_an_issue_made_before_reads_only_those_of_the_same_summary(linked: Office) -> None:
    for number in range(20):
        origin = ORIGIN.model_copy(update={"intent_id": f"other-{number}"})
        await one(CREATE.model_copy(update={"origin": origin, "summary": f"another {number}"}), linked)
    before = len(linked.state.requests)

    with a_second_attempt():
        created = await one(CREATE, linked)

    assert isinstance(created, IssueCreated)
    assert len(linked.state.requests) - before == 4, "project, search, create, and the new issue"


async def test_an_issue_that_cannot_be_read_after_its_creation_is_still_reported(linked: Office) -> None:
    linked.state.faults.append(Fault("/issue/", "status", method="GET", status=503))

    created = await one(CREATE, linked)

    assert isinstance(created, IssueCreated)
    assert created.issue.key in linked.state.world.issues
    assert created.issue.url.endswith(f"/browse/{created.issue.key}")


async def test_an_issue_is_created_with_the_type_that_was_asked_for(linked: Office) -> None:
    created = await one(CREATE.model_copy(update={"issue_type": "bug"}), linked)

    assert isinstance(created, IssueCreated)
    assert created.issue.issue_type == "Bug"


async def test_an_unknown_issue_type_is_refused_with_the_possible_ones(linked: Office) -> None:
    refused = await refusal(CREATE.model_copy(update={"issue_type": "Wish"}), linked)

    assert refused.code == "not_found"
    assert "Task" in (refused.advice or "")
    assert "Sub-task" not in (refused.advice or "")


async def test_a_project_with_a_required_field_says_which(linked: Office) -> None:
    linked.state.world.projects["OPS"].required_fields = ["components"]

    refused = await refusal(CREATE, linked)

    assert refused.code == "invalid"
    assert "omponent" in refused.why


async def test_me_is_whoever_is_connected(linked: Office) -> None:
    assigned = await one(AssignAsked(origin=ORIGIN, issue="OPS-3", assignee="Me"), linked)

    assert isinstance(assigned, IssueAssigned)
    assert assigned.assignee.name == assigned_to(linked, "OPS-3") == "ada"
    assert assigned.issue.assignee == "Ada Lovelace"
    assert len(linked.keys.asked) == 1


async def test_an_issue_is_assigned_by_a_part_of_a_name(linked: Office) -> None:
    await one(AssignAsked(origin=ORIGIN, issue="OPS-3", assignee="grace h"), linked)

    assert assigned_to(linked, "OPS-3") == "grace"


async def test_an_issue_that_is_assigned_already_is_left_alone(linked: Office) -> None:
    assigned = await one(AssignAsked(origin=ORIGIN, issue="OPS-1", assignee="me"), linked)

    assert isinstance(assigned, IssueAssigned)
    assert linked.sent("PUT", "/assignee") == []


async def test_a_name_that_fits_several_people_is_refused_with_their_names(linked: Office) -> None:
    refused = await refusal(AssignAsked(origin=ORIGIN, issue="OPS-3", assignee="a"), linked)

    assert refused.code == "ambiguous"
    assert "Ada Lovelace (ada)" in (refused.advice or "")


async def test_a_name_that_nobody_has_is_refused(linked: Office) -> None:
    refused = await refusal(AssignAsked(origin=ORIGIN, issue="OPS-3", assignee="Jürgen & söhne"), linked)

    assert refused.code == "not_found"


@pytest.mark.parametrize("to", ["In Progress", "in progress "])
async def test_an_issue_is_moved_to_a_status(linked: Office, to: str) -> None:
    moved = await one(TransitionAsked(origin=ORIGIN, issue="OPS-1", to=to), linked)

    assert isinstance(moved, IssueTransitioned)
    assert (moved.was, moved.now, moved.issue.status) == ("To Do", "In Progress", "In Progress")


async def test_an_issue_that_is_there_already_is_not_moved(linked: Office) -> None:
    moved = await one(TransitionAsked(origin=ORIGIN, issue="OPS-1", to="to do"), linked)

    assert isinstance(moved, IssueTransitioned)
    assert moved.now == "To Do"
    assert linked.sent("POST", "/transitions") == []


async def test_a_move_whose_answer_was_lost_is_not_made_again(linked: Office) -> None:
    linked.state.faults.append(Fault("/transitions$", "lost_answer", method="POST"))
    asked = TransitionAsked(origin=ORIGIN, issue="OPS-1", to="Done")
    with pytest.raises(JiraUnavailable):
        await one(asked, linked)
    linked.state.world.issues["OPS-1"].status_id = IN_PROGRESS.id  # and somebody moved it on

    with a_second_attempt():
        moved = await one(asked, linked)

    assert isinstance(moved, IssueTransitioned)
    assert moved.now == "In Progress"
    assert len(linked.sent("POST", "/transitions")) == 1


async def test_a_second_attempt_makes_the_move_that_the_first_did_not(linked: Office) -> None:
    with a_second_attempt():
        moved = await one(TransitionAsked(origin=ORIGIN, issue="OPS-1", to="Done"), linked)

    assert isinstance(moved, IssueTransitioned)
    assert moved.now == "Done"


async def test_an_unknown_status_is_refused_with_the_possible_ones(linked: Office) -> None:
    refused = await refusal(TransitionAsked(origin=ORIGIN, issue="OPS-1", to="Limbo"), linked)

    assert refused.code == "not_found"
    assert "Done" in (refused.advice or "")


@pytest.mark.parametrize("words", ["backup", 'quote " and \\ and (brackets] AND *', "שרת 🚀"])
async def test_any_words_can_be_searched_for(linked: Office, words: str) -> None:
    found = await one(SearchAsked(origin=ORIGIN, query=words), linked)

    assert isinstance(found, IssuesFound), found


async def test_a_search_gives_issues_their_number_and_the_same_search_in_jira(linked: Office) -> None:
    found = await one(SearchAsked(origin=ORIGIN, query="project = WEB ORDER BY key", jql=True), linked)

    assert isinstance(found, IssuesFound)
    assert [issue.key for issue in found.issues] == ["WEB-1", "WEB-2"]
    assert found.total == 2
    assert found.url == f"{linked.address}/issues/?jql=project%20%3D%20WEB%20ORDER%20BY%20key"


async def test_wrong_jql_is_refused_in_jiras_words(linked: Office) -> None:
    refused = await refusal(SearchAsked(origin=ORIGIN, query="project = ", jql=True), linked)

    assert refused.code == "invalid"
    assert refused.why


async def test_a_visible_project_may_be_subscribed(linked: Office) -> None:
    allowed = await one(SubscribeAsked(origin=ORIGIN, project="ops"), linked)

    assert isinstance(allowed, SubscriptionAllowed)
    assert (allowed.project, allowed.project_name) == ("OPS", "Operations")


@pytest.mark.parametrize(
    "asked",
    [
        ShowAsked(origin=ORIGIN, issue="OPS-4711"),
        ShowAsked(origin=ORIGIN, issue="SECRET-1"),
        COMMENT.model_copy(update={"issue": "SECRET-1"}),
        CREATE.model_copy(update={"project": "SECRET"}),
        AssignAsked(origin=ORIGIN, issue="SECRET-1", assignee="grace"),
        TransitionAsked(origin=ORIGIN, issue="SECRET-1", to="Done"),
        SubscribeAsked(origin=ORIGIN, project="SECRET"),
    ],
)
async def test_what_does_not_exist_and_what_may_not_be_seen_are_refused_alike(linked: Office, asked: Intent) -> None:
    refused = await refusal(asked, linked)

    assert refused.code == "not_found"
    assert "or you may not see it" in refused.why


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (COMMENT.model_copy(update={"text": " \n "}), "invalid"),
        (COMMENT.model_copy(update={"text": "x" * 40_000}), "too_long"),
        (COMMENT.model_copy(update={"issue": "../../admin"}), "invalid"),
        (CREATE.model_copy(update={"summary": "y" * 300}), "too_long"),
        (CREATE.model_copy(update={"project": "O/PS"}), "invalid"),
        (SearchAsked(origin=ORIGIN, query=" ", jql=True), "invalid"),
    ],
)
async def test_what_jira_would_refuse_anyway_is_not_sent(linked: Office, asked: Intent, code: str) -> None:
    assert (await refusal(asked, linked)).code == code
    assert not linked.state.requests


async def test_who_is_not_connected_is_offered_to_connect_and_the_command_waits(desk: Office) -> None:
    prepared, offered = await handlers.command(COMMENT, desk.means)

    assert isinstance(prepared, AuthorizationPrepared)
    assert isinstance(offered, AuthorizationOffered)
    assert offered.resumes
    assert prepared.resume == WaitingIntent(event_type="bridge.comment-asked.v1", data=COMMENT.model_dump(mode="json"))


async def test_a_revoked_permission_leads_to_the_connect_card(linked: Office) -> None:
    linked.state.world.access_tokens.clear()

    prepared, offered = await handlers.command(COMMENT, linked.means)

    assert isinstance(prepared, AuthorizationPrepared)
    assert isinstance(offered, AuthorizationOffered)


async def test_the_waiting_command_is_carried_out_after_connecting(linked: Office) -> None:
    waiting = WaitingIntent(event_type=COMMENT.event_type(), data=COMMENT.model_dump(mode="json"))

    [added] = await handlers.resumed(CommandResumed(origin=ORIGIN, waiting=waiting), linked.means)

    assert isinstance(added, CommentAdded)


async def test_a_resumed_command_waits_until_key_vault_knows_the_link(desk: Office) -> None:
    waiting = WaitingIntent(event_type=COMMENT.event_type(), data=COMMENT.model_dump(mode="json"))

    with pytest.raises(Unavailable):
        await handlers.resumed(CommandResumed(origin=ORIGIN, waiting=waiting), desk.means)


@pytest.mark.parametrize(
    ("other", "code"), [({"teams_tenant": "somebody else's"}, "not_registered"), ({"state": "pending"}, "not_active")]
)
async def test_without_an_active_jira_every_command_is_refused(desk: Office, other: dict[str, Any], code: str) -> None:
    desk.tenants.tenants = [tenant(desk.address, **other)]

    assert (await refusal(SHOW, desk)).code == code


@pytest.mark.parametrize(
    ("fault", "retry_after"),
    [
        (Fault("/issue/", "status", status=503, retry_after=7), timedelta(seconds=7)),
        (Fault("/issue/", "status", status=429, retry_after=3), timedelta(seconds=3)),
        (Fault("/issue/", "status", status=500), None),
        (Fault("/issue/", "reset", times=None), None),
    ],
)
async def test_an_outage_is_raised_with_jiras_own_wish_for_the_next_try(
    linked: Office, fault: Fault, retry_after: timedelta | None
) -> None:
    linked.state.faults.append(fault)

    with pytest.raises(JiraUnavailable) as raised:
        await one(SHOW, linked)

    assert raised.value.retry_after == retry_after


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("/issue/", "html_login"), "not_jira"),
        (Fault("/issue/", "oversized"), "too_large"),
        (Fault("/issue/", "redirect"), "redirected"),
        (Fault("/issue/", "status", status=403, body={"errorMessages": ["No."], "errors": {}}), "forbidden"),
        (Fault("/issue/", "status", status=200, body={"id": 1}), "not_understood"),
    ],
)
async def test_what_no_retry_would_mend_is_refused(linked: Office, fault: Fault, code: str) -> None:
    linked.state.faults.append(fault)

    assert (await refusal(SHOW, linked)).code == code


async def test_a_removed_application_link_is_told_to_the_person(linked: Office) -> None:
    linked.state.world.consumers.clear()

    refused = await refusal(SHOW, linked)

    assert refused.code in ("consumer_key_unknown", "token_rejected")


async def test_erased_keys_are_told_to_the_person(linked: Office) -> None:
    linked.keys.refusal = KeysRefusal("keys_destroyed", "gone")

    assert (await refusal(SHOW, linked)).code == "keys_destroyed"


async def test_requests_go_to_the_registered_address_signed_for_the_one_jira_believes_in(linked: Office) -> None:
    linked.state.base_url = "https://jira.example.com"
    linked.tenants.tenants = [tenant(linked.address, signing_base_url="https://jira.example.com")]

    assert isinstance(await one(SHOW, linked), IssueShown)
    assert linked.keys.asked[-1][0].startswith("GET https://jira.example.com/rest/api/2/issue/OPS-1?")


async def test_a_link_serves_only_its_own_person(linked: Office) -> None:
    stranger = ORIGIN.model_copy(update={"user": "somebody-else"})

    answers = await handlers.command(SHOW.model_copy(update={"origin": stranger}), linked.means)

    assert [type(answer) for answer in answers] == [AuthorizationPrepared, AuthorizationOffered]
    assert LINK in linked.keys.tokens


async def test_a_jira_that_does_not_sort_comments_is_searched_to_the_end(linked: Office) -> None:
    old = ORIGIN.asked_at - timedelta(days=1)
    for number in range(60):
        await linked.jira.comment("OPS-1", "older", f"older-{number}")
    comments = linked.state.world.issues["OPS-1"].comments
    for number, comment in enumerate(comments):
        comment.created = old + timedelta(seconds=number)
    await one(COMMENT, linked)
    comments.reverse()  # the simulated Jira turns them round once more

    assert await linked.jira.comment_of("OPS-1", "intent-1", ORIGIN.asked_at) == comments[0].id


def assigned_to(desk: Office, key: str) -> str | None:
    return desk.state.world.issues[key].assignee
