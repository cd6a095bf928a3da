"""The five checks: each failure has its own words."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.certificates import Authority
from tests.jira_actor.fakes import CLIENT, Office, listening, office, tenant

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.jira import CheckResult, TenantChecked
from contracts.registry import Tenant, TenantCheckAsked
from devstack.jira.app import create_app
from devstack.jira.faults import Fault
from devstack.jira.state import State
from jira_actor.checks import check
from jira_actor.guard import Reach
from jira_actor.http import Http, Limits
from jira_actor.means import Means


async def checked(desk: Office, means: Means | None = None, registered: Tenant | None = None) -> TenantChecked:
    asked = TenantCheckAsked(
        check_id="c1", tenant=registered or tenant(desk.address, state="pending"), asked_at=datetime.now(UTC)
    )
    return await check(asked, means or desk.means)


def failed(result: TenantChecked) -> CheckResult:
    """Give the one failed check, having seen that those before it are done and those after it skipped."""
    [wrong] = [one for one in result.checks if one.status == "failed"]
    assert all(one.status == "skipped" for one in result.checks[result.checks.index(wrong) + 1 :])
    assert not result.passed
    assert wrong.advice, "every failed check says what to do"
    return wrong


async def test_a_sound_jira_passes_and_says_who_it_is(desk: Office) -> None:
    result = await checked(desk)

    assert result.passed
    assert [(one.name, one.status) for one in result.checks] == [
        ("dns", "ok"),
        ("tcp", "ok"),
        ("tls", "skipped"),
        ("server_info", "ok"),
        ("authentication", "ok"),
    ]
    assert result.jira_version == "8.20.7"
    assert result.signing_base_url == desk.address


async def test_a_jira_in_a_path_passes() -> None:
    async with office(path="/jira") as desk:
        assert (await checked(desk)).passed


async def test_an_unknown_name(desk: Office) -> None:
    wrong = failed(await checked(desk, registered=tenant("http://no-such-host.invalid")))

    assert (wrong.name, wrong.said) == ("dns", "DNS does not know no-such-host.invalid.")


@pytest.mark.parametrize("url", ["http://169.254.169.254", "http://10.0.0.1", "https://user@jira.example.com"])
async def test_an_address_that_is_closed_to_bridge(desk: Office, url: str) -> None:
    assert failed(await checked(desk, registered=tenant(url))).name == "dns"


async def test_a_name_that_leads_to_a_closed_address(desk: Office) -> None:
    means = replace(desk.means, reach=Reach(allow_http=True))

    wrong = failed(await checked(desk, means, tenant("http://localhost:1")))

    assert wrong.name == "dns"
    assert "loopback" in wrong.said


async def test_a_closed_port(desk: Office) -> None:
    wrong = failed(await checked(desk, registered=tenant("http://127.0.0.1:1")))

    assert (wrong.name, wrong.said) == ("tcp", "Nothing listens on port 1.")


async def test_a_port_that_does_not_speak_tls(desk: Office) -> None:
    wrong = failed(await checked(desk, registered=tenant(desk.address.replace("http:", "https:"))))

    assert (wrong.name, wrong.said) == ("tls", "The server does not speak TLS here.")


@pytest.mark.parametrize(
    ("host", "lives", "trusted", "said"),
    [
        ("localhost", 1, True, None),
        ("localhost", 1, False, "comes from an authority that Bridge does not know"),
        ("localhost", -1, True, "has expired"),
        ("jira.example.com", 1, True, "is for another name"),
    ],
)
async def test_certificates(tmp_path: Path, host: str, lives: int, trusted: bool, said: str | None) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.certify(host, timedelta(days=lives))
    async with (
        office() as desk,
        listening(create_app(State("https://localhost")), ssl_certfile=certificate, ssl_keyfile=key) as port,
    ):
        tls = authority.trust() if trusted else desk.means.tls
        http = Http(desk.means.reach, Limits(), tls)
        result = await checked(desk, replace(desk.means, tls=tls, http=http), tenant(f"https://localhost:{port}"))
        await http.aclose()

    check_of_tls = result.checks[2]
    if said is None:
        assert check_of_tls.status == "ok"
        assert result.checks[3].status == "ok"
    else:
        assert said in check_of_tls.said
        assert check_of_tls.status == "failed"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("serverInfo", "html_login"), "web page instead of"),
        (Fault("serverInfo", "status", status=404), "There is no Jira at this address"),
        (Fault("serverInfo", "status", status=200, body={"name": "another product"}), "not a Jira"),
        (Fault("serverInfo", "status", status=200, body={"version": "9", "baseUrl": "jira!"}), "base URL is not valid"),
        (Fault("serverInfo", "redirect"), "redirects to http://169.254.169.254,"),
        (Fault("serverInfo", "redirect", location="/login.jsp"), "redirects somewhere else"),
        (Fault("serverInfo", "redirect", location="https://sso.example.com/in?x=<b>"), "to https://sso.example.com"),
        (Fault("serverInfo", "redirect", location="javascript:alert(1)"), "redirects somewhere else"),
        (Fault("serverInfo", "status", status=503), "did not answer properly"),
    ],
)
async def test_what_is_not_a_jira(desk: Office, fault: Fault, said: str) -> None:
    desk.state.faults.append(fault)

    wrong = failed(await checked(desk))

    assert wrong.name == "server_info"
    assert said in wrong.said


async def test_an_unknown_consumer_key(desk: Office) -> None:
    desk.state.world.consumers.clear()

    wrong = failed(await checked(desk))

    assert (wrong.name, wrong.said) == ("authentication", "Jira does not know Bridge's consumer key.")


async def test_another_public_key_in_the_application_link(desk: Office) -> None:
    desk.keys.private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    wrong = failed(await checked(desk))

    assert wrong.name == "authentication"
    assert "signature" in wrong.said


async def test_a_jira_behind_a_proxy_is_signed_for_as_it_knows_itself(desk: Office) -> None:
    desk.state.base_url = "https://jira.example.com"

    result = await checked(desk)

    assert result.passed
    assert result.signing_base_url == "https://jira.example.com"
    assert "It knows itself as https://jira.example.com" in result.checks[3].said


async def test_clocks_that_differ_are_measured(desk: Office) -> None:
    desk.state.now = lambda: datetime.now(UTC) + timedelta(minutes=17)

    wrong = failed(await checked(desk))

    assert wrong.name == "authentication"
    assert "17 minutes" in wrong.said


async def test_a_jira_without_oauth(desk: Office) -> None:
    desk.state.faults.append(Fault("request-token", "status", status=404))

    assert failed(await checked(desk)).said == "Jira has no OAuth service."


async def test_a_server_that_never_answers_fails_within_bounds() -> None:
    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.close()

    async with office(Limits(total=timedelta(seconds=0.2))) as desk, await _silent(say_nothing) as silent:
        registered = tenant(f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}")
        assert failed(await checked(desk, registered=registered)).name == "server_info"


@pytest.mark.parametrize("code", ["unknown_tenant"])
async def test_a_tenant_that_key_vault_does_not_know_yet_is_tried_again(desk: Office, code: str) -> None:
    desk.keys.refusal = KeysRefusal(code, "not yet")

    with pytest.raises(Unavailable):
        await checked(desk)


async def _silent(talk: Any) -> asyncio.Server:
    return await asyncio.start_server(talk, "127.0.0.1", 0)


async def test_an_address_that_is_closed_is_refused_with_advice_that_can_help(desk: Office) -> None:
    metadata = failed(await checked(desk, registered=tenant("http://169.254.169.254")))
    private = failed(await checked(desk, registered=tenant("http://10.0.0.1")))

    assert "BRIDGE_ALLOWED_NETWORKS" not in (metadata.advice or "")
    assert "BRIDGE_ALLOWED_NETWORKS" in (private.advice or "")


async def test_an_address_outside_of_the_tenants_own_destinations_is_refused_with_advice(desk: Office) -> None:
    wrong = failed(await checked(desk, registered=tenant(desk.address, destinations=("10.0.0.0/8",))))
    assert "not among the destinations" in wrong.said
    assert "destinations" in (wrong.advice or "")


async def test_destinations_that_are_no_networks_are_told(desk: Office) -> None:
    wrong = failed(await checked(desk, registered=tenant(desk.address, destinations=("x",))))
    assert "networks" in wrong.said
    assert "192.0.2.0/24" in (wrong.advice or "")


async def test_a_jira_within_its_own_destinations_passes(desk: Office) -> None:
    assert (await checked(desk, registered=tenant(desk.address, destinations=("127.0.0.0/8",)))).passed


async def test_http_that_redirects_to_https_is_told_what_to_register(desk: Office) -> None:
    desk.state.faults.append(Fault("serverInfo", "redirect", location="https://127.0.0.1:8443/rest/api/2/serverInfo"))

    wrong = failed(await checked(desk))

    assert wrong.said == "This address redirects from http to https, which Bridge does not follow."
    assert wrong.advice == "Register it with https: https://127.0.0.1:8443"


@pytest.mark.parametrize("seen_as", ["https", "registered"])
async def test_a_proxy_that_changes_the_address_is_told_from_a_wrong_key(desk: Office, seen_as: str) -> None:
    """Jira is reached under one address, says that it has a second, and checks signatures for a third."""
    told = "https://jira.example.com"
    desk.state.base_url = "http://jira.example.com" if seen_as == "https" else desk.address
    info = {"baseUrl": told, "version": "9.12.0"}
    desk.state.faults.append(Fault("serverInfo", "status", status=200, body=info, times=None))

    wrong = failed(await checked(desk))

    assert wrong.name == "authentication"
    assert wrong.said.startswith(f"A proxy changes the address: Jira is called as {desk.state.base_url}, ")
    assert told in wrong.said
    assert "proxyName" in (wrong.advice or "")


async def test_a_wrong_key_behind_a_proxy_is_told_from_the_proxy(desk: Office) -> None:
    desk.state.base_url = "https://jira.example.com"
    desk.keys.private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    wrong = failed(await checked(desk))

    assert "does not accept Bridge's signature" in wrong.said
    assert "public key" in (wrong.advice or "")


async def test_a_sound_oauth2_jira_passes_without_any_person(desk: Office) -> None:
    registered = desk.authenticate_by("oauth2").model_copy(update={"state": "pending"})

    result = await checked(desk, registered=registered)

    assert result.passed
    assert result.checks[-1].said == "Jira knows Bridge's client id and secret."
    assert CLIENT.secret not in result.model_dump_json()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": "8.20.7"}, "This Jira offers no OAuth 2.0."),
        ({"secret": "changed"}, "client secret has changed"),
        ({"gone": True}, "does not know Bridge's client id"),
    ],
)
async def test_what_is_wrong_with_oauth2(desk: Office, changed: dict[str, Any], said: str) -> None:
    registered = desk.authenticate_by("oauth2")
    desk.state.version = changed.get("version", desk.state.version)
    if "secret" in changed:
        desk.state.world.oauth2_clients[CLIENT.id] = replace(CLIENT, secret=changed["secret"])
    if "gone" in changed:
        desk.state.world.oauth2_clients.clear()

    wrong = failed(await checked(desk, registered=registered))

    assert wrong.name == "authentication"
    assert said in wrong.said
    assert wrong.advice


async def test_keys_that_do_not_open_fail_the_check(desk: Office) -> None:
    registered = desk.authenticate_by("oauth2").model_copy(update={"client_secret": "of another place"})

    wrong = failed(await checked(desk, registered=registered))

    assert wrong.name == "authentication"
    assert "keys" in wrong.said


async def test_a_login_page_in_front_of_the_token_endpoint(desk: Office) -> None:
    registered = desk.authenticate_by("oauth2")
    desk.state.faults.append(Fault("oauth2/latest/token", "html_login"))

    assert "web page instead of" in failed(await checked(desk, registered=registered)).said


async def test_a_sound_jira_for_tokens_passes_without_any(desk: Office) -> None:
    result = await checked(desk, registered=desk.authenticate_by("pat"))

    assert result.passed
    assert desk.keys.asked == []


@pytest.mark.parametrize(
    ("fault", "version", "said"),
    [
        (None, "8.13.2", "This Jira knows no personal access tokens."),
        (Fault("/myself", "status", status=200, body={"name": "guest"}), "10.3.0", "does not ask who calls"),
        (Fault("/myself", "redirect"), "10.3.0", "redirects"),
        (Fault("/myself", "status", status=502), "10.3.0", "did not answer properly"),
    ],
)
async def test_what_is_wrong_with_tokens(desk: Office, fault: Fault | None, version: str, said: str) -> None:
    registered = desk.authenticate_by("pat")
    desk.state.version = version
    desk.state.faults += [fault] if fault else []

    wrong = failed(await checked(desk, registered=registered))

    assert wrong.name == "authentication"
    assert said in wrong.said
    assert wrong.advice


@pytest.mark.parametrize("minutes", [-17, 17])
async def test_clocks_that_differ_are_measured_both_ways(desk: Office, minutes: int) -> None:
    desk.state.now = lambda: datetime.now(UTC) + timedelta(minutes=minutes)

    wrong = failed(await checked(desk))

    assert "17 minutes" in wrong.said
    assert "NTP" in (wrong.advice or "")
