"""Personal access tokens of the simulated Jira, and the page on which a person ends what applications may do."""

import base64
from datetime import timedelta

import httpx
import pytest
from tests.devstack.jira_fakes import BASE, CHANGING, CONSUMER, Consumer, Jira, running_jira
from tests.devstack.oauth2_fakes import CLIENT, cookie, linked

TOKENS = "/rest/pat/latest/tokens"
PAGE = "/plugins/servlet/oauth/users/access-tokens"


def bearing(jira: Jira, token: str) -> httpx.AsyncClient:
    """A client that calls with this token."""
    headers = {"Authorization": f"Bearer {token}", **CHANGING}
    return httpx.AsyncClient(transport=httpx.ASGITransport(jira.app), base_url=BASE, headers=headers)


async def test_a_token_that_tests_make_calls_in_its_owners_name() -> None:
    async with running_jira() as jira:
        made = await jira.control("POST", "/personal-access-tokens", user="grace", name="bridge")
        grace = bearing(jira, made["token"])

        assert (await grace.get("/rest/api/2/myself")).json()["name"] == "grace"
        assert (await grace.get("/rest/api/2/issue/SECRET-1")).status_code == 200
        assert (await grace.post("/rest/api/2/issue/OPS-1/comment", json={"body": "x"})).status_code == 201


async def test_a_person_makes_lists_and_revokes_his_own_tokens() -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")
        created = await ada.post(f"{BASE}{TOKENS}", json={"name": "bridge", "expirationDuration": 90})
        made = created.json()
        new = bearing(jira, made["rawToken"])

        assert created.status_code == 201
        assert set(made) == {"id", "name", "createdAt", "expiringAt", "rawToken"}
        assert base64.b64decode(made["rawToken"])[12:13] == b":"
        assert (await new.get("/rest/api/2/myself")).json()["name"] == "ada"
        listed = (await new.get(TOKENS)).json()
        assert listed == [{name: value for name, value in made.items() if name != "rawToken"}]

        assert (await new.delete(f"{TOKENS}/{made['id']}")).status_code == 204
        assert (await new.get("/rest/api/2/myself")).status_code == 401
        assert (await ada.get(f"{BASE}{TOKENS}")).json() == []


async def test_nobody_sees_or_revokes_the_tokens_of_others() -> None:
    async with running_jira() as jira:
        made = await jira.control("POST", "/personal-access-tokens", user="grace")
        ada = await jira.as_user("ada")

        assert (await ada.get(f"{BASE}{TOKENS}")).json() == []
        assert (await ada.delete(f"{BASE}{TOKENS}/{made['id']}")).status_code == 404
        assert (await jira.http.get(TOKENS)).status_code == 401


async def test_a_token_ends_on_its_day() -> None:
    async with running_jira() as jira:
        short = await jira.control("POST", "/personal-access-tokens", user="ada", seconds=5)
        lasting = await jira.control("POST", "/personal-access-tokens", user="ada")
        jira.clock.moved += timedelta(seconds=6)

        assert (await bearing(jira, short["token"]).get("/rest/api/2/myself")).status_code == 401
        assert (await bearing(jira, lasting["token"]).get("/rest/api/2/myself")).status_code == 200
        await jira.control("POST", "/tokens/expire", kind="pat")
        assert (await bearing(jira, lasting["token"]).get("/rest/api/2/myself")).status_code == 401


async def test_tests_may_choose_the_value_of_a_token_and_revoke_it() -> None:
    async with running_jira() as jira:
        await jira.control("POST", "/personal-access-tokens", user="ada", token="recognisable+/=")
        ada = bearing(jira, "recognisable+/=")
        assert (await ada.get("/rest/api/2/myself")).status_code == 200

        assert await jira.control("POST", "/tokens/revoke", kind="pat", user="grace") == {"revoked": 0}
        assert await jira.control("POST", "/tokens/revoke", kind="pat", user="ada") == {"revoked": 1}
        assert (await ada.get("/rest/api/2/myself")).status_code == 401


@pytest.mark.parametrize("body", [{}, {"name": " "}, {"name": "x", "expirationDuration": 0}, {"name": 7}, []])
async def test_a_token_needs_a_name_and_days_that_are_a_number(body: object) -> None:
    async with running_jira() as jira:
        ada = await jira.as_user("ada")

        assert (await ada.post(f"{BASE}{TOKENS}", json=body)).status_code == 400


async def test_a_jira_before_8_14_knows_no_personal_access_tokens() -> None:
    async with running_jira(version="8.13.1") as jira:
        ada = await jira.as_user("ada")

        assert (await ada.get(f"{BASE}{TOKENS}")).status_code == 404


@pytest.mark.parametrize("token", ["", "guessed", "gueßed", "ü"])
async def test_a_bearer_that_nobody_has_is_refused(token: str) -> None:
    async with running_jira() as jira:
        headers = [(b"Authorization", f"Bearer {token}".encode())]

        assert (await jira.http.get("/rest/api/2/myself", headers=headers)).status_code == 401


async def test_no_token_is_recorded_or_shown() -> None:
    async with running_jira() as jira:
        made = await jira.control("POST", "/personal-access-tokens", user="ada")
        await bearing(jira, made["token"]).get("/rest/api/2/myself")

        assert made["token"] not in str(await jira.control("GET", "/requests"))
        assert made["token"] not in str(await jira.control("GET", "/state"))


async def test_a_person_ends_an_oauth1_link_on_the_page_of_authorized_applications() -> None:
    async with running_jira() as jira:
        other = Consumer(jira.http)
        await jira.consumer.connect("ada")
        await other.connect("linus")
        page = await jira.http.get(PAGE, headers=cookie("ada"))
        assert f"value='{CONSUMER}'" in page.text
        await jira.http.post(PAGE, data={"application": CONSUMER, "revoke": "x"}, headers=cookie("ada"))
        refused = await jira.consumer.call("GET", "/myself")

        assert refused.status_code == 401
        assert 'oauth_problem="token_rejected"' in refused.headers["www-authenticate"]
        assert CONSUMER not in (await jira.http.get(PAGE, headers=cookie("ada"))).text
        assert (await other.call("GET", "/myself")).status_code == 200


async def test_a_person_ends_an_oauth2_link_on_the_same_page() -> None:
    async with linked() as application:
        ada, linus = await application.connect("ada"), await application.connect("linus")
        await application.jira.http.post(PAGE, data={"application": CLIENT}, headers=cookie("ada"))

        assert (await application.call(ada["access_token"])).status_code == 401
        assert (await application.refresh(ada["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await application.call(linus["access_token"])).status_code == 200


async def test_the_page_is_for_who_is_logged_in() -> None:
    async with running_jira() as jira:
        for answer in (await jira.http.get(PAGE), await jira.http.post(PAGE, data={"application": CONSUMER})):
            assert answer.status_code == 302
            assert answer.headers["location"].startswith(f"{BASE}/login?")


async def test_tests_revoke_what_applications_may_do() -> None:
    async with linked() as application:
        token = await application.connect("ada")
        await application.refresh(token["refresh_token"])

        assert await application.jira.control("POST", "/tokens/revoke", user="ada") == {"revoked": 1}
