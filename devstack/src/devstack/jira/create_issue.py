"""POST /issue: what Jira demands of a new issue, and what it says when that is missing."""

from collections.abc import Callable
from datetime import date
from typing import Any

from starlette.responses import JSONResponse, Response

from devstack.jira.call import Call, JiraError
from devstack.jira.catalogue import ALWAYS_REQUIRED, FIELDS, ISSUE_TYPES, PRIORITIES, IssueType
from devstack.jira.model import ChangeItem, Issue, Json, Project
from devstack.jira.operations import (
    LONGEST_TEXT,
    TOO_LONG,
    check_assignable,
    entity_properties,
    happened,
    record,
)
from devstack.jira.world import new_issue

LONGEST_SUMMARY = 255
EMPTY: tuple[object, ...] = (None, "", [])


async def create_issue(call: Call) -> Response:
    sent = await call.body()
    given = sent.get("fields")
    if not isinstance(given, dict):
        raise JiraError(400, project="project is required")
    project, kind = _project(call, given.get("project")), _issue_type(given.get("issuetype"))
    values = _values(call, project, given)
    properties = entity_properties(sent.get("properties"))
    issue = new_issue(call.state.world, project.key, call.user.name, call.state.now())
    issue.type_id, issue.properties = kind.id, properties
    for name, value in values.items():
        setattr(issue, name, value)
    call.webhooks.issue_created(happened(call, issue), record(call, issue, _created(call, issue)))
    return JSONResponse({"id": issue.id, "key": issue.key, "self": call.shapes.rest(f"/issue/{issue.id}")}, 201)


def _project(call: Call, given: object) -> Project:
    if not isinstance(given, dict):
        raise JiraError(400, project="project is required")
    try:
        return call.project(str(given.get("key") or given.get("id")))
    except JiraError as error:
        raise JiraError(400, project="valid project is required") from error


def _issue_type(given: object) -> IssueType:
    if not isinstance(given, dict):
        raise JiraError(400, issuetype="issue type is required")
    for kind in ISSUE_TYPES.values():
        if not kind.subtask and (given.get("id") == kind.id or given.get("name") == kind.name):
            return kind
    raise JiraError(400, issuetype="valid issue type is required")


def _values(call: Call, project: Project, given: Json) -> Json:
    """The attributes of the new issue, or all that is wrong with the fields at once."""
    errors: dict[str, str] = {}
    values: Json = {}
    for name in {*given, "summary", *project.required_fields} - {"project", "issuetype"}:
        value = given.get(name)
        try:
            if value in EMPTY:
                _check_may_be_empty(project, name)
            else:
                attribute, check = CHECKS[name]
                values[attribute] = check(call, project, value)
        except KeyError:
            errors[name] = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        except JiraError as error:
            errors |= error.collection["errors"]
    if errors:
        raise JiraError(400, **errors)
    return values


def _check_may_be_empty(project: Project, name: str) -> None:
    if name == "summary":
        raise JiraError(400, summary="You must specify a summary of the issue.")
    if name in project.required_fields and name not in ALWAYS_REQUIRED:
        raise JiraError(400, **{name: f"{FIELDS[name].name} is required."})


def _summary(_call: Call, _project: Project, value: object) -> str:
    if not isinstance(value, str):
        raise JiraError(400, summary="Operation value must be a string")
    if not value.strip():
        raise JiraError(400, summary="You must specify a summary of the issue.")
    if "\n" in value or "\r" in value:
        raise JiraError(400, summary="The summary is invalid because it contains newline characters.")
    if len(value) > LONGEST_SUMMARY:
        raise JiraError(400, summary="Summary must be less than 255 characters.")
    return value.strip()


def _text(field: str) -> Callable[[Call, Project, object], str]:
    def check(_call: Call, _project: Project, value: object) -> str:
        if not isinstance(value, str):
            raise JiraError(400, **{field: "Operation value must be a string"})
        if len(value) > LONGEST_TEXT:
            raise JiraError(400, **{field: TOO_LONG})
        return value

    return check


def _priority(_call: Call, _project: Project, value: object) -> str:
    if isinstance(value, dict):
        for priority in PRIORITIES.values():
            if value.get("id") == priority.id or value.get("name") == priority.name:
                return priority.id
    raise JiraError(400, priority="The priority selected is invalid.")


def _labels(_call: Call, _project: Project, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise JiraError(400, labels="data was not an array of strings")
    for label in value:
        if " " in label:
            raise JiraError(400, labels=f"The label '{label}' contains spaces which is invalid.")
    return value


def _due_date(_call: Call, _project: Project, value: object) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise JiraError(400, duedate=f"Error parsing date string: {value}") from error


def _person(field: str) -> Callable[[Call, Project, Any], str]:
    def check(call: Call, project: Project, value: object) -> str:
        if not isinstance(value, dict) or not isinstance(value.get("name"), str):
            raise JiraError(400, **{field: "data was not an object"})
        check_assignable(call, project.key, value["name"])
        return str(value["name"])

    return check


CHECKS: dict[str, tuple[str, Callable[[Call, Project, Any], Any]]] = {
    "summary": ("summary", _summary),
    "description": ("description", _text("description")),
    "environment": ("environment", _text("environment")),
    "priority": ("priority_id", _priority),
    "labels": ("labels", _labels),
    "duedate": ("due_date", _due_date),
    "assignee": ("assignee", _person("assignee")),
    "reporter": ("reporter", _person("reporter")),
}
"""Field to (attribute of Issue, check)."""


def _created(call: Call, issue: Issue) -> list[ChangeItem]:
    """The change log that goes out with `jira:issue_created`: every field that got a value."""
    items = [ChangeItem("summary", new_text=issue.summary)]
    if issue.description:
        items.append(ChangeItem("description", new_text=issue.description))
    items.append(ChangeItem("priority", new=issue.priority_id, new_text=PRIORITIES[issue.priority_id].name))
    if issue.assignee:
        assignee = call.state.world.users[issue.assignee]
        items.append(ChangeItem("assignee", new=assignee.key, new_text=assignee.display_name))
    return items
