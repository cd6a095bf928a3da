"""How an administrator makes webhooks in the simulated Jira, before version 10 and since."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx
import pytest
from tests.devstack.jira_fakes import BASE, CHANGING, CONSUMER, Jira, key_pair, running_jira
from tests.devstack.oauth2_fakes import linked

BEFORE_10 = "/rest/webhooks/1.0/webhook"
SINCE_10 = "/rest/jira-webhook/1.0/webhooks"
HOOK = "https://bridge.test/hook?secret=path"
GENERATIONS = [("8.20.7", BEFORE_10), ("9.12.0", BEFORE_10), ("10.3.0", SINCE_10)]


@dataclass
class Administered:
    jira: Jira
    admin: httpx.AsyncClient
    ada: httpx.AsyncClient
    path: str

    async def make(self, **body: Any) -> httpx.Response:
        """Make a webhook as the administrator."""
        return await self.admin.post(self.path, json={"name": "Bridge", "url": HOOK} | body)

    async def comment(self, issue: str = "OPS-7") -> list[dict[str, Any]]:
        """Ada comments; what the receiver has heard since it began to listen."""
        await self.ada.post(f"/rest/api/2/issue/{issue}/comment", json={"body": "ünïcode"})
        await self.jira.control("GET", "/webhooks/deliveries")
        return self.jira.receiver.heard


@asynccontextmanager
async def administered(version: str) -> AsyncIterator[Administered]:
    """A Jira of this version, its administrator, and ada who is none."""
    async with running_jira(version=version) as jira:

        def person(name: str) -> httpx.AsyncClient:
            headers = {"Authorization": f"Bearer pat-of-{name}", **CHANGING}
            return httpx.AsyncClient(transport=httpx.ASGITransport(jira.app), base_url=BASE, headers=headers)

        for name in ("admin", "ada"):
            await jira.control("PUT", f"/users/{name}", personalAccessToken=f"pat-of-{name}")
        yield Administered(jira, person("admin"), person("ada"), dict(GENERATIONS)[version])


async def test_before_ten_a_webhook_is_shown_in_the_old_shape() -> None:
    async with administered("9.12.0") as at:
        filters = {"issue-related-events-section": "project = OPS"}
        made = await at.make(events=["comment_created"], filters=filters, excludeBody=False)
        shown = made.json()

        assert made.status_code == 201
        assert shown.pop("lastUpdated") > 1_700_000_000_000
        assert shown == {
            "name": "Bridge",
            "url": HOOK,
            "events": ["comment_created"],
            "filters": filters,
            "excludeBody": False,
            "enabled": True,
            "self": f"{BASE}{BEFORE_10}/10000",
            "lastUpdatedUser": "JIRAUSER10000",
            "lastUpdatedDisplayName": "Jira Administrator",
        }


async def test_since_ten_a_webhook_is_shown_in_the_new_shape_without_its_secret() -> None:
    async with administered("10.3.0") as at:
        made = await at.make(events=["comment_created"], configuration={"SECRET": "hush", "EXCLUDE_BODY": "false"})
        shown = made.json()

        assert made.status_code == 201
        assert (shown["id"], shown["name"], shown["url"]) == (10000, "Bridge", HOOK)
        assert (shown["active"], shown["scopeType"], shown["sslVerificationRequired"]) == (True, "global", True)
        assert shown["createdDate"] == shown["updatedDate"]
        for seen in (made.text, await at.jira.control("GET", "/requests"), await at.jira.control("GET", "/state")):
            assert "hush" not in str(seen)


@pytest.mark.parametrize(("version", "path"), GENERATIONS)
async def test_a_webhook_is_listed_shown_changed_and_deleted(version: str, path: str) -> None:
    async with administered(version) as at:
        made = (await at.make(events=["comment_created"])).json()
        one = f"{path}/10000"

        assert (await at.admin.get(path)).json() == [made]
        assert (await at.admin.get(one)).json() == made
        changed = await at.admin.put(one, json=made | {"events": ["jira:issue_created"]})
        assert (changed.status_code, changed.json()["events"]) == (200, ["jira:issue_created"])
        assert (await at.admin.delete(one)).status_code == 204
        assert (await at.admin.get(path)).json() == []
        for method in ("GET", "PUT", "DELETE"):
            assert (await at.admin.request(method, one, json={})).status_code == 404


@pytest.mark.parametrize(("version", "path"), GENERATIONS)
async def test_each_version_knows_only_its_own_resource(version: str, path: str) -> None:
    async with administered(version) as at:
        other = SINCE_10 if path == BEFORE_10 else BEFORE_10

        assert (await at.admin.get(path)).status_code == 200
        assert (await at.admin.get(other)).status_code == 404
        assert (await at.admin.post(other, json={"name": "x", "url": HOOK})).status_code == 404


@pytest.mark.parametrize(("version", "path"), GENERATIONS)
async def test_only_administrators_may(version: str, path: str) -> None:
    async with administered(version) as at:
        await at.make()
        for method, where in (("GET", path), ("POST", path), ("PUT", f"{path}/10000"), ("DELETE", f"{path}/10000")):
            assert (await at.ada.request(method, where, json={"name": "x", "url": HOOK})).status_code == 403
            assert (await at.jira.http.request(method, where, json={})).status_code == 401
        assert len((await at.admin.get(path)).json()) == 1

        await at.jira.control("PUT", "/users/ada", administrator=True)
        assert (await at.ada.get(path)).status_code == 200


async def test_an_administrators_rights_are_shown_in_his_permissions() -> None:
    async with administered("9.12.0") as at:

        async def may(person: httpx.AsyncClient) -> bool:
            permissions = (await person.get("/rest/api/2/mypermissions")).json()["permissions"]
            return bool(permissions["ADMINISTER"]["havePermission"])

        assert await may(at.admin)
        assert not await may(at.ada)


async def test_an_administrator_makes_a_webhook_with_a_signed_call_too() -> None:
    async with running_jira(version="10.3.0") as jira:
        await jira.control("PUT", f"/consumers/{CONSUMER}", publicKey=key_pair()[1])
        await jira.consumer.connect("admin")
        headers = jira.consumer.signed("POST", f"{BASE}{SINCE_10}", resource_owner_key=jira.consumer.token) | CHANGING
        made = await jira.http.post(SINCE_10, json={"name": "Bridge", "url": HOOK}, headers=headers)

        assert made.status_code == 201


@pytest.mark.parametrize(("scope", "status"), [("WRITE", 403), ("ADMIN", 201), ("SYSTEM_ADMIN", 201)])
async def test_an_oauth2_link_administers_only_with_a_scope_for_it(scope: str, status: int) -> None:
    async with linked("10.3.0", scope="SYSTEM_ADMIN") as application:
        code = await application.code("admin", scope=scope)
        token = (await application.swap(code)).json()["access_token"]
        made = await application.call(token, "POST", SINCE_10, json={"name": "Bridge", "url": HOOK})

        assert made.status_code == status


async def test_a_secret_of_the_configuration_signs_the_raw_body() -> None:
    async with administered("10.3.0") as at:
        await at.make(configuration={"SECRET": "hush"})
        await at.comment()

        assert len(at.jira.receiver.raw) == 2
        for raw, headers in zip(at.jira.receiver.raw, at.jira.receiver.headers, strict=True):
            assert headers["x-hub-signature"] == "sha256=" + hmac.new(b"hush", raw, sha256).hexdigest()


@pytest.mark.parametrize(
    ("version", "body"),
    [
        ("10.3.0", {"secret": "hush"}),
        ("10.3.0", {"SECRET": "hush"}),
        ("9.12.0", {"secret": "hush"}),
        ("9.12.0", {"configuration": {"SECRET": "hush"}}),
    ],
)
async def test_a_secret_elsewhere_is_silently_ignored(version: str, body: dict[str, Any]) -> None:
    async with administered(version) as at:
        assert (await at.make(**body)).status_code == 201
        await at.comment()

        assert [headers.get("x-hub-signature") for headers in at.jira.receiver.headers] == [None, None]


async def test_a_change_without_a_secret_keeps_the_old_one() -> None:
    async with administered("10.3.0") as at:
        await at.make(configuration={"SECRET": "hush"})
        await at.admin.put(f"{SINCE_10}/10000", json={"name": "Renamed", "configuration": {"EXCLUDE_BODY": "false"}})
        await at.comment()

        assert "x-hub-signature" in at.jira.receiver.headers[0]


@pytest.mark.parametrize(("version", "path"), GENERATIONS)
async def test_what_is_told_is_what_was_asked_for(version: str, path: str) -> None:
    async with administered(version) as at:
        await at.make(events=["comment_created"])

        assert [body["webhookEvent"] for body in await at.comment()] == ["comment_created"]
        await at.admin.delete(f"{path}/10000")
        assert len(await at.comment()) == 1


@pytest.mark.parametrize(("version", "switch"), [("9.12.0", {"enabled": False}), ("10.3.0", {"active": False})])
async def test_a_webhook_that_is_switched_off_is_told_nothing(version: str, switch: dict[str, Any]) -> None:
    async with administered(version) as at:
        await at.make(**switch)

        assert await at.comment() == []


@pytest.mark.parametrize(
    ("version", "filters"),
    [
        ("9.12.0", {"filters": {"issue-related-events-section": "project = WEB"}}),
        ("10.3.0", {"configuration": {"FILTERS": '{"issue-related-events-section": "project = WEB"}'}}),
        ("10.3.0", {"configuration": {"FILTERS": {"issue-related-events-section": "project = WEB"}}}),
    ],
)
async def test_a_filter_keeps_other_issues_out(version: str, filters: dict[str, Any]) -> None:
    async with administered(version) as at:
        assert (await at.make(**filters)).status_code == 201

        assert await at.comment("OPS-7") == []
        assert len(await at.comment("WEB-1")) == 2


@pytest.mark.parametrize(
    ("version", "body"), [("9.12.0", {"excludeBody": True}), ("10.3.0", {"configuration": {"EXCLUDE_BODY": "true"}})]
)
async def test_a_webhook_may_leave_the_body_out(version: str, body: dict[str, Any]) -> None:
    async with administered(version) as at:
        await at.make(**body)
        await at.ada.post("/rest/api/2/issue/OPS-7/comment", json={"body": "x"})
        deliveries = await at.jira.control("GET", "/webhooks/deliveries")

        assert len(deliveries) == 2
        assert at.jira.receiver.raw == [b"", b""]


async def test_a_jira_may_send_no_identifier() -> None:
    async with administered("10.3.0") as at:
        await at.jira.control("PUT", "/settings", webhookIdentifiers=False)
        await at.make()
        await at.comment()

        assert ["x-atlassian-webhook-identifier" in headers for headers in at.jira.receiver.headers] == [False, False]


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": 7},
        {"url": "not an address"},
        {"url": "ftp://bridge.test/"},
        {"url": None},
        {"events": "comment_created"},
        {"events": [7]},
        {"filters": {"issue-related-events-section": "project ="}},
        {"filters": ["project = OPS"]},
    ],
)
async def test_nonsense_makes_no_webhook(body: dict[str, Any]) -> None:
    async with administered("9.12.0") as at:
        assert (await at.make(**body)).status_code == 400
        assert (await at.admin.get(BEFORE_10)).json() == []


@pytest.mark.parametrize("configuration", [7, {"FILTERS": "{"}, {"FILTERS": "[1]"}])
async def test_a_configuration_must_be_understood(configuration: Any) -> None:
    async with administered("10.3.0") as at:
        assert (await at.make(configuration=configuration)).status_code == 400


async def test_the_resource_suffers_faults_on_demand() -> None:
    async with administered("10.3.0") as at:
        await at.jira.control("POST", "/faults", match="jira-webhook", kind="lost_answer")
        with pytest.raises(ConnectionResetError):
            await at.make()

        assert len((await at.admin.get(SINCE_10)).json()) == 1
