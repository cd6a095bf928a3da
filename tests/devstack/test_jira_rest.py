"""What the simulated Jira does and refuses; called with personal access tokens (signatures have their own tests)."""

from typing import Any

import httpx
import pytest
from tests.devstack.jira_fakes import CHANGING, running_jira

MARK = {"key": "bridge.intent", "value": {"id": "5f0c"}}
NEW = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Check the fans"}


def errors(answer: httpx.Response, status: int = 400) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"errorMessages", "errors"}
    found: dict[str, str] = answer.json()["errors"]
    return found


def message(answer: httpx.Response, status: int) -> str:
    assert errors(answer, status) == {}
    (only,) = answer.json()["errorMessages"]
    return str(only)


async def test_a_comment_is_kept_with_its_author_and_properties() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        answer = await ada.post("issue/OPS-7/comment", json={"body": "deployed 🚀 <b>", "properties": [MARK]})

        assert answer.status_code == 201
        (comment,) = (await jira.issue("OPS-7"))["comments"]
        assert comment["author"] == "ada"
        assert comment["body"] == "deployed 🚀 <b>"
        assert comment["properties"] == {"bridge.intent": {"id": "5f0c"}}


async def test_properties_of_comments_are_shown_only_when_expanded() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        await ada.post("issue/OPS-7/comment", json={"body": "one", "properties": [MARK]})
        plain = (await ada.get("issue/OPS-7/comment")).json()["comments"][0]
        expanded = (await ada.get("issue/OPS-7/comment", params={"expand": "properties"})).json()["comments"][0]
        single = (await ada.get(f"issue/OPS-7/comment/{plain['id']}", params={"expand": "properties"})).json()

        assert "properties" not in plain
        assert expanded["properties"] == [MARK]
        assert single == expanded


async def test_comments_come_in_pages_and_newest_first_on_request() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        for number in range(5):
            await ada.post("issue/OPS-1/comment", json={"body": str(number)})
        page = (await ada.get("issue/OPS-1/comment", params={"startAt": 3, "maxResults": 1})).json()
        newest = (await ada.get("issue/OPS-1/comment", params={"orderBy": "-created", "maxResults": 2})).json()

        assert (page["startAt"], page["maxResults"], page["total"]) == (3, 1, 5)
        assert [comment["body"] for comment in page["comments"]] == ["3"]
        assert [comment["body"] for comment in newest["comments"]] == ["4", "3"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("x" * 32_768, "The entered text is too long. It exceeds the allowed limit of 32,767 characters."),
        ("", "Comment body can not be empty!"),
        (" \n", "Comment body can not be empty!"),
        (None, "Comment body can not be empty!"),
        (7, "Comment body can not be empty!"),
    ],
)
async def test_a_comment_that_is_too_long_or_empty_is_refused(body: Any, said: str) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")

        assert errors(await ada.post("issue/OPS-7/comment", json={"body": body})) == {"comment": said}
        assert (await jira.issue("OPS-7"))["comments"] == []


async def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        answer = await ada.post("issue/OPS-7/comment", content=b'{"body": "broken \\ud83d"}')

        assert (answer.status_code, answer.json()["body"]) == (201, "broken ?")
        assert await jira.control("GET", "/requests")


async def test_the_longest_comment_fits() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")

        assert (await ada.post("issue/OPS-7/comment", json={"body": "x" * 32_767})).status_code == 201


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"body": NaN}'])
async def test_a_body_that_is_no_json_object_is_a_bad_request(sent: bytes) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        for method, path in (
            ("POST", "issue"),
            ("POST", "issue/OPS-1/comment"),
            ("PUT", "issue/OPS-1/assignee"),
            ("POST", "issue/OPS-1/transitions"),
            ("POST", "search"),
        ):
            answer = await ada.request(method, path, content=sent)
            assert answer.status_code == 400, (method, path, answer.text)
            assert answer.json()["errorMessages"]


async def test_a_changing_call_without_the_xsrf_header_or_from_a_browser_is_forbidden() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        for headers in ({"X-Atlassian-Token": "check"}, {**CHANGING, "User-Agent": "Mozilla/5.0"}):
            answer = await ada.post("issue/OPS-1/comment", json={"body": "x"}, headers=headers)
            assert (answer.status_code, answer.text) == (403, "XSRF check failed")


