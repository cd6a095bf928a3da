"""The five checks: each failure has its own words."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.jira_actor.certificates import Authority
from tests.jira_actor.fakes import Office, listening, office, tenant

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
        (Fault("serverInfo", "html_login"), "web page instead of data"),
        (Fault("serverInfo", "status", status=404), "There is no Jira at this address"),
        (Fault("serverInfo", "status", status=200, body={"name": "another product"}), "not a Jira"),
        (Fault("serverInfo", "status", status=200, body={"version": "9", "baseUrl": "jira!"}), "base URL is not valid"),
        (Fault("serverInfo", "redirect"), "redirects"),
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
