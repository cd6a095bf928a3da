"""Jira's answers: data, refusals and outages told apart; recorded answers are understood."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from jira_actor.answers import LONGEST_WAIT, data, retry_after
from jira_actor.errors import JiraRefused, JiraUnavailable, PermissionLost, SignatureRefused
from jira_actor.http import Answer
from jira_actor.jira_wire import ChangedIssue, CommentPage, IssueWire, ProjectWire, SearchWire, ServerInfo, UserWire
from jira_actor.readings import person, state

JSON = {"content-type": "application/json;charset=UTF-8"}
HTML = {"content-type": "text/html"}


def refusal(status: int, body: Any = None, headers: dict[str, str] = JSON) -> JiraRefused:
    with pytest.raises(JiraRefused) as raised:
        data(Answer(status, headers, json.dumps(body).encode()))
    return raised.value


def test_data_is_data_and_an_empty_answer_is_none() -> None:
    assert data(Answer(200, JSON, b'{"a": 1}')) == {"a": 1}
    assert data(Answer(204, {}, b"")) is None


def test_jiras_own_words_reach_the_person() -> None:
    said = refusal(400, {"errorMessages": ["No."], "errors": {"summary": "You must specify a summary of the issue."}})

    assert (said.code, said.for_people) == ("invalid", "No. You must specify a summary of the issue.")


@pytest.mark.parametrize("body", [None, [], "x", {"errors": 7}, {"errorMessages": ["  "]}])
def test_a_refusal_without_words_gets_ours(body: Any) -> None:
    assert refusal(403, body).for_people == "Jira says that you may not do this."


def test_a_refusal_in_html_is_not_repeated() -> None:
    assert "<" not in refusal(403, "<html>forbidden</html>", HTML).for_people


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_these_are_outages(status: int) -> None:
    with pytest.raises(JiraUnavailable):
        data(Answer(status, HTML, b"<html>"))


def test_broken_json_is_an_outage() -> None:
    with pytest.raises(JiraUnavailable):
        data(Answer(200, JSON, b'{"a":'))


@pytest.mark.parametrize(
    ("problem", "error"),
    [
        ("token_rejected", PermissionLost),
        ("token_expired", PermissionLost),
        ("signature_invalid", SignatureRefused),
        ("consumer_key_unknown", SignatureRefused),
        ("nonce_used", JiraUnavailable),
    ],
)
def test_oauth_problems_are_told_apart(problem: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        data(Answer(401, JSON | {"www-authenticate": f'OAuth realm="x", oauth_problem="{problem}"'}, b"{}"))


def test_a_401_without_an_oauth_problem_is_a_refusal() -> None:
    assert refusal(401, {"errorMessages": ["You may not assign."], "errors": {}}).code == "forbidden"


@pytest.mark.parametrize(
    ("value", "waits"),
    [
        (None, None),
        ("7", timedelta(seconds=7)),
        ("99999999999", LONGEST_WAIT),
        ("soon", None),
        ("-1", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", timedelta()),
    ],
)
def test_retry_after_is_read_and_bounded(value: str | None, waits: timedelta | None) -> None:
    assert retry_after(value) == waits


def test_retry_after_may_be_a_date() -> None:
    waits = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))

    assert waits is not None
    assert timedelta(seconds=55) < waits <= timedelta(seconds=60)


RECORDED: dict[str, type[BaseModel]] = {
    "issue-default": IssueWire,
    "issue-expanded": ChangedIssue,
    "issue-comments": CommentPage,
    "myself": UserWire,
    "project-detail": ProjectWire,
    "search": SearchWire,
    "serverinfo": ServerInfo,
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answers_are_understood(reference: Path, name: str) -> None:
    RECORDED[name].model_validate_json((reference / f"jira-8.20.7-payloads/{name}.json").read_bytes())


def test_a_recorded_issue_becomes_ours(reference: Path) -> None:
    recorded = (reference / "jira-8.20.7-payloads/issue-expanded.json").read_bytes()

    found = state(IssueWire.model_validate_json(recorded), "http://jira.example.com")

    assert (found.issue.key, found.issue.status, found.issue.assignee) == ("PZ-1", "To Do", "Phase Zero Admin")
    assert found.issue.url == "http://jira.example.com/browse/PZ-1"
    assert found.issue.transitions == ("To Do", "In Progress", "Done")
    assert found.assignee == "admin"


def test_a_recorded_user_becomes_ours(reference: Path) -> None:
    recorded = (reference / "jira-8.20.7-payloads/myself.json").read_bytes()

    assert person(UserWire.model_validate_json(recorded)).key == "JIRAUSER10000"