async def test_an_issue_is_created_with_all_that_was_given() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        fields = NEW | {
            "description": "h2. Why\nthey *rattle*",
            "priority": {"name": "High"},
            "labels": ["fan"],
            "assignee": {"name": "linus"},
            "duedate": "2027-01-31",
        }
        answer = await ada.post("issue", json={"fields": fields, "properties": [MARK]})

        assert answer.status_code == 201
        assert set(answer.json()) == {"id", "key", "self"}
        assert answer.json()["key"] == "OPS-8"
        shown = (await ada.get("issue/OPS-8", params={"properties": "bridge.intent"})).json()
        assert shown["fields"]["creator"]["name"] == "ada"
        assert shown["fields"]["assignee"]["name"] == "linus"
        assert shown["fields"]["priority"]["name"] == "High"
        assert shown["fields"]["description"] == "h2. Why\nthey *rattle*"
        assert shown["properties"] == {"bridge.intent": {"id": "5f0c"}}
        assert (await ada.get("issue/OPS-8/properties/bridge.intent")).json() == MARK


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"summary": None}, "summary", "You must specify a summary of the issue."),
        ({"summary": "  "}, "summary", "You must specify a summary of the issue."),
        ({"summary": "x" * 256}, "summary", "Summary must be less than 255 characters."),
        ({"summary": "a\nb"}, "summary", "The summary is invalid because it contains newline characters."),
        ({"summary": 7}, "summary", "Operation value must be a string"),
        ({"project": None}, "project", "project is required"),
        ({"project": {"key": "NOPE"}}, "project", "valid project is required"),
        ({"project": {"key": "SECRET"}}, "project", "valid project is required"),
        ({"issuetype": None}, "issuetype", "issue type is required"),
        ({"issuetype": {"name": "Sub-task"}}, "issuetype", "valid issue type is required"),
        ({"priority": {"name": "Blocker"}}, "priority", "The priority selected is invalid."),
        ({"labels": ["two words"]}, "labels", "The label 'two words' contains spaces which is invalid."),
        ({"duedate": "tomorrow"}, "duedate", "Error parsing date string: tomorrow"),
        ({"assignee": {"name": "nobody"}}, "assignee", "User 'nobody' does not exist."),
        (
            {"colour": "red"},
            "colour",
            "Field 'colour' cannot be set. It is not on the appropriate screen, or unknown.",
        ),
    ],
)
async def test_an_issue_with_a_wrong_field_is_refused(change: dict[str, Any], field: str, said: str) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        answer = await ada.post("issue", json={"fields": NEW | change})

        assert errors(answer) == {field: said}
        assert len((await jira.control("GET", "/state"))["issues"]) == 10


async def test_a_field_that_the_project_requires_is_demanded_and_announced() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        await jira.control("PUT", "/projects/OPS", requiredFields=["duedate"])
        fields = (await ada.get("issue/createmeta/OPS/issuetypes/10002")).json()["values"]

        assert errors(await ada.post("issue", json={"fields": NEW})) == {"duedate": "Due Date is required."}
        assert {field["fieldId"] for field in fields if field["required"]} >= {"duedate", "summary"}
        assert (await ada.post("issue", json={"fields": NEW | {"duedate": "2027-01-31"}})).status_code == 201


async def test_assigning_and_unassigning_answer_with_nothing() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        for name, became in (("grace", "grace"), (None, None), ("-1", "ada")):
            assert (await ada.put("issue/OPS-3/assignee", json={"name": name})).status_code == 204
            assert (await jira.issue("OPS-3"))["assignee"] == became


async def test_only_people_who_may_see_the_project_can_be_assigned() -> None:
    async with running_jira() as jira:
        grace = await jira.as_user("grace")
        unknown = await grace.put("issue/SECRET-1/assignee", json={"name": "nobody"})
        outsider = await grace.put("issue/SECRET-1/assignee", json={"name": "ada"})

        assert errors(unknown) == {"assignee": "User 'nobody' does not exist."}
        assert errors(outsider) == {"assignee": "User 'ada' cannot be assigned issues."}


