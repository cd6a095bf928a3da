"""The simulated Jira as an OAuth 2.0 provider, asked by the clients of authlib and of oauthlib."""

import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest
from authlib.integrations.base_client import OAuthError
from oauthlib.oauth2 import WebApplicationClient
from tests.devstack.jira_fakes import CALLBACK
from tests.devstack.oauth2_fakes import AUTHORIZE, CLIENT, TOKEN, VERIFIER, linked, told

SECOND = timedelta(seconds=1)
COMMENT = "/rest/api/2/issue/OPS-7/comment"


def refusal(answer: httpx.Response) -> str:
    """The `error` of a refusal by the token endpoint."""
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


async def test_the_whole_dance_ends_with_calls_in_the_persons_name() -> None:
    async with linked() as application:
        token = await application.connect("grace")

        assert {"access_token", "token_type", "expires_in", "refresh_token", "created_at"} <= set(token)
        assert "scope" not in token
        assert (token["token_type"], token["expires_in"]) == ("bearer", 3600)
        assert (await application.call(token["access_token"])).json()["name"] == "grace"
        added = await application.call(token["access_token"], "POST", COMMENT, json={"body": "by grace"})
        assert added.json()["author"]["name"] == "grace"


async def test_the_person_keeps_his_own_rights() -> None:
    async with linked() as application:
        ada, grace = await application.connect("ada"), await application.connect("grace")

        assert (await application.call(ada["access_token"], path="/rest/api/2/issue/SECRET-1")).status_code == 404
        assert (await application.call(grace["access_token"], path="/rest/api/2/issue/SECRET-1")).status_code == 200


async def test_another_client_library_gets_and_refreshes_tokens_too() -> None:
    async with linked() as application:
        client = WebApplicationClient(CLIENT)
        url = client.prepare_request_uri(
            AUTHORIZE,
            redirect_uri=CALLBACK,
            scope="WRITE",
            state="s",
            code_challenge=client.create_code_challenge(VERIFIER, "S256"),
            code_challenge_method="S256",
        )
        page = await application.jira.http.get(url, headers={"Cookie": "simulated_user=linus"})
        back = (await application.press(page, "approve", "linus")).headers["location"]
        code = client.parse_request_uri_response(back, state="s")["code"]

        async def post(body: str) -> Any:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = await application.jira.http.post(TOKEN, content=body, headers=headers)
            return client.parse_request_body_response(answer.text)

        first = await post(
            client.prepare_request_body(
                code, redirect_uri=CALLBACK, code_verifier=VERIFIER, client_secret=application.secret
            )
        )
        assert (await application.call(first["access_token"])).json()["name"] == "linus"
        second = await post(
            client.prepare_refresh_body(
                refresh_token=first["refresh_token"],
                redirect_uri=CALLBACK,
                client_id=CLIENT,
                client_secret=application.secret,
            )
        )
        assert (await application.call(second["access_token"])).json()["name"] == "linus"


async def test_the_page_names_the_application_the_person_and_the_scope() -> None:
    async with linked(name="<b>Bridge</b>") as application:
        page = await application.open("linus")

        assert "&lt;b&gt;Bridge&lt;/b&gt;" in page.text
        assert "Linus Torvalds" in page.text
        assert "<b id='scope'>WRITE</b>" in page.text


async def test_the_browser_brings_code_and_state_back_and_nothing_else() -> None:
    async with linked() as application:
        back = told(await application.press(await application.open(), "approve"))

        assert set(back) == {"code", "state"}
        assert back["state"] == "the-state"


async def test_a_redirect_url_with_a_query_keeps_it() -> None:
    async with linked(redirectUrl=f"{CALLBACK}?tenant=7") as application:
        page = await application.open(redirect_uri=f"{CALLBACK}?tenant=7")

        assert told(await application.press(page, "approve"))["tenant"] == "7"


async def test_a_person_who_denies_is_sent_back_with_an_error() -> None:
    async with linked() as application:
        back = told(await application.press(await application.open(), "deny"))

        assert (back["error"], back["state"]) == ("access_denied", "the-state")
        assert "code" not in back


async def test_a_browser_that_is_not_logged_in_logs_in_first_and_comes_back_to_the_question() -> None:
    async with linked() as application:
        away = await application.open(user=None)
        back = await application.jira.http.get(away.headers["location"] + "&user=linus")
        page = await application.jira.http.get(back.headers["location"], headers={"Cookie": "simulated_user=linus"})

        assert "Linus Torvalds" in page.text
        assert told(await application.press(page, "approve", "linus"))["state"] == "the-state"


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.test/callback"},
        {"redirect_uri": f"{CALLBACK}/more"},
        {"redirect_uri": 'https://evil.test/"ü'},
        {"redirect_uri": None},
        {"client_id": "somebody-else"},
        {"client_id": None},
    ],
)
async def test_a_browser_is_never_sent_to_an_address_that_was_not_registered(changed: dict[str, str | None]) -> None:
    async with linked() as application:
        page = await application.open(**changed)

        assert page.status_code == 400
        assert "id='problem'" in page.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "read:jira-work"}, "invalid_scope"),
        ({"scope": "ADMIN"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
async def test_what_the_link_does_not_cover_is_told_to_the_application(
    changed: dict[str, str | None], error: str
) -> None:
    async with linked() as application:
        back = told(await application.open(**changed))

        assert (back["error"], back["state"]) == (error, "the-state")


async def test_a_link_made_without_pkce_works_without_it() -> None:
    async with linked(pkceRequired=False) as application:
        code = await application.code(code_challenge=None, code_challenge_method=None)

        assert (await application.swap(code, code_verifier=None)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "another-code-verifier-of-forty-three-characters"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": "https://evil.test/"}, "invalid_grant"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"client_secret": None}, "invalid_client"),
        ({"client_id": "somebody-else"}, "invalid_client"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_is_swapped_only_with_all_that_belongs_to_it(changed: dict[str, str | None], error: str) -> None:
    async with linked() as application:
        code = await application.code()

        assert refusal(await application.swap(code, **changed)) == error
        assert (await application.swap(code)).status_code == 200


async def test_a_code_is_good_for_one_use() -> None:
    async with linked() as application:
        code = await application.code()

        assert (await application.swap(code)).status_code == 200
        assert refusal(await application.swap(code)) == "invalid_grant"


async def test_a_code_lives_ten_seconds_or_as_long_as_it_is_set() -> None:
    async with linked() as application:
        await application.jira.control("PUT", "/settings", authorizationCodeSeconds=600)
        lasting = await application.code()
        await application.jira.control("PUT", "/settings", authorizationCodeSeconds=10)
        short = await application.code()
        application.jira.clock.moved += 11 * SECOND

        assert refusal(await application.swap(short)) == "invalid_grant"
        assert (await application.swap(lasting)).status_code == 200


async def test_a_code_belongs_to_the_client_that_asked_for_it() -> None:
    async with linked() as application:
        other = await application.jira.control("POST", "/oauth2-clients", redirectUrl=CALLBACK)
        code = await application.code()
        stolen = await application.swap(code, client_id=other["clientId"], client_secret=other["clientSecret"])

        assert refusal(stolen) == "invalid_grant"


async def test_the_token_endpoint_understands_only_a_form() -> None:
    async with linked() as application:
        answer = await application.jira.http.post(TOKEN, json={"grant_type": "authorization_code"})

        assert answer.status_code == 500


async def test_a_secret_in_a_header_is_not_looked_at() -> None:
    async with linked() as application:
        fields = {"grant_type": "authorization_code", "code": await application.code(), "redirect_uri": CALLBACK}
        answer = await application.jira.http.post(
            TOKEN, data=fields | {"code_verifier": VERIFIER}, auth=(CLIENT, application.secret)
        )

        assert refusal(answer) == "invalid_client"


async def test_refreshing_rotates_both_tokens() -> None:
    async with linked() as application:
        first = await application.connect()
        second = (await application.refresh(first["refresh_token"])).json()

        assert {first["access_token"], first["refresh_token"]}.isdisjoint(second.values())
        assert (await application.call(first["access_token"])).status_code == 401
        assert (await application.call(second["access_token"])).json()["name"] == "ada"
        assert refusal(await application.refresh(first["refresh_token"])) == "invalid_grant"
        assert (await application.refresh(second["refresh_token"])).status_code == 200


async def test_a_refresh_token_that_comes_again_ends_the_grant_where_jira_is_set_so() -> None:
    async with linked() as application:
        await application.jira.control("PUT", "/settings", reuseRevokes=True)
        first, other = await application.connect(), await application.connect("linus")
        second = (await application.refresh(first["refresh_token"])).json()

        assert refusal(await application.refresh(first["refresh_token"])) == "invalid_grant"
        assert (await application.call(second["access_token"])).status_code == 401
        assert refusal(await application.refresh(second["refresh_token"])) == "invalid_grant"
        assert (await application.call(other["access_token"])).status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.test/"}, "invalid_grant"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"refresh_token": "guessed"}, "invalid_grant"),
        ({"refresh_token": None}, "invalid_request"),
    ],
)
async def test_a_refused_refresh_leaves_the_tokens_as_they_were(changed: dict[str, str | None], error: str) -> None:
    async with linked() as application:
        token = await application.connect()

        assert refusal(await application.refresh(token["refresh_token"], **changed)) == error
        assert (await application.call(token["access_token"])).status_code == 200
        assert (await application.refresh(token["refresh_token"])).status_code == 200


async def test_the_client_library_meets_a_refusal_as_an_error() -> None:
    async with linked() as application:
        await application.connect()

        with pytest.raises(OAuthError) as raised:
            await application.client.refresh_token(TOKEN, refresh_token="guessed", redirect_uri=CALLBACK)
        assert raised.value.error == "invalid_grant"


async def test_an_access_token_lives_as_long_as_it_is_set_and_can_then_be_refreshed() -> None:
    async with linked() as application:
        await application.jira.control("PUT", "/settings", accessTokenSeconds=5)
        token = await application.connect()
        assert token["expires_in"] == 5
        assert (await application.call(token["access_token"])).status_code == 200
        application.jira.clock.moved += 6 * SECOND
        late = await application.call(token["access_token"])

        assert late.status_code == 401
        assert late.headers["www-authenticate"].startswith("OAuth realm=")
        refreshed = (await application.refresh(token["refresh_token"])).json()
        assert (await application.call(refreshed["access_token"])).status_code == 200


async def test_a_refresh_token_ends_too() -> None:
    async with linked() as application:
        await application.jira.control("PUT", "/settings", refreshTokenSeconds=60)
        token = await application.connect()
        application.jira.clock.moved += 61 * SECOND

        assert refusal(await application.refresh(token["refresh_token"])) == "invalid_grant"


async def test_tokens_can_be_made_to_expire() -> None:
    async with linked() as application:
        token, code = await application.connect(), await application.code()
        for kind in ("code", "oauth2-access"):
            assert await application.jira.control("POST", "/tokens/expire", kind=kind) == {"expired": 1}

        assert refusal(await application.swap(code)) == "invalid_grant"
        assert (await application.call(token["access_token"])).status_code == 401
        await application.jira.control("POST", "/tokens/expire", kind="oauth2-refresh")
        assert refusal(await application.refresh(token["refresh_token"])) == "invalid_grant"


async def test_a_person_who_was_deactivated_gets_and_uses_no_token() -> None:
    async with linked() as application:
        token, code = await application.connect("linus"), await application.code("linus")
        await application.jira.control("PUT", "/users/linus", active=False)

        assert (await application.call(token["access_token"])).status_code == 401
        assert refusal(await application.swap(code)) == "invalid_grant"
        assert (await application.refresh(token["refresh_token"])).status_code == 400


async def test_a_link_that_was_removed_ends_all_that_was_allowed_to_it() -> None:
    async with linked() as application:
        token = await application.connect()
        await application.jira.control("DELETE", f"/oauth2-clients/{CLIENT}")

        assert (await application.call(token["access_token"])).status_code == 401
        assert refusal(await application.refresh(token["refresh_token"])) == "invalid_client"
        assert (await application.open()).status_code == 400


async def test_a_scope_that_only_reads_cannot_write() -> None:
    async with linked() as application:
        code = await application.code(scope="READ")
        token = (await application.swap(code)).json()["access_token"]

        assert (await application.call(token)).status_code == 200
        assert (await application.call(token, "POST", COMMENT, json={"body": "x"})).status_code == 403


async def test_a_jira_before_8_22_knows_no_oauth2() -> None:
    async with linked("8.20.7") as application:
        assert (await application.open()).status_code == 404
        assert (await application.swap("any")).status_code == 404


async def test_a_lost_answer_to_a_refresh_leaves_the_old_token_spent() -> None:
    async with linked() as application:
        token = await application.connect()
        await application.jira.control("POST", "/faults", match="oauth2/latest/token", kind="lost_answer")
        with pytest.raises(ConnectionResetError):
            await application.refresh(token["refresh_token"])

        assert refusal(await application.refresh(token["refresh_token"])) == "invalid_grant"


async def test_the_token_endpoint_suffers_faults_on_demand() -> None:
    async with linked() as application:
        token = await application.connect()
        fault = {"match": "oauth2/latest/token", "kind": "status", "status": 503, "retry_after": 3}
        await application.jira.control("POST", "/faults", **fault)

        assert (await application.refresh(token["refresh_token"])).headers["retry-after"] == "3"
        assert (await application.refresh(token["refresh_token"])).status_code == 200


async def test_no_secret_of_the_dance_is_recorded_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with linked() as application:
        away = await application.open(user=None)
        code = await application.code()
        token = (await application.swap(code)).json()
        second_token = (await application.refresh(token["refresh_token"])).json()
        await application.call(second_token["access_token"])
        await application.jira.http.get(away.headers["location"])
        everything = str(await application.jira.control("GET", "/requests"))
        everything += str(await application.jira.control("GET", "/state"))
        server_log = "".join(record.getMessage() for record in caplog.records if record.name.startswith("authlib"))

        secrets = [application.secret, code, VERIFIER, "the-state"]
        secrets += [pair[kind] for pair in (token, second_token) for kind in ("access_token", "refresh_token")]
        assert [secret for secret in secrets if secret in everything] == []
        assert [secret for secret in secrets if secret in server_log] == []


async def test_jira_draws_id_and_secret_as_its_own_form_does() -> None:
    async with linked() as application:
        made = await application.jira.control("POST", "/oauth2-clients", redirectUrl=CALLBACK, scope="ADMIN")

        assert (made["redirectUrl"], made["scope"]) == (CALLBACK, "ADMIN")
        assert len(made["clientId"]) >= 32
        assert len(made["clientSecret"]) >= 32


async def test_a_response_type_of_odd_characters_gets_a_page_that_says_so() -> None:
    async with linked() as application:
        page = await application.open(response_type='code"ü')

        assert page.status_code == 400
        assert "id='problem'" in page.text
