"""Connecting by OAuth 2.0: the same promises as for OAuth 1.0a, with codes that live for ten seconds."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    BEN,
    TEAMS_TENANT,
    Clock,
    FakeKeyVault,
    granted,
    origin,
    prepared,
    registered,
    verify,
    waiting_comment,
)
from tests.tenant_registry.oauth2_steps import (
    CODE,
    STATE,
    come_back,
    exchanges,
    held,
    in_outbox,
    not_given,
    prepared2,
    registered_oauth2,
)
from tests.tenant_registry.test_secrets import everything_stored

from chassis import logs
from contracts.outcomes import Linked, Refused
from contracts.registry import CodeExchangeAsked, CommandResumed
from contracts.teams import DisconnectAsked
from tenant_registry.handlers import grants
from tenant_registry.handlers.grants import grant_held, grant_refused
from tenant_registry.handlers.linking import authorization_prepared, link_granted, verify_asked
from tenant_registry.handlers.unlinking import disconnect_asked
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow


@pytest.fixture
async def tenant(registry: Registry) -> TenantRow:
    return await registered_oauth2(registry)


def refusal(answer: object) -> str:
    assert isinstance(answer, Refused)
    return answer.code


async def test_the_button_leads_to_jiras_allow_page_with_the_state_that_only_the_link_knew(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    state = "needs/escaping&so=on"
    await authorization_prepared(prepared2(tenant, state=state), registry, clock)

    answer = await web.get("/connect", params={"state": state})

    assert answer.status_code == 302
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{BASE_URL}/rest/oauth2/latest/authorize"
    asked = parse_qs(address.query)
    assert asked["state"] == [state]
    assert asked["client_id"] == ["bridge"]
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_code_is_exchanged_at_once_and_sealed_and_never_shown(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)

    page = await web.get("/oauth/callback", params={"code": CODE, "state": STATE})

    assert page.status_code == 200
    assert CODE not in page.text
    assert STATE not in page.text
    assert await exchanges(registry) == [
        CodeExchangeAsked(
            origin=waits.origin,
            tenant_id=tenant.id,
            link_id=f"{tenant.id}:{ANNA}",
            lookup=waits.lookup,
            code=keys.seal(CODE, tenant.id),
            code_verifier="jwe.of.verifier",
        )
    ]


async def test_the_right_person_with_the_code_is_linked_at_once_and_the_command_goes_on(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waiting = waiting_comment()
    waits = prepared2(tenant, resume=waiting)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)
    await grant_held(held(waits), registry, clock)
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == [], "nothing before the person brings the code"
    asked = verify(f"{code[:4]} {code[4:]}")

    assert await verify_asked(asked, registry, clock) is None
    assert await verify_asked(asked, registry, clock) is None, "the same message again"

    (link,) = await registry.links.of_person(TEAMS_TENANT, ANNA)
    assert (link.auth_mode, link.access_token, link.refresh_token) == ("oauth2", "vault:v1:access", "vault:v1:refresh")
    assert link.expires_at == held(waits).expires_at
    linked, resumed = sorted(await in_outbox(registry, Linked, CommandResumed), key=lambda one: type(one).__name__)[
        ::-1
    ]
    assert (linked.origin, linked.site, linked.jira_user.name) == (asked.origin, "jira.linden.example", "alinde")
    assert resumed.waiting == waiting
    assert await registry.database["pending_links"].count_documents({}) == 0
    assert await registry.database["audit"].count_documents({"what": "linked"}) == 1


@pytest.mark.usefixtures("restored_logging")
async def test_neither_state_nor_any_code_is_stored_or_logged(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("tenant-registry", "DEBUG")
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    await web.get("/connect", params={"state": STATE})
    code = await come_back(web)
    await grant_held(held(waits), registry, clock)
    dumps = [await everything_stored(registry)]
    await verify_asked(verify(code), registry, clock)
    dumps.append(await everything_stored(registry))

    logged = capsys.readouterr().err
    assert '"route": "/oauth/callback"' in logged
    for secret in (STATE, CODE, code):
        assert secret not in repr(dumps)
        assert secret not in logged


async def test_who_is_faster_than_jira_waits_a_moment(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    verifying = asyncio.create_task(verify_asked(verify(await come_back(web)), registry, clock))
    await asyncio.sleep(0.3)

    await grant_held(held(waits), registry, clock)

    assert await verifying is None
    assert len(await registry.links.of_person(TEAMS_TENANT, ANNA)) == 1


async def test_without_an_answer_from_jira_the_code_keeps_and_no_attempt_is_counted(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)

    assert refusal(await verify_asked(verify(code), registry, clock)) == "one_moment"
    pending = await registry.pending.of_person(waits.origin.person)
    assert pending is not None
    assert pending.attempts == ()
    await grant_held(held(waits), registry, clock)

    assert await verify_asked(verify(code), registry, clock) is None
    assert len(await registry.links.of_person(TEAMS_TENANT, ANNA)) == 1


async def test_an_exchange_that_never_ended_ends_the_connection_in_words(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared2(tenant), registry, clock)
    code = await come_back(web)
    clock.passes(grants.EXCHANGE_TAKES + timedelta(seconds=1))

    assert refusal(await verify_asked(verify(code), registry, clock)) == "link_failed"
    assert refusal(await verify_asked(verify(code), registry, clock)) == "nothing_waits"


async def test_when_jira_gives_nothing_the_person_is_told_once_and_it_ends(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)

    for _ in range(2):
        await grant_refused(not_given(waits), registry, clock)

    (told,) = await in_outbox(registry, Refused)
    assert (told.origin, told.code) == (waits.origin, "link_failed")
    assert "Type connect" in told.advice
    assert refusal(await verify_asked(verify(code), registry, clock)) == "nothing_waits"


async def test_an_exchange_that_is_tried_again_and_fails_undoes_nothing(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    """Jira takes a code once: whoever handles the same message again is refused."""
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)
    await grant_held(held(waits), registry, clock)

    await grant_refused(not_given(waits), registry, clock)
    assert await verify_asked(verify(code), registry, clock) is None
    await grant_refused(not_given(waits), registry, clock)

    assert await in_outbox(registry, Refused) == []
    assert len(await registry.links.of_person(TEAMS_TENANT, ANNA)) == 1


async def test_a_link_completed_in_somebody_elses_browser_connects_nobody(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    """Anna sends her connect link to Ben; Ben, signed in to Jira as himself, presses Allow."""
    counted: list[str] = []
    waits = prepared2(tenant, ANNA)
    await authorization_prepared(waits, registry, clock)
    code_in_bens_browser = await come_back(web)
    await grant_held(held(waits), registry, clock)

    ben = await verify_asked(verify(code_in_bens_browser, BEN), registry, clock, counted.append)
    anna = await verify_asked(verify(code_in_bens_browser, ANNA), registry, clock, counted.append)

    assert refusal(ben) == "code_of_somebody_else"
    assert isinstance(anna, Refused)
    assert await registry.database["links"].count_documents({}) == 0
    assert await registry.database["audit"].count_documents({"what": "link_refused", "user": BEN}) == 1
    assert counted == ["code_of_somebody_else"]


@pytest.mark.parametrize("made_up_first", [False, True])
async def test_who_sent_the_link_away_gets_no_code_by_visiting_the_callback_too(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient, made_up_first: bool
) -> None:
    """Anna knows the state, Ben has Jira's code: a made-up code must not show Anna ours for what Ben allowed."""
    await authorization_prepared(prepared2(tenant, ANNA), registry, clock)
    codes = ["made-up", "bens-code"] if made_up_first else ["bens-code", "made-up"]

    first, second = [await web.get("/oauth/callback", params={"code": code, "state": STATE}) for code in codes]

    assert (first.status_code, second.status_code) == (200, 404)
    assert 'id="code"' not in second.text
    assert len(await exchanges(registry)) == 1


