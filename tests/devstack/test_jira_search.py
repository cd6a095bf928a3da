"""The subset of JQL that the simulated Jira understands, and how it refuses the rest."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.devstack.jira_fakes import running_jira


def keys(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [issue["key"] for issue in answer.json()["issues"]]


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("project = WEB ORDER BY key", ["WEB-1", "WEB-2"]),
        ("project = web order by key desc", ["WEB-2", "WEB-1"]),
        ('project = "Website" AND assignee is EMPTY', ["WEB-2"]),
        ("key = OPS-3", ["OPS-3"]),
        ("issuekey in (OPS-3, WEB-1) ORDER BY key ASC", ["OPS-3", "WEB-1"]),
        ('text ~ "backup"', ["OPS-2"]),
        ('text ~ "quota disk"', ["OPS-2"]),
        ('text ~ "back*"', ["OPS-2"]),
        ('text ~ "back"', []),
        ('summary ~ "quota"', []),
        ('summary ~ "התראות"', ["OPS-6"]),
        ("assignee = currentUser() AND project = OPS ORDER BY key", ["OPS-1", "OPS-6", "OPS-7"]),
        ("assignee = JIRAUSER10102", ["OPS-4"]),
        ("creator = currentUser()", []),
        ("creator = admin AND NOT project = OPS ORDER BY key", ["WEB-1", "WEB-2"]),
        ('status = "To Do" AND type = Bug AND (project = WEB OR key = OPS-2) ORDER BY key', ["OPS-2", "WEB-2"]),
        ("status = Done", []),
        ("statusCategory != Done AND project != OPS ORDER BY summary", ["WEB-1", "WEB-2"]),
        ("assignee != ada AND project = OPS ORDER BY key", ["OPS-2", "OPS-4"]),
        ("resolution = Unresolved AND project = WEB ORDER BY priority DESC, key DESC", ["WEB-2", "WEB-1"]),
        ("created >= -12h", []),
        ("created >= -7d AND key = OPS-1", ["OPS-1"]),
        ('created < "2020-01-01"', []),
    ],
)
async def test_a_query_finds_what_it_says(jql: str, found: list[str]) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")

        assert keys(await ada.get("search", params={"jql": jql})) == found
        assert keys(await ada.post("search", json={"jql": jql})) == found


async def test_an_empty_query_finds_everything_one_may_see_newest_first() -> None:
    async with running_jira() as jira:
        ada, grace = await jira.as_user("ada"), await jira.as_user("grace")

        assert keys(await ada.get("search"))[:3] == ["WEB-2", "WEB-1", "OPS-7"]
        assert keys(await grace.get("search"))[0] == "SECRET-1"


async def test_ones_own_new_issues_are_found_by_creator_and_age() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Bug"}, "summary": "Mine"}
        await ada.post("issue", json={"fields": fields})
        query = {"jql": "creator = currentUser() AND created >= -7d"}

        assert keys(await ada.get("search", params=query)) == ["OPS-8"]
        jira.clock.moved = timedelta(days=8)
        assert keys(await ada.get("search", params=query)) == []


async def test_results_come_in_pages_with_the_fields_that_were_asked_for() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        sent = {"jql": "project = OPS ORDER BY key", "startAt": 2, "maxResults": 2, "fields": ["summary"]}
        page = (await ada.post("search", json=sent)).json()

        assert (page["startAt"], page["maxResults"], page["total"]) == (2, 2, 7)
        assert [issue["key"] for issue in page["issues"]] == ["OPS-3", "OPS-4"]
        assert set(page["issues"][0]["fields"]) == {"summary"}


@pytest.mark.parametrize(
    ("jql", "said"),
    [
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("project = SECRET", "The value 'SECRET' does not exist for the field 'project'."),
        ("key = OPS-999", "An issue with key 'OPS-999' does not exist for field 'key'."),
        ("status = Foo", "The value 'Foo' does not exist for the field 'status'."),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("project OPS", "Expecting operator but got 'OPS'. (line 1, character 9)"),
        ("project =", "Expecting a value, list or function but got the end of the query"),
        ("project = OPS status = Done", "Expecting either 'OR' or 'AND' but got 'status'. (line 1, character 15)"),
        ("(project = OPS", "Expecting ')' but got the end of the query"),
        ("= OPS", "Expecting a field name but got '='."),
        ('summary ~ "unclosed', "is not allowed here"),
        ("assignee = nobody()", "Unable to find JQL function 'nobody()'."),
        ("project ~ OPS", "The operator '~' is not supported by the 'project' field."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("created >= yesterday", "Date value 'yesterday' for field 'created' is invalid."),
        ("project = OPS ORDER BY comment", "Not able to sort using field 'comment'."),
        ('text ~ "*foo"', "not allowed to start with character '*'"),
        ('text ~ "foo("', "Unable to parse the text 'foo(' for field 'text'."),
        ('text ~ ""', "does not support searching for an empty string"),
    ],
)
async def test_a_query_that_is_not_understood_is_refused_with_the_reason(jql: str, said: str) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        for answer in (await ada.get("search", params={"jql": jql}), await ada.post("search", json={"jql": jql})):
            assert answer.status_code == 400
            assert said in answer.json()["errorMessages"][0]


@pytest.mark.parametrize(
    "sent", [{"startAt": "x"}, {"maxResults": []}, {"fields": 7}, {"fields": "summary"}, {"fields": [{}]}]
)
async def test_a_search_of_a_wrong_shape_is_a_bad_request(sent: dict[str, Any]) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")

        assert (await ada.post("search", json=sent)).status_code == 400


async def test_text_with_escaped_signs_is_searched_for() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")

        assert keys(await ada.get("search", params={"jql": r'text ~ "backup \\(fails\\)"'})) == ["OPS-2"]