async def test_every_status_can_be_reached_from_every_other_but_not_from_itself() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        offered = (await ada.get("issue/OPS-3/transitions")).json()["transitions"]
        assert [transition["name"] for transition in offered] == ["In Progress", "Done"]

        for transition, status in (("31", "Done"), ("21", "In Progress"), ("11", "To Do")):
            answer = await ada.post("issue/OPS-3/transitions", json={"transition": {"id": transition}})
            assert answer.status_code == 204
            assert (await jira.issue("OPS-3"))["status"] == status


async def test_done_resolves_an_issue_and_leaving_it_unresolves() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        await ada.post("issue/OPS-3/transitions", json={"transition": {"id": "31"}})
        done = (await ada.get("issue/OPS-3")).json()["fields"]
        await ada.post("issue/OPS-3/transitions", json={"transition": {"id": "11"}})
        again = (await ada.get("issue/OPS-3")).json()["fields"]

        assert done["resolution"]["name"] == "Done"
        assert done["resolutiondate"]
        assert again["resolution"] is again["resolutiondate"] is None


@pytest.mark.parametrize("transition", ["11", "999", "x"])
async def test_a_transition_that_is_not_offered_is_refused(transition: str) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        answer = await ada.post("issue/OPS-3/transitions", json={"transition": {"id": transition}})

        assert message(answer, 400) == f"Transition id '{transition}' is not valid for this issue."


async def test_a_transition_may_bring_a_comment_but_only_a_sound_one() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        sent: dict[str, Any] = {"transition": {"id": "21"}, "update": {"comment": [{"add": {"body": "on it"}}]}}
        assert (await ada.post("issue/OPS-3/transitions", json=sent)).status_code == 204
        sent = {"transition": {"id": "31"}, "update": {"comment": [{"add": {}}]}}
        assert (await ada.post("issue/OPS-3/transitions", json=sent)).status_code == 400

        issue = await jira.issue("OPS-3")
        assert issue["status"] == "In Progress"
        assert [comment["body"] for comment in issue["comments"]] == ["on it"]


async def test_what_one_may_not_see_looks_as_if_it_did_not_exist() -> None:
    async with running_jira() as jira:
        ada, grace = await jira.as_user("ada"), await jira.as_user("grace")

        assert message(await ada.get("issue/SECRET-1"), 404) == "Issue Does Not Exist"
        assert message(await ada.get("issue/OPS-999"), 404) == "Issue Does Not Exist"
        assert message(await ada.post("issue/SECRET-1/comment", json={"body": "x"}), 404) == "Issue Does Not Exist"
        assert message(await ada.get("project/SECRET"), 404) == "No project could be found with key 'SECRET'."
        assert message(await ada.get("mypermissions", params={"projectKey": "SECRET"}), 404)
        assert [project["key"] for project in (await ada.get("project")).json()] == ["OPS", "WEB"]
        assert (await grace.get("issue/SECRET-1")).status_code == 200


async def test_an_issue_is_found_by_id_and_by_its_key_in_small_letters() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")

        assert (await ada.get("issue/ops-1")).json()["key"] == "OPS-1"
        assert (await ada.get("issue/10000")).json()["key"] == "OPS-1"


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("summary,status", {"summary", "status"}),
        ("*navigable,-summary", None),
        ("nothing", set()),
    ],
)
async def test_only_the_fields_that_were_asked_for_are_shown(fields: str, shown: set[str] | None) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        found = set((await ada.get("issue/OPS-1", params={"fields": fields})).json()["fields"])

        if shown is None:
            assert "summary" not in found
            assert "comment" not in found
            assert "status" in found
        else:
            assert found == shown


async def test_expansions_appear_only_when_asked_for() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        await ada.put("issue/OPS-5/assignee", json={"name": "grace"})
        plain = (await ada.get("issue/OPS-5")).json()
        full = (await ada.get("issue/OPS-5", params={"expand": "renderedFields,names,transitions,changelog"})).json()

        assert set(full) - set(plain) == {"renderedFields", "names", "transitions", "changelog"}
        assert "<script>" not in full["renderedFields"]["description"]
        (history,) = full["changelog"]["histories"]
        assert history["items"][0]["toString"] == "Grace Hopper"