async def test_two_callbacks_at_one_time_show_one_code(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared2(tenant), registry, clock)

    pages = await asyncio.gather(
        *(web.get("/oauth/callback", params={"code": f"code-{n}", "state": STATE}) for n in range(4))
    )

    assert sorted(page.status_code for page in pages) == [200, 404, 404, 404]
    assert len(await exchanges(registry)) == 1


async def test_the_same_page_loaded_again_shows_another_code_and_exchanges_nothing_twice(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    first = await come_back(web)
    await grant_held(held(waits), registry, clock)
    second = await come_back(web)

    assert len(await exchanges(registry)) == 1
    if first != second:
        assert refusal(await verify_asked(verify(first), registry, clock)) == "code_wrong"
    assert await verify_asked(verify(second), registry, clock) is None


async def test_a_connection_that_is_heard_of_again_after_it_was_made_exchanges_no_second_code(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)
    await grant_held(held(waits), registry, clock)
    await verify_asked(verify(code), registry, clock)
    await authorization_prepared(waits, registry, clock)

    page = await web.get("/oauth/callback", params={"code": "another", "state": STATE})

    assert page.status_code == 404
    assert len(await exchanges(registry)) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"code": CODE, "state": "wrong"}, 404),
        ({"state": STATE}, 400),
        ({"code": CODE}, 400),
        ({"oauth_token": STATE, "oauth_verifier": "v"}, 404),
        ({"error": "access_denied", "state": "wrong"}, 404),
        ({"code": "x" * 3000, "state": STATE}, 422),
    ],
)
async def test_a_callback_that_does_not_fit_shows_no_code(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient, query: dict[str, str], status: int
) -> None:
    await authorization_prepared(prepared2(tenant), registry, clock)

    page = await web.get("/oauth/callback", params=query)

    assert page.status_code == status
    assert await exchanges(registry) == []


