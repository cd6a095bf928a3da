"""Who may call the simulated Jira, and how it says no."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from tests.devstack.jira_fakes import BASE, CALLBACK, Browser, Consumer, key_pair, running_jira


def problem(answer: httpx.Response) -> str:
    assert answer.status_code == 401, answer.text
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('OAuth realm="')
    return challenge.partition('oauth_problem="')[2].rstrip('"')


async def test_the_whole_dance_ends_with_calls_in_the_users_name() -> None:
    async with running_jira() as jira:
        form = await jira.consumer.connect("grace")

        assert set(form) == {
            "oauth_token",
            "oauth_token_secret",
            "oauth_expires_in",
            "oauth_session_handle",
            "oauth_authorization_expires_in",
        }
        assert form["oauth_expires_in"] == "157680000"
        assert form["oauth_authorization_expires_in"] == "160272000"
        assert (await jira.consumer.call("GET", "/myself")).json()["name"] == "grace"


async def test_a_signed_call_may_have_query_and_body() -> None:
    async with running_jira() as jira:
        await jira.consumer.connect()

        found = await jira.consumer.call("GET", "/search", jql='project = OPS AND text ~ "backup"', maxResults=1)
        added = await jira.consumer.call("POST", "/issue/OPS-1/comment", {"body": "Ünïcode & 100 % ü"}, expand="a b")

        assert found.json()["total"] == 1
        assert added.json()["body"] == "Ünïcode & 100 % ü"


async def test_without_credentials_only_the_server_info_is_open() -> None:
    async with running_jira() as jira:
        assert (await jira.http.get("/rest/api/2/serverInfo")).status_code == 200
        refused = await jira.http.get("/rest/api/2/myself")

        assert problem(refused) == ""
        assert "errorMessages" in refused.json()


async def test_a_refusal_sends_the_browser_back_with_the_verifier_denied() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token()
        told = await Browser(jira.http).decide(token, "deny")

        assert told == {"oauth_token": token, "oauth_verifier": "denied"}
        swap = await jira.consumer.post_servlet("access-token", resource_owner_key=token, verifier="denied")
        assert problem(swap) == "permission_denied"


async def test_a_callback_with_a_query_keeps_it() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token(f"{CALLBACK}?tenant=7")
        told = await Browser(jira.http).decide(token, "approve")

        assert told["tenant"] == "7"
        assert told["oauth_token"] == token


async def test_a_browser_that_is_not_logged_in_logs_in_first_and_comes_back() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token()
        sent_away = await jira.http.get("/plugins/servlet/oauth/authorize", params={"oauth_token": token})
        login = await jira.http.get(sent_away.headers["location"])
        assert "Ada Lovelace" in login.text
        back = await jira.http.get(sent_away.headers["location"] + "&user=linus")
        page = await jira.http.get(back.headers["location"])

        assert "Linus Torvalds" in page.text
        assert "Bridge" in page.text


async def test_the_login_page_sends_nobody_to_another_site() -> None:
    async with running_jira() as jira:
        for destination in ("https://evil.test/", "//evil.test/"):
            answer = await jira.http.get("/login", params={"user": "ada", "os_destination": destination})
            assert urlsplit(answer.headers["location"]).netloc == "jira.test"


async def test_out_of_band_shows_the_verifier() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token("oob")
        page = await Browser(jira.http).press(token, "approve")
        verifier = page.text.partition("id='verifier'>")[2].partition("<")[0]
        swap = await jira.consumer.post_servlet("access-token", resource_owner_key=token, verifier=verifier)

        assert swap.status_code == 200


async def test_an_unknown_consumer_is_named_as_such() -> None:
    async with running_jira() as jira:
        jira.consumer.key = "somebody-else"
        answer = await jira.consumer.post_servlet("request-token", callback_uri=CALLBACK)

        assert problem(answer) == "consumer_key_unknown"
        assert answer.text == "oauth_problem=consumer_key_unknown"


async def test_a_signature_with_another_key_is_invalid() -> None:
    async with running_jira() as jira:
        await jira.consumer.connect()
        jira.consumer.private_key = key_pair("second")[0]

        assert problem(await jira.consumer.post_servlet("request-token", callback_uri=CALLBACK)) == "signature_invalid"
        assert problem(await jira.consumer.call("GET", "/myself")) == "signature_invalid"


async def test_a_signature_for_another_path_or_query_is_invalid() -> None:
    async with running_jira() as jira:
        await jira.consumer.connect()
        for other in ("/rest/api/2/project", "/rest/api/2/myself?expand=groups"):
            headers = jira.consumer.signed("GET", f"{BASE}{other}", resource_owner_key=jira.consumer.token)
            assert problem(await jira.http.get("/rest/api/2/myself", headers=headers)) == "signature_invalid"


async def test_a_call_through_a_proxy_jira_does_not_know_of_is_invalid_until_the_base_url_is_signed() -> None:
    async with running_jira() as jira:
        await jira.consumer.connect()
        jira.consumer.base_url = "https://proxy.test"
        assert problem(await jira.consumer.call("GET", "/myself")) == "signature_invalid"

        await jira.control("PUT", "/settings", baseUrl="https://proxy.test")

        assert (await jira.consumer.call("GET", "/myself")).status_code == 200


async def test_a_context_path_is_part_of_the_address_and_of_the_signature() -> None:
    async with running_jira(f"{BASE}/jira") as jira:
        await jira.consumer.connect()
        answer = await jira.consumer.call("GET", "/myself")

        assert answer.json()["self"].startswith(f"{BASE}/jira/rest/api/2/")
        assert (await jira.http.get(f"{BASE}/rest/api/2/serverInfo")).status_code == 404


async def test_a_replayed_request_is_refused() -> None:
    async with running_jira() as jira:
        await jira.consumer.connect()
        headers = jira.consumer.signed("GET", f"{BASE}/rest/api/2/myself", resource_owner_key=jira.consumer.token)

        assert (await jira.http.get("/rest/api/2/myself", headers=headers)).status_code == 200
        assert problem(await jira.http.get("/rest/api/2/myself", headers=headers)) == "nonce_used"


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_timestamp_more_than_five_minutes_off_is_refused(minutes: int) -> None:
    async with running_jira() as jira:
        await jira.consumer.connect()
        jira.clock.moved = timedelta(minutes=minutes)

        assert problem(await jira.consumer.call("GET", "/myself")) == "timestamp_refused"


async def test_a_revoked_token_is_rejected_for_its_user_only() -> None:
    async with running_jira() as jira:
        other = Consumer(jira.http)
        await jira.consumer.connect("ada")
        await other.connect("linus")

        assert await jira.control("POST", "/tokens/revoke", user="ada") == {"revoked": 1}

        assert problem(await jira.consumer.call("GET", "/myself")) == "token_rejected"
        assert (await other.call("GET", "/myself")).status_code == 200


async def test_an_expired_access_token_is_named_as_such() -> None:
    async with running_jira() as jira:
        await jira.consumer.connect()
        await jira.control("POST", "/tokens/expire", kind="access")

        assert problem(await jira.consumer.call("GET", "/myself")) == "token_expired"


async def test_a_token_of_another_consumer_is_rejected() -> None:
    async with running_jira() as jira:
        await jira.consumer.connect()
        await jira.control("PUT", "/consumers/second", publicKey=key_pair("second")[1])
        jira.consumer.key, jira.consumer.private_key = "second", key_pair("second")[0]

        assert problem(await jira.consumer.call("GET", "/myself")) == "token_rejected"


async def test_a_request_token_lives_ten_minutes() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token()
        told = await Browser(jira.http).decide(token, "approve")
        late = await jira.consumer.request_token()
        await jira.control("POST", "/tokens/expire", kind="request")

        assert (await Browser(jira.http).open(late)).status_code == 400
        assert (await Browser(jira.http).press(late, "approve")).status_code == 400
        swap = await jira.consumer.post_servlet(
            "access-token", resource_owner_key=token, verifier=told["oauth_verifier"]
        )
        assert problem(swap) == "token_expired"


async def test_a_request_token_nobody_has_allowed_yet_cannot_be_swapped() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token()
        swap = await jira.consumer.post_servlet("access-token", resource_owner_key=token, verifier="guessed-it")

        assert problem(swap) == "permission_unknown"


async def test_a_wrong_verifier_is_rejected_and_the_right_one_works_only_once() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token()
        told = await Browser(jira.http).decide(token, "approve")
        wrong = await jira.consumer.post_servlet("access-token", resource_owner_key=token, verifier="guessed-it")
        right = {"resource_owner_key": token, "verifier": told["oauth_verifier"]}

        assert problem(wrong) == "token_rejected"
        assert (await jira.consumer.post_servlet("access-token", **right)).status_code == 200
        assert problem(await jira.consumer.post_servlet("access-token", **right)) == "token_rejected"


async def test_the_decision_about_a_token_is_final() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token()
        await Browser(jira.http, user="ada").decide(token, "approve")

        assert (await Browser(jira.http, user="linus").open(token)).status_code == 400
        assert (await Browser(jira.http, user="linus").press(token, "approve")).status_code == 400


async def test_only_rsa_sha1_is_accepted() -> None:
    async with running_jira() as jira:
        jira.consumer.signing = {"signature_method": "HMAC-SHA1", "client_secret": "s"}
        answer = await jira.consumer.post_servlet("request-token", callback_uri=CALLBACK)

        assert problem(answer) == "signature_method_rejected"


@pytest.mark.parametrize("header", ["OAuth", "OAuth oauth_token=x", 'OAuth oauth_consumer_key="bridge-test"'])
async def test_a_header_without_the_mandatory_parameters_is_refused(header: str) -> None:
    async with running_jira() as jira:
        answer = await jira.http.get("/rest/api/2/myself", headers={"Authorization": header})

        assert problem(answer) in ("parameter_absent", "parameter_rejected", "")


async def test_a_callback_that_is_no_web_address_is_refused() -> None:
    async with running_jira() as jira:
        answer = await jira.consumer.post_servlet("request-token", callback_uri="javascript:alert(1)")

        assert problem(answer) == "parameter_rejected"


async def test_a_consumer_needs_an_rsa_key_in_pem_or_as_jiras_form_takes_it() -> None:
    async with running_jira() as jira:
        bare = "".join(key_pair()[1].splitlines()[1:-1])
        refused = await jira.http.put("/_control/consumers/x", json={"publicKey": "nonsense"})
        await jira.control("PUT", "/consumers/bridge-test", publicKey=bare)

        assert refused.status_code == 400
        await jira.consumer.connect()


async def test_a_deactivated_user_may_not_call() -> None:
    async with running_jira() as jira:
        await jira.consumer.connect("linus")
        await jira.control("PUT", "/users/linus", active=False)

        assert problem(await jira.consumer.call("GET", "/myself")) == ""


async def test_the_authorize_page_escapes_what_it_shows() -> None:
    async with running_jira() as jira:
        await jira.control("PUT", "/consumers/bridge-test", publicKey=key_pair()[1], name="<script>alert(1)</script>")
        page = await Browser(jira.http).open(await jira.consumer.request_token())

        assert "<script>" not in page.text


async def test_the_callback_gets_exactly_token_and_verifier() -> None:
    async with running_jira() as jira:
        token = await jira.consumer.request_token()
        answer = await Browser(jira.http).press(token, "approve")

        assert [name for name, _ in parse_qsl(urlsplit(answer.headers["location"]).query)] == [
            "oauth_token",
            "oauth_verifier",
        ]