async def test_entity_properties_can_be_written_read_listed_and_removed() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")

        assert (await ada.put("issue/OPS-1/properties/a.b", json={"x": 1})).status_code == 201
        assert (await ada.put("issue/OPS-1/properties/a.b", json={"x": 2})).status_code == 200
        assert (await ada.get("issue/OPS-1/properties/a.b")).json() == {"key": "a.b", "value": {"x": 2}}
        assert [key["key"] for key in (await ada.get("issue/OPS-1/properties")).json()["keys"]] == ["a.b"]
        assert (await ada.delete("issue/OPS-1/properties/a.b")).status_code == 204
        assert message(await ada.get("issue/OPS-1/properties/a.b"), 404)


@pytest.mark.parametrize(
    "properties", [{}, "x", ["x"], [{"key": "a"}], [{"value": 1}], [{"key": "k" * 256, "value": 1}]]
)
async def test_properties_of_a_wrong_shape_are_refused_and_nothing_is_done(properties: Any) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        comment = await ada.post("issue/OPS-1/comment", json={"body": "x", "properties": properties})
        issue = await ada.post("issue", json={"fields": NEW, "properties": properties})

        assert (comment.status_code, issue.status_code) == (400, 400)
        assert (await jira.issue("OPS-1"))["comments"] == []
        assert len((await jira.control("GET", "/state"))["issues"]) == 10


async def test_users_are_found_by_name_and_only_insiders_are_assignable() -> None:
    async with running_jira() as jira:
        grace = await jira.as_user("grace")
        found = (await grace.get("user/search", params={"username": "LOVELACE"})).json()
        insiders = (await grace.get("user/assignable/search", params={"issueKey": "SECRET-1"})).json()
        first = (await grace.get("user/assignable/search", params={"project": "OPS", "maxResults": 1})).json()

        assert [(user["name"], user["key"]) for user in found] == [("ada", "JIRAUSER10100")]
        assert [user["name"] for user in insiders] == ["admin", "grace"]
        assert len(first) == 1
        assert message(await grace.get("user/search"), 400)
        assert message(await grace.get("user/assignable/search"), 400)


async def test_createmeta_has_had_two_levels_since_8_4_and_lost_the_old_one_in_9() -> None:
    for version, gone in (("8.20.7", False), ("9.12.2", True), ("10.3.0", True)):
        async with running_jira(version=version) as jira:
            ada = await jira.as_user("ada")
            types = (await ada.get("issue/createmeta/OPS/issuetypes", params={"maxResults": 2})).json()
            old = await ada.get("issue/createmeta", params={"projectKeys": "OPS"})

            assert set(types) == {"maxResults", "startAt", "total", "isLast", "values"}
            assert (len(types["values"]), types["isLast"]) == (2, False)
            assert old.status_code == (404 if gone else 200)
            assert message(await ada.get("issue/createmeta/SECRET/issuetypes"), 404)


async def test_answers_carry_the_rate_limit_and_whose_they_are() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        headers = (await ada.get("myself")).headers

        assert headers["x-ausername"] == "ada"
        assert headers["retry-after"] == "0"
        assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-interval-seconds"} <= set(headers)


@pytest.mark.parametrize("parameter", ["startAt", "maxResults"])
async def test_a_page_that_is_no_number_is_a_bad_request(parameter: str) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        for path in ("search", "issue/OPS-1/comment", "issue/createmeta/OPS/issuetypes"):
            assert message(await ada.get(path, params={parameter: "many"}), 400)


async def test_an_issue_can_be_looked_at_and_its_text_is_escaped() -> None:
    async with running_jira() as jira:
        page = await jira.http.get("/browse/OPS-5")

        assert page.status_code == 200
        assert "&lt;b&gt;markup&lt;/b&gt; &amp; *stars*" in page.text
        assert "<script>" not in page.text
        assert (await jira.http.get("/browse/OPS-99")).status_code == 404
