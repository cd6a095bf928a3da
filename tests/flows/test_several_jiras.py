"""One organisation with several Jiras: which one is meant, what Jira 10 tells, and what the operator may stop."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator

import pytest
from tests.flows.estate import OAUTH1, OAUTH2, PAT, Estate, Jira

from bridge import cards


@pytest.fixture
async def alan(estate: Estate) -> AsyncIterator[str]:
    """Alan is connected to the Jira with tokens while a test runs."""
    await estate.connect_pat("alan")
    yield "alan"
    await estate.leave("alan", PAT)


async def test_a_command_goes_to_the_jira_that_it_names(estate: Estate, alan: str) -> None:
    await estate.ask(alan, "on us comment OPS-1 only in the US", "Comment added")
    await estate.ask(alan, "on US comment OPS-1 the alias in capitals", "Comment added")

    assert await estate.jira_called(PAT).comments("only in the US") == [alan]
    assert await estate.jira_called(PAT).comments("the alias in capitals") == [alan]
    for alias in (OAUTH1, OAUTH2):
        assert await estate.jira_called(alias).comments("only in the US") == []


async def test_a_command_that_names_none_goes_to_the_default(estate: Estate, alan: str) -> None:
    await estate.connect(alan)
    await estate.ask(alan, "comment OPS-1 in the default", "Comment added")

    assert await estate.jira_called(OAUTH1).comments("in the default") == [alan]
    assert await estate.jira_called(PAT).comments("in the default") == []

    await estate.leave(alan, OAUTH1)
    await estate.ask(alan, "on us OPS-1", "Renew the wildcard certificate")


async def test_disconnect_alone_takes_back_everything(estate: Estate) -> None:
    await estate.connect("alan")
    await estate.connect_pat("alan")

    await estate.disconnect("alan")

    assert not await estate.connected("alan", OAUTH1)
    assert not await estate.connected("alan", PAT)
    await estate.jira_called(PAT).without_pats("alan")


async def test_an_alias_that_is_unknown_is_answered_with_those_that_there_are(estate: Estate) -> None:
    refused = await estate.ask("alan", "on mars comment OPS-1 nowhere", "mars")

    assert all(alias in cards.text_of(refused.activity) for alias in (OAUTH1, OAUTH2, PAT))


async def test_jiras_lists_them_all_and_says_where_i_am_connected(estate: Estate, alan: str) -> None:
    assert await estate.jiras(alan) == {
        OAUTH1: "default, not connected",
        OAUTH2: "not connected",
        PAT: "connected",
    }


async def test_the_administrator_makes_another_jira_the_default(estate: Estate, alan: str) -> None:
    await make_default(estate, PAT)
    await estate.ask(alan, "comment OPS-2 in the new default", "Comment added")

    await make_default(estate, OAUTH1)
    assert await estate.jira_called(PAT).comments("in the new default") == [alan]


async def make_default(estate: Estate, alias: str) -> None:
    """Make a Jira the default; wait until commands hear of it."""
    jira = estate.jira_called(alias).registration
    token = {"Authorization": f"Bearer {jira['registrationToken']}"}
    answer = await estate.http.patch(jira["tenantUrl"], headers=token, json={"default": True})
    assert answer.status_code == 200, answer.text
    await asyncio.sleep(1)


@pytest.fixture
async def signed(estate: Estate) -> AsyncIterator[Jira]:
    """The Jira with tokens, where Ada is an administrator and had the webhook made."""
    us = estate.jira_called(PAT)
    await us.control("PUT", "/users/ada", administrator=True)
    await estate.connect_pat("ada")
    await estate.ask("ada", "on us webhook", "tells me of changes")
    yield us
    await us.control("DELETE", "/webhooks")
    await us.control("PUT", "/users/ada", administrator=False)
    await estate.leave("ada", PAT)


async def test_jira_10_signs_its_webhooks_and_the_channel_sees_one_card(estate: Estate, signed: Jira) -> None:
    await estate.ask("ada", "on us subscribe OPS", "now hears of", conversation="alerts")

    await signed.side.comment_as("grace", "OPS-5", "signed by Jira 10")
    await estate.chat.hear("alerts", "Grace Hopper", "OPS-5", "signed by Jira 10")
    await asyncio.sleep(1)

    posts = await estate.teams.posts("alerts")
    assert sum("signed by Jira 10" in cards.text_of(post.activity) for post in posts) == 1
    [hook] = (await signed.control("GET", "/state"))["webhooks"]
    assert hook["url"] == f"{estate.at.registry}/v1/hooks/{signed.registration['tenantId']}"
    assert {one["status"] for one in await signed.control("GET", "/webhooks/deliveries")} <= {200, 202}
    await estate.ask("ada", "on us unsubscribe OPS", "no longer hears of", conversation="alerts")


async def test_a_webhook_is_made_only_once(estate: Estate, signed: Jira) -> None:
    await estate.ask("ada", "on us webhook", "tells me of changes")

    assert len((await signed.control("GET", "/state"))["webhooks"]) == 1


@pytest.mark.parametrize("secret", ["", "another secret"])
async def test_a_webhook_with_a_wrong_signature_is_refused(estate: Estate, secret: str) -> None:
    url = f"{estate.at.registry}/v1/hooks/{estate.jira_called(PAT).registration['tenantId']}"
    body = json.dumps({"timestamp": int(time.time() * 1000), "webhookEvent": "jira:issue_updated"}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature": f"sha256={signature}"} if secret else {}

    answer = await estate.http.post(url, content=body, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_who_is_no_administrator_in_jira_hears_what_one_has_to_paste(estate: Estate) -> None:
    await estate.connect_pat("ada")

    refused = await estate.ask("ada", "on us webhook", "only its administrators", "/v1/hooks/")

    assert estate.jira_called(PAT).registration["webhookSecret"] not in cards.text_of(refused.activity)
    assert (await estate.jira_called(PAT).control("GET", "/state"))["webhooks"] == []
    await estate.leave("ada", PAT)


async def test_who_may_not_register_may_not_have_a_webhook_made(estate: Estate, alan: str) -> None:
    await estate.ask(alan, "on us webhook", "may not")

    assert (await estate.jira_called(PAT).control("GET", "/state"))["webhooks"] == []


async def test_in_a_suspended_jira_nothing_is_done_until_it_is_resumed(estate: Estate, alan: str) -> None:
    us = estate.jira_called(PAT)
    path = f"/v1/tenants/{us.registration['tenantId']}"

    assert (await estate.operator("POST", f"{path}/suspension"))["state"] == "suspended"
    await asyncio.sleep(1)
    await estate.ask(alan, "on us comment OPS-2 while suspended", "is suspended")
    assert "suspended" in (await estate.jiras(alan))[PAT]
    assert (await estate.operator("DELETE", f"{path}/suspension"))["state"] == "pending"
    async with asyncio.timeout(20):
        while (await estate.operator("GET", path))["state"] != "active":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.5)
    await asyncio.sleep(1)
    await estate.ask(alan, "on us comment OPS-2 resumed", "Comment added")

    assert await us.comments("while suspended") == []
    assert await us.comments("resumed") == [alan]


async def test_nobody_but_the_operator_suspends(estate: Estate) -> None:
    us = estate.jira_called(PAT).registration
    token = {"Authorization": f"Bearer {us['registrationToken']}"}

    answer = await estate.http.post(f"{us['tenantUrl']}/suspension", headers=token)

    assert answer.status_code in (401, 403)
