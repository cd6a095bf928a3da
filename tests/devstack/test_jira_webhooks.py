"""What the simulated Jira tells webhooks, beside what real ones sent."""

import hmac
import json
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.devstack.jira_fakes import Jira, Receiver, reference

HOOK = "https://bridge.test/hook?secret=path"


async def told(
    version: str = "8.20.7", receiver: Receiver | None = None, **hook: Any
) -> tuple[Jira, httpx.AsyncClient]:
    """A Jira with one webhook, and ada."""
    jira = Jira(version=version, receiver=receiver)
    await jira.control("PUT", "/webhooks", url=HOOK, **hook)
    return jira, await jira.as_user("ada")


async def heard(jira: Jira) -> list[dict[str, Any]]:
    await jira.control("GET", "/webhooks/deliveries")
    return jira.receiver.heard


def sample(name: str) -> Any:
    return json.loads(reference(f"jira-webhooks/{name}.json").read_text())


def names(body: Any) -> set[str]:
    return {name for name in body if not name.startswith("customfield_")}


def same_names(ours: Any, theirs: Any) -> None:
    """Users carry no accountId in Data Center; the two Cloud-shaped samples have one."""
    assert names(ours) == names(theirs)
    assert names(ours.get("user", {})) == names(theirs.get("user", {})) - {"accountId"}
    if "changelog" in theirs:
        assert set(ours["changelog"]) == set(theirs["changelog"])
        assert set(ours["changelog"]["items"][0]) <= set(theirs["changelog"]["items"][0])
    if "issue" in theirs:
        assert names(ours["issue"]) == names(theirs["issue"])
        later = {"security"}  # appears only where a security scheme is installed
        assert names(ours["issue"]["fields"]) >= names(theirs["issue"]["fields"]) - later
    if "comment" in theirs:
        assert set(ours["comment"]) == set(theirs["comment"])
        assert set(ours["comment"]["author"]) == set(theirs["comment"]["author"])


async def test_one_comment_is_told_twice_first_without_its_issue() -> None:
    jira, ada = await told()
    await ada.post("issue/OPS-7/comment", json={"body": "deployed", "properties": [{"key": "a", "value": 1}]})
    alone, with_issue = await heard(jira)

    assert alone["webhookEvent"] == "comment_created"
    assert "issue" not in alone
    assert "/issue/10006/comment/" in alone["comment"]["self"]
    assert with_issue["webhookEvent"] == "jira:issue_updated"
    assert with_issue["issue_event_type_name"] == "issue_commented"
    assert with_issue["issue"]["key"] == "OPS-7"
    assert with_issue["comment"] == alone["comment"]
    assert with_issue["timestamp"] - alone["timestamp"] == 10
    assert "changelog" not in with_issue
    same_names(alone, sample("webhook-server-comment-created"))
    same_names(with_issue, sample("webhook-server-issue-updated-commented-1"))


async def test_a_new_issue_is_told_once() -> None:
    jira, ada = await told()
    fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "New", "description": "Why"}
    await ada.post("issue", json={"fields": fields})
    (body,) = await heard(jira)

    assert (body["webhookEvent"], body["issue_event_type_name"]) == ("jira:issue_created", "issue_created")
    assert body["user"]["name"] == "ada"
    assert body["issue"]["fields"]["summary"] == "New"
    same_names(body, sample("webhook-issue-created"))


async def test_an_assignment_is_told_with_user_keys_and_names() -> None:
    jira, ada = await told()
    await ada.put("issue/OPS-1/assignee", json={"name": "grace"})
    await ada.put("issue/OPS-1/assignee", json={"name": "grace"})
    (body,) = await heard(jira)

    assert body["issue_event_type_name"] == "issue_assigned"
    assert body["changelog"]["items"] == [
        {
            "field": "assignee",
            "fieldtype": "jira",
            "from": "JIRAUSER10100",
            "fromString": "Ada Lovelace",
            "to": "JIRAUSER10101",
            "toString": "Grace Hopper",
        }
    ]
    theirs = sample("webhook-server-old-issue-updated-no-event-type-assigned")
    same_names(body, theirs | {"issue_event_type_name": "issue_assigned"})


