"""The simulated Jira's answers beside those of a real 8.20.7 and beside Atlassian's OpenAPI document."""

import json
from typing import Any

import pytest
from tests.devstack.jira_fakes import reference, running_jira
from tests.devstack.jira_openapi import check, check_empty

RECORDED = "jira-8.20.7-payloads"


def recorded(name: str) -> Any:
    return json.loads(reference(f"{RECORDED}/{name}.json").read_text())


def shape(value: Any) -> Any:
    """Names and types only; custom fields and icons differ from one Jira to the next."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items() if not name.startswith("customfield_")}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


async def answered(path: str, **params: str) -> Any:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        await ada.post("issue/OPS-1/comment", json={"body": "A comment"})
        await ada.put("issue/OPS-1/assignee", json={"name": "grace"})
        answer = await ada.get(path, params=params)
        assert answer.status_code == 200
        return answer.json()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("myself", "myself"),
        ("serverinfo", "serverInfo"),
        ("project-list", "project"),
        ("issue-comments", "issue/OPS-1/comment"),
        ("user-search", "user/search?username=ada"),
    ],
)
async def test_an_answer_has_the_names_and_types_of_the_recorded_one(name: str, path: str) -> None:
    path, _, username = path.partition("?username=")
    answer = await answered(path, **({"username": username} if username else {}))

    assert shape(answer) == shape(recorded(name))


async def test_an_issue_has_the_fields_of_the_recorded_one() -> None:
    ours, theirs = await answered("issue/OPS-1"), recorded("issue-default")

    assert set(ours) == set(theirs)
    assert set(ours["fields"]) == {name for name in theirs["fields"] if not name.startswith("customfield_")}
    for name in ("issuetype", "project", "priority", "assignee", "status", "creator", "comment", "votes", "watches"):
        assert shape(ours["fields"][name]) == shape(theirs["fields"][name]), name


async def test_an_expanded_issue_has_the_parts_of_the_recorded_one() -> None:
    expand = "changelog,renderedFields,transitions"
    ours, theirs = await answered("issue/OPS-1", expand=expand), recorded("issue-expanded")

    assert set(ours) == set(theirs)
    assert set(ours["changelog"]) == set(theirs["changelog"])
    assert set(ours["changelog"]["histories"][0]) == set(theirs["changelog"]["histories"][0])
    assert set(ours["changelog"]["histories"][0]["items"][0]) == set(theirs["changelog"]["histories"][0]["items"][0])
    assert shape(ours["transitions"]) == shape(theirs["transitions"])
    assert set(ours["renderedFields"]) == {
        name for name in theirs["renderedFields"] if not name.startswith("customfield_")
    }


async def test_a_search_result_has_the_names_and_the_default_fields_of_the_recorded_one() -> None:
    ours, theirs = await answered("search", jql="project = OPS"), recorded("search")

    assert set(ours) == set(theirs)
    assert set(ours["issues"][0]) == set(theirs["issues"][0])
    assert set(ours["issues"][0]["fields"]) == {
        name for name in theirs["issues"][0]["fields"] if not name.startswith("customfield_")
    }


async def test_a_project_has_the_names_of_the_recorded_one() -> None:
    ours, theirs = await answered("project/OPS"), recorded("project-detail")

    assert set(ours) == set(theirs)
    assert set(ours["issueTypes"][0]) == set(theirs["issueTypes"][0])
    assert set(ours["lead"]) == set(theirs["lead"])


async def test_the_old_createmeta_has_the_names_of_the_recorded_one() -> None:
    ours = await answered("issue/createmeta", projectKeys="OPS", expand="projects.issuetypes.fields")
    theirs = recorded("createmeta")
    our_type, their_type = ours["projects"][0]["issuetypes"][0], theirs["projects"][0]["issuetypes"][0]

    assert set(ours["projects"][0]) == set(theirs["projects"][0])
    assert set(our_type) == set(their_type)
    for name in ("summary", "description", "project", "issuetype", "priority"):
        assert set(our_type["fields"][name]) == set(their_type["fields"][name]), name
        assert our_type["fields"][name]["required"] == their_type["fields"][name]["required"], name


async def test_transitions_and_fields_have_the_names_of_the_recorded_ones() -> None:
    ours, theirs = await answered("issue/OPS-1/transitions"), recorded("issue-transitions")
    our_fields = {field["id"]: field for field in await answered("field")}
    their_fields = {field["id"]: field for field in recorded("fields")}

    assert shape(ours) == shape(theirs)
    assert set(our_fields) < set(their_fields)
    for name, field in our_fields.items():
        assert set(field) == set(their_fields[name])
        assert field["schema"] == their_fields[name]["schema"], name
        assert field["navigable"] == their_fields[name]["navigable"], name


@pytest.mark.parametrize(
    ("path", "declared"),
    [
        ("serverInfo", "/api/2/serverInfo"),
        ("myself", "/api/2/myself"),
        ("project", "/api/2/project"),
        ("project/OPS", "/api/2/project/{projectIdOrKey}"),
        ("priority", "/api/2/priority"),
        ("status", "/api/2/status"),
        ("field", "/api/2/field"),
        ("mypermissions", "/api/2/mypermissions"),
        ("user/search?username=a", "/api/2/user/search"),
        ("user/assignable/search?project=OPS", "/api/2/user/assignable/search"),
        ("search?jql=project=OPS", "/api/2/search"),
        ("issue/createmeta/OPS/issuetypes", "/api/2/issue/createmeta/{projectIdOrKey}/issuetypes"),
        ("issue/createmeta/OPS/issuetypes/10002", "/api/2/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}"),
        ("issue/OPS-1", "/api/2/issue/{issueIdOrKey}"),
        ("issue/OPS-1?expand=changelog,transitions,names,renderedFields", "/api/2/issue/{issueIdOrKey}"),
        ("issue/OPS-1/transitions", "/api/2/issue/{issueIdOrKey}/transitions"),
        ("issue/OPS-1/comment?expand=properties", "/api/2/issue/{issueIdOrKey}/comment"),
        ("issue/OPS-1/properties", "/api/2/issue/{issueIdOrKey}/properties"),
    ],
)
async def test_what_is_read_conforms_to_the_openapi_document(path: str, declared: str) -> None:
    async with running_jira(version="10.3.0") as jira:
        ada = await jira.as_user("ada")
        await ada.put("issue/OPS-1/assignee", json={"name": None})
        await ada.put("issue/OPS-1/properties/a.b", json={"x": 1})
        await ada.post("issue/OPS-1/comment", json={"body": "x", "properties": [{"key": "a", "value": {"b": [1]}}]})

        check("GET", declared, 200, (await ada.get(path)).json())


async def test_what_is_written_is_answered_as_the_openapi_document_says() -> None:
    async with running_jira(version="10.3.0") as jira:
        ada = await jira.as_user("ada")
        fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "New"}
        created = await ada.post("issue", json={"fields": fields})
        commented = await ada.post("issue/OPS-8/comment", json={"body": "x"})
        assigned = await ada.put("issue/OPS-8/assignee", json={"name": "ada"})
        moved = await ada.post("issue/OPS-8/transitions", json={"transition": {"id": "21"}})
        found = await ada.post("search", json={"jql": "key = OPS-8"})

        check("POST", "/api/2/issue", created.status_code, created.json())
        check("POST", "/api/2/issue/{issueIdOrKey}/comment", commented.status_code, commented.json())
        check_empty("PUT", "/api/2/issue/{issueIdOrKey}/assignee", assigned.status_code)
        check_empty("POST", "/api/2/issue/{issueIdOrKey}/transitions", moved.status_code)
        check("POST", "/api/2/search", found.status_code, found.json())
