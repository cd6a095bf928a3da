"""Connecting a person: the browser's visits, the code, the link, and taking it back."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    BEN,
    NOON,
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
from tests.tenant_registry.oauth2_steps import shown_code

from contracts.outcomes import Linked, Refused, Unlinked
from contracts.registry import CommandResumed, LinkCompletionAsked
from contracts.teams import DisconnectAsked
from tenant_registry.handlers.linking import authorization_prepared, link_granted, verify_asked
from tenant_registry.handlers.unlinking import disconnect_asked
from tenant_registry.mongo.outbox import event_in
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow

CALLBACK = "/oauth/callback?oauth_token=request-token&oauth_verifier=v3rifier"


async def allow(web: httpx.AsyncClient, path: str = CALLBACK) -> str:
    """Press Allow in Jira: its redirect brings the browser here, and the page shows the code."""
    page = await web.get(path)
    assert page.status_code == 200
    return shown_code(page)


async def test_the_button_leads_to_jiras_allow_page(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    token = "needs/escaping&so=on"
    await authorization_prepared(prepared(tenant, token=token), registry, clock)

    answer = await web.get("/connect", params={"oauth_token": token})

    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{BASE_URL}/plugins/servlet/oauth/authorize?")
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {"oauth_token": [token]}
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/connect?oauth_token=unknown", "/connect", CALLBACK])
async def test_an_unknown_link_leads_to_a_page_that_says_what_to_do(web: httpx.AsyncClient, path: str) -> None:
    answer = await web.get(path)

    assert answer.status_code == 404
    assert "type connect" in answer.text


async def test_an_expired_link_leads_there_too(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)
    clock.passes(timedelta(minutes=11))

    assert (await web.get("/connect?oauth_token=request-token")).status_code == 404
    assert (await web.get(CALLBACK)).status_code == 404


async def test_who_presses_before_the_registry_knows_of_it_is_let_through(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    tenant = await registered(registry)
    visiting = asyncio.create_task(web.get("/connect?oauth_token=request-token"))
    await asyncio.sleep(0.3)
    await authorization_prepared(prepared(tenant), registry, clock)

    assert (await visiting).status_code == 302


async def test_the_code_page_loads_nothing_but_the_teams_script(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)

    page = await web.get(CALLBACK)

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert re.findall(r'src="([^"]+)"', page.text) == [
        "https://res.cdn.office.net/teams-js/2.34.0/js/MicrosoftTeams.min.js"
    ]
    assert "v3rifier" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_the_person_who_asked_completes_the_link_with_the_code(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    waiting = waiting_comment()
    await authorization_prepared(prepared(tenant, resume=waiting), registry, clock)
    code = await allow(web)

    asked = verify(f" {code[:4]} {code[4:]} ")
    answer = await verify_asked(asked, registry, clock)

    assert answer == LinkCompletionAsked(
        origin=asked.origin,
        tenant_id=tenant.id,
        link_id=f"{tenant.id}:{ANNA}",
        request_token=prepared(tenant).request_token,
        verifier=keys.seal("v3rifier", tenant.id),
        resume=waiting,
    )
    assert await verify_asked(asked, registry, clock) == answer, "the same message again has the same answer"
    again = await verify_asked(verify(code), registry, clock)
    assert isinstance(again, Refused)
    assert again.code == "code_used"


async def test_a_link_completed_in_somebody_elses_browser_connects_nobody(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    """Anna sends her connect link to Ben; Ben, signed in to Jira as himself, presses Allow."""
    await authorization_prepared(prepared(tenant, ANNA), registry, clock)
    code_in_bens_browser = await allow(web)

    ben = await verify_asked(verify(code_in_bens_browser, BEN), registry, clock)
    anna_guesses = await verify_asked(verify("00000000", ANNA), registry, clock)
    anna_later_learns_it = await verify_asked(verify(code_in_bens_browser, ANNA), registry, clock)

    assert isinstance(ben, Refused)
    assert ben.code == "code_of_somebody_else"
    assert isinstance(anna_guesses, Refused)
    assert isinstance(anna_later_learns_it, Refused)
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []
    assert await registry.links.of_person(TEAMS_TENANT, BEN) == []
    assert await registry.database["audit"].count_documents({"what": "link_refused", "user": BEN}) == 1


async def test_it_connects_nobody_either_while_ben_has_a_connection_of_his_own_waiting(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared(tenant, ANNA), registry, clock)
    await authorization_prepared(prepared(tenant, BEN, "bens-token"), registry, clock)
    annas = await allow(web)
    bens = await allow(web, "/oauth/callback?oauth_token=bens-token&oauth_verifier=other")

    mixed_up = await verify_asked(verify(annas, BEN), registry, clock)
    own = await verify_asked(verify(bens, BEN), registry, clock)

    assert isinstance(mixed_up, Refused)
    assert mixed_up.code == "code_of_somebody_else"
    assert isinstance(own, LinkCompletionAsked)
    assert own.link_id == f"{tenant.id}:{BEN}"


async def test_after_five_wrong_codes_the_right_one_is_too_late(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)
    code = await allow(web)
    wrong = "11111111" if code != "11111111" else "22222222"

    answers = [await verify_asked(verify(wrong), registry, clock) for _ in range(5)]
    late = await verify_asked(verify(code), registry, clock)

    assert [answer.code for answer in answers if isinstance(answer, Refused)] == ["code_wrong"] * 5
    assert isinstance(late, Refused)
    assert late.code == "too_many_attempts"


async def test_the_right_code_counts_on_the_fifth_attempt(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)
    code = await allow(web)
    wrong = verify("11111111" if code != "11111111" else "22222222")

    for _ in range(10):
        await verify_asked(wrong, registry, clock)  # one message, delivered often, is one attempt
    for _ in range(3):
        await verify_asked(verify(wrong.code), registry, clock)

    assert isinstance(await verify_asked(verify(code), registry, clock), LinkCompletionAsked)


async def test_each_kind_of_bad_code_has_its_own_words(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    nothing = await verify_asked(verify("12345678"), registry, clock)
    await authorization_prepared(prepared(tenant), registry, clock)
    not_yet = await verify_asked(verify("12345678"), registry, clock)
    code = await allow(web)
    clock.passes(timedelta(minutes=10))
    expired = await verify_asked(verify(code), registry, clock)

    answers = [nothing, not_yet, expired]
    assert [one.code for one in answers if isinstance(one, Refused)] == [
        "nothing_waits",
        "not_allowed_yet",
        "code_expired",
    ]
    assert all(isinstance(one, Refused) and one.advice for one in answers)


async def test_deny_is_told_to_the_person_and_ends_it(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared(tenant)
    await authorization_prepared(waits, registry, clock)

    page = await web.get("/oauth/callback?oauth_token=request-token&oauth_verifier=denied")

    assert page.status_code == 200
    assert "Deny" in page.text
    told = await registry.database["outbox"].find_one({"_id": f"denied:{waits.lookup}"})
    assert told is not None
    outcome = event_in(told)
    assert isinstance(outcome, Refused)
    assert (outcome.origin, outcome.code) == (waits.origin, "denied")
    assert (await web.get(CALLBACK)).status_code == 404


async def test_when_key_vault_cannot_be_sealed_to_the_page_asks_to_load_it_again(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)
    keys.silent = True
    page = await web.get(CALLBACK)
    keys.silent = False

    assert page.status_code == 503
    assert "load this page again" in page.text
    assert await allow(web)


async def test_a_newer_connect_replaces_an_older_one_and_never_the_other_way(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    first = prepared(tenant, token="first")
    second = prepared(tenant, token="second", expires_at=NOON + timedelta(minutes=12))

    for one in (first, second, first):
        await authorization_prepared(one, registry, clock)

    assert (await web.get("/connect?oauth_token=first")).status_code == 404
    assert (await web.get("/connect?oauth_token=second")).status_code == 302


async def test_hearing_of_a_connect_again_does_not_undo_the_visit_to_jira(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared(tenant)
    await authorization_prepared(waits, registry, clock)
    code = await allow(web)
    await authorization_prepared(waits, registry, clock)

    assert isinstance(await verify_asked(verify(code), registry, clock), LinkCompletionAsked)


async def test_a_granted_link_is_stored_once_and_the_command_goes_on(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)
    waiting = waiting_comment()
    fact = granted(tenant, resume=waiting)

    answers = await link_granted(fact, registry, clock)
    clock.passes(timedelta(seconds=9))
    repeated = await link_granted(fact, registry, clock)

    assert answers == repeated
    linked, resumed = answers
    assert isinstance(linked, Linked)
    assert linked.site == "jira.linden.example"
    assert isinstance(resumed, CommandResumed)
    assert resumed.waiting == waiting
    assert resumed.origin.model_dump(mode="json") == waiting.data["origin"]
    (link,) = await registry.links.of_person(TEAMS_TENANT, ANNA)
    assert link.linked_at == NOON
    assert await registry.database["pending_links"].count_documents({}) == 0
    assert await registry.database["audit"].count_documents({"what": "linked"}) == 1


async def test_a_command_of_somebody_else_is_not_carried_out(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    answers = await link_granted(granted(tenant, ANNA, resume=waiting_comment(BEN)), registry, clock)

    assert [type(answer) for answer in answers] == [Linked]


async def test_a_link_to_another_organisations_jira_is_refused(registry: Registry, clock: Clock) -> None:
    foreign = await registered(registry, teams_tenant="another-organisation")

    (answer,) = await link_granted(granted(foreign), registry, clock)

    assert isinstance(answer, Refused)
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []


async def test_disconnect_erases_the_link_and_a_late_repeat_does_not_hurt_a_new_one(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    await link_granted(granted(tenant), registry, clock)
    asked = DisconnectAsked(origin=origin())

    answer = await disconnect_asked(asked, registry, clock)
    erased = await registry.database["links"].find_one({"_id": f"{tenant.id}:{ANNA}"})
    await link_granted(granted(tenant), registry, clock)
    repeated = await disconnect_asked(asked, registry, clock)

    page = f"{BASE_URL}/plugins/servlet/oauth/users/access-tokens"
    told = Unlinked(origin=asked.origin, site="jira.linden.example", tokens_url=page, ways=("oauth1",))
    assert answer == repeated == told
    assert erased == {"_id": f"{tenant.id}:{ANNA}", "gone": True}
    assert len(await registry.links.of_person(TEAMS_TENANT, ANNA)) == 1


async def test_a_granted_link_heard_of_again_after_disconnect_stays_disconnected(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    fact = granted(tenant)
    await link_granted(fact, registry, clock)
    await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)

    await link_granted(fact, registry, clock)

    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []


async def test_disconnecting_without_a_link_says_so_and_drops_what_waits(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)

    answer = await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)

    assert isinstance(answer, Refused)
    assert answer.code == "not_linked"
    assert (await web.get(CALLBACK)).status_code == 404