async def test_what_began_with_one_protocol_cannot_go_on_with_the_other(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    old = await registered(registry, base_url="https://old.example")
    await authorization_prepared(prepared(old, token="token"), registry, clock)
    await authorization_prepared(prepared2(tenant, BEN), registry, clock)

    visits = [
        await web.get("/connect", params={"state": "token"}),
        await web.get("/oauth/callback", params={"state": "token", "code": CODE}),
        await web.get("/connect", params={"oauth_token": STATE}),
        await web.get("/oauth/callback", params={"oauth_token": STATE, "oauth_verifier": "v"}),
    ]

    assert [page.status_code for page in visits] == [404] * 4


@pytest.mark.parametrize(("error", "code"), [("access_denied", "denied"), ("invalid_scope<b>", "link_failed")])
async def test_deny_and_jiras_other_errors_are_told_to_the_person_and_end_it(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient, error: str, code: str
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)

    page = await web.get("/oauth/callback", params={"error": error, "state": STATE})
    again = await web.get("/oauth/callback", params={"code": CODE, "state": STATE})

    assert page.status_code == 200
    assert error not in page.text
    (told,) = await in_outbox(registry, Refused)
    assert (told.origin, told.code) == (waits.origin, code)
    assert again.status_code == 404


async def test_when_the_code_cannot_be_sealed_the_page_asks_to_load_it_again(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    await authorization_prepared(prepared2(tenant), registry, clock)
    keys.silent = True
    page = await web.get("/oauth/callback", params={"code": CODE, "state": STATE})
    keys.silent = False

    assert page.status_code == 503
    assert await come_back(web)


async def test_after_five_wrong_codes_the_right_one_is_too_late(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)
    await grant_held(held(waits), registry, clock)
    wrong = "11111111" if code != "11111111" else "22222222"

    answers = [await verify_asked(verify(wrong), registry, clock) for _ in range(5)]
    late = await verify_asked(verify(code), registry, clock)

    assert [refusal(answer) for answer in answers] == ["code_wrong"] * 5
    assert refusal(late) == "too_many_attempts"
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []


async def test_a_link_granted_without_a_code_from_the_person_is_no_link(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    (answer,) = await link_granted(granted(tenant, auth_mode="oauth2", token_secret=""), registry, clock)

    assert refusal(answer) == "link_failed"
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []


async def test_a_grant_that_comes_after_disconnect_connects_nobody(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)
    await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)
    await grant_held(held(waits), registry, clock)

    assert refusal(await verify_asked(verify(code), registry, clock)) == "nothing_waits"
    assert await registry.database["pending_links"].count_documents({}) == 0


async def test_an_allow_page_that_is_not_this_jiras_is_never_gone_to(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    for n, url in enumerate((f"{BASE_URL}.evil.example/authorize", "https://evil.example/authorize?x=1")):
        await authorization_prepared(prepared2(tenant, state=f"s{n}", authorize_url=url), registry, clock)

    assert await registry.database["pending_links"].count_documents({}) == 0


async def test_a_connection_does_not_outlive_the_way_to_connect(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)
    await grant_held(held(waits), registry, clock)
    await registry.database["tenants"].update_one({"_id": tenant.id}, {"$set": {"auth_mode": "pat"}})

    assert refusal(await verify_asked(verify(code), registry, clock)) == "link_failed"
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []


async def test_a_suspended_jira_connects_nobody(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await come_back(web)
    await grant_held(held(waits), registry, clock)
    await registry.database["tenants"].update_one({"_id": tenant.id}, {"$set": {"state": "suspended"}})

    assert refusal(await verify_asked(verify(code), registry, clock)) == "suspended"
    assert (await web.get("/connect", params={"state": STATE})).status_code == 404
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []
