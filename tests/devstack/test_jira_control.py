"""The control API: faults, the record of what was received, and what is kept."""

import time
from pathlib import Path

import httpx
import pytest
from tests.devstack.jira_fakes import BASE, running_jira

from devstack.jira.app import create_app
from devstack.jira.state import State


async def test_every_request_is_recorded_without_its_secrets() -> None:
    async with running_jira() as jira:
        form = await jira.consumer.connect()
        await jira.consumer.call("POST", "/issue/OPS-7/comment", {"body": "héllo"})
        recorded = await jira.control("GET", "/requests")
        last = recorded[-1]

        assert (last["method"], last["path"]) == ("POST", "/rest/api/2/issue/OPS-7/comment")
        assert (last["body"], last["status"]) == ({"body": "héllo"}, 201)
        assert 'oauth_consumer_key="bridge-test"' in last["headers"]["authorization"]
        assert 'oauth_signature="***"' in last["headers"]["authorization"]
        for secret in (form["oauth_token"], form["oauth_token_secret"], form["oauth_session_handle"]):
            assert secret not in str(recorded)
            assert secret not in str(await jira.control("GET", "/state"))


async def test_a_personal_access_token_is_not_recorded() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        await ada.get("search", params={"jql": "project = OPS", "fields": ["summary", "status"]})
        (recorded,) = await jira.control("GET", "/requests")

        assert recorded["headers"]["authorization"] == "Bearer ***"
        assert recorded["query"] == {"jql": ["project = OPS"], "fields": ["summary", "status"]}


async def test_calls_are_counted_by_path_and_can_be_forgotten() -> None:
    async with running_jira() as jira:
        for _ in range(3):
            await jira.http.get("/rest/api/2/serverInfo")
        assert await jira.control("GET", "/counters") == {"GET /rest/api/2/serverInfo": 3}

        await jira.control("DELETE", "/requests")
        assert await jira.control("GET", "/counters") == {}
        assert await jira.control("GET", "/requests") == []


async def test_a_fault_hits_as_often_as_it_was_told_and_only_what_matches() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        fault = {"match": "/comment$", "method": "POST", "kind": "status", "status": 429, "retry_after": 7, "times": 2}
        await jira.control("POST", "/faults", **fault)

        for expected in (429, 429, 201):
            answer = await ada.post("issue/OPS-7/comment", json={"body": "x"})
            assert answer.status_code == expected
            assert answer.headers["retry-after"] == ("7" if expected == 429 else "0")
            assert (await ada.get("issue/OPS-7/comment")).status_code == 200


async def test_a_fault_without_an_end_lasts_until_it_is_cleared() -> None:
    async with running_jira() as jira:
        await jira.control("POST", "/faults", match="serverInfo", kind="status", status=502, times=None)
        for _ in range(3):
            assert (await jira.http.get("/rest/api/2/serverInfo")).status_code == 502
        await jira.control("DELETE", "/faults")

        assert (await jira.http.get("/rest/api/2/serverInfo")).status_code == 200


async def test_each_kind_of_fault_does_what_it_says() -> None:
    async with running_jira() as jira:

        async def suffer(kind: str, **more: object) -> httpx.Response:
            await jira.control("POST", "/faults", match="serverInfo", kind=kind, **more)
            return await jira.http.get("/rest/api/2/serverInfo")

        started = time.monotonic()
        assert (await suffer("slow", seconds=0.2)).status_code == 200
        assert time.monotonic() - started >= 0.2
        login = await suffer("html_login")
        assert (login.status_code, login.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert 'oauth_problem="token_rejected"' in (await suffer("revoked")).headers["www-authenticate"]
        assert len((await suffer("oversized", size=3_000_000)).content) == 3_000_000
        redirected = await suffer("redirect", location="http://10.0.0.1/")
        assert (redirected.status_code, redirected.headers["location"]) == (302, "http://10.0.0.1/")
        assert (await suffer("status", status=400, body={"errorMessages": ["no"]})).json() == {"errorMessages": ["no"]}
        with pytest.raises(ConnectionResetError):
            await suffer("reset")


async def test_a_lost_answer_leaves_the_work_done() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        for kind, comments in (("reset", 0), ("lost_answer", 1)):
            await jira.control("POST", "/faults", match="comment", kind=kind)
            with pytest.raises(ConnectionResetError):
                await ada.post("issue/OPS-7/comment", json={"body": "x"})
            assert len((await jira.issue("OPS-7"))["comments"]) == comments


async def test_a_fault_never_hits_the_control_api() -> None:
    async with running_jira() as jira:
        await jira.control("POST", "/faults", match=".*", kind="status", times=None)

        assert await jira.control("GET", "/faults")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "faults", {"match": "(", "kind": "slow"}),
        ("POST", "faults", {"match": "x", "kind": "earthquake"}),
        ("POST", "faults", {}),
        ("PUT", "consumers/x", {}),
        ("PUT", "webhooks", {}),
        ("POST", "tokens/expire", {"kind": "birthday"}),
        ("PUT", "users/x", []),
        ("PUT", "projects/x", {"lead": "nobody"}),
        ("PUT", "settings", {"version": "latest"}),
        ("PUT", "settings", {"accessTokenSeconds": "long"}),
        ("POST", "oauth2-clients", {}),
        ("POST", "oauth2-clients", {"redirectUrl": "https://bridge.test/", "scope": "EVERYTHING"}),
        ("POST", "personal-access-tokens", {"user": "nobody"}),
        ("POST", "tokens/revoke", {"kind": "birthday"}),
    ],
)
async def test_nonsense_is_answered_with_what_is_wrong(method: str, path: str, body: object) -> None:
    async with running_jira() as jira:
        answer = await jira.http.request(method, f"/_control/{path}", json=body)

        assert answer.status_code == 400
        assert answer.json()["error"]


async def test_users_and_projects_can_be_added() -> None:
    async with running_jira() as jira:
        await jira.control("PUT", "/users/edsger", displayName="Edsger Dijkstra")
        await jira.control("PUT", "/projects/THE", name="THE system", members=["edsger"], lead="edsger")
        edsger, ada = await jira.as_user("edsger"), await jira.as_user("ada")

        assert (await edsger.get("myself")).json()["displayName"] == "Edsger Dijkstra"
        assert (await edsger.get("project/THE")).status_code == 200
        assert (await ada.get("project/THE")).status_code == 404


async def test_a_reset_goes_back_to_the_default_world() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        await ada.post("issue/OPS-7/comment", json={"body": "x"})
        await jira.control("POST", "/reset")

        assert (await jira.issue("OPS-7"))["comments"] == []
        assert await jira.control("GET", "/requests") == []
        assert (await ada.get("myself")).status_code == 401


async def test_the_version_can_be_changed_while_it_runs() -> None:
    async with running_jira() as jira:
        await jira.control("PUT", "/settings", version="10.3.6")
        info = (await jira.http.get("/rest/api/2/serverInfo")).json()

        assert (info["versionNumbers"], info["buildNumber"]) == ([10, 3, 6], 1_003_006)


async def test_the_state_file_brings_everything_back(tmp_path: Path) -> None:
    file = tmp_path / "jira.json"

    async def client() -> httpx.AsyncClient:
        transport = httpx.ASGITransport(create_app(State(BASE, file=file)))
        return httpx.AsyncClient(transport=transport, base_url=BASE)

    first = await client()
    await first.put("/_control/users/ada", json={"personalAccessToken": "pat"})
    headers = {"Authorization": "Bearer pat", "X-Atlassian-Token": "no-check"}
    sent = {"body": "kept", "properties": [{"key": "a", "value": {"b": [1, None]}}]}
    await first.post("/rest/api/2/issue/OPS-7/comment", json=sent, headers=headers)
    second = await client()

    kept = await second.get("/rest/api/2/issue/OPS-7/comment", params={"expand": "properties"}, headers=headers)
    assert kept.json()["comments"][0]["properties"] == [{"key": "a", "value": {"b": [1, None]}}]
    assert (await second.get("/_control/state")).json() == (await first.get("/_control/state")).json()