async def test_a_transition_is_told_with_both_statuses() -> None:
    jira, ada = await told()
    await ada.post("issue/OPS-1/transitions", json={"transition": {"id": "21"}})
    await ada.post("issue/OPS-1/transitions", json={"transition": {"id": "31"}})
    started, done = await heard(jira)

    (status,) = started["changelog"]["items"]
    assert (status["field"], status["fromString"], status["toString"]) == ("status", "To Do", "In Progress")
    assert [item["field"] for item in done["changelog"]["items"]] == ["resolution", "status"]
    assert done["issue"]["fields"]["resolution"]["name"] == "Done"
    same_names(started, sample("webhook-server-issue-updated-in-progress"))
    same_names(done, sample("webhook-server-issue-updated-closed"))


async def test_a_transition_with_a_comment_is_told_in_order() -> None:
    jira, ada = await told()
    sent: dict[str, Any] = {"transition": {"id": "21"}, "update": {"comment": [{"add": {"body": "on it"}}]}}
    await ada.post("issue/OPS-1/transitions", json=sent)

    assert [body.get("issue_event_type_name") for body in await heard(jira)] == [
        "issue_generic",
        None,
        "issue_commented",
    ]


async def test_deliveries_carry_an_identifier_and_say_in_the_url_who_did_it() -> None:
    jira, ada = await told()
    await ada.post("issue/OPS-7/comment", json={"body": "x"})
    await heard(jira)
    query = parse_qs(urlsplit(jira.receiver.urls[0]).query)

    assert query == {"secret": ["path"], "user_id": ["ada"], "user_key": ["JIRAUSER10100"]}
    assert jira.receiver.headers[0]["content-type"] == "application/json; charset=UTF-8"
    identifiers = [headers["x-atlassian-webhook-identifier"] for headers in jira.receiver.headers]
    assert len(set(identifiers)) == 2


@pytest.mark.parametrize(("version", "signed"), [("8.20.7", False), ("9.12.2", False), ("10.3.0", True)])
async def test_bodies_are_signed_since_version_ten_when_there_is_a_secret(version: str, signed: bool) -> None:
    jira, ada = await told(version, secret="s3cret")
    await ada.put("issue/OPS-1/assignee", json={"name": "linus"})
    await heard(jira)
    expected = "sha256=" + hmac.new(b"s3cret", jira.receiver.raw[0], sha256).hexdigest()

    assert jira.receiver.headers[0].get("x-hub-signature") == (expected if signed else None)


async def test_only_the_events_that_were_asked_for_are_told() -> None:
    jira, ada = await told(events=["comment_created"])
    await ada.post("issue/OPS-7/comment", json={"body": "x"})
    await ada.put("issue/OPS-1/assignee", json={"name": "linus"})

    assert [body["webhookEvent"] for body in await heard(jira)] == ["comment_created"]


async def test_a_failed_delivery_is_recorded_and_not_repeated() -> None:
    jira, ada = await told(receiver=Receiver(status=503))
    await ada.put("issue/OPS-1/assignee", json={"name": "linus"})
    (delivery,) = await jira.control("GET", "/webhooks/deliveries")

    assert (delivery["status"], delivery["answer"], delivery["error"]) == (503, "heard", None)
    assert len(jira.receiver.heard) == 1


async def test_nothing_is_told_when_nothing_was_done() -> None:
    jira, ada = await told()
    await ada.post("issue/OPS-7/comment", json={"body": ""})
    await ada.post("issue/OPS-7/transitions", json={"transition": {"id": "11"}})
    await ada.get("issue/OPS-7")

    assert await heard(jira) == []
