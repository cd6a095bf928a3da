"""People act in Jira in their own names with OAuth 2.0 and with personal access tokens, as with OAuth 1.0a."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.flows.estate import OAUTH2, PAT, Estate, Jira, button_of, enter_token, open_dialog

from bridge import cards
from jira_actor.bearers import SETTLED

TOKEN_ENDPOINT = "/rest/oauth2/latest/token"


@pytest.fixture
def eu(estate: Estate) -> Jira:
    """The Jira with OAuth 2.0."""
    return estate.jira_called(OAUTH2)


@pytest.fixture
def us(estate: Estate) -> Jira:
    """The Jira with personal access tokens."""
    return estate.jira_called(PAT)


@pytest.fixture
async def grace(estate: Estate) -> AsyncIterator[str]:
    """Grace is connected with OAuth 2.0 while a test runs."""
    await estate.connect_oauth2("grace")
    yield "grace"
    await estate.leave("grace", OAUTH2)


@pytest.mark.parametrize("alias", [OAUTH2, PAT])
async def test_the_checks_of_a_new_jira_are_green_and_tell_its_version(estate: Estate, alias: str) -> None:
    tenant = estate.jira_called(alias).registration["checked"]

    assert {check["status"] for check in tenant["checks"]} <= {"ok", "skipped"}
    assert (tenant["jiraVersion"], tenant["authMode"]) == ("10.3.0", {OAUTH2: "oauth2", PAT: "pat"}[alias])


async def test_with_oauth_2_a_command_waits_for_its_person_and_is_then_carried_out_as_that_person(
    estate: Estate, eu: Jira
) -> None:
    card = await estate.ask("grace", "on eu comment OPS-1 this waited for OAuth 2", "Connect your account")

    await estate.chat.verify("grace", await estate.allow("grace", button_of(card)))
    await estate.chat.hear("grace", "Comment added", "OPS-1", "this waited for OAuth 2")

    assert await eu.comments("this waited for OAuth 2") == ["grace"]
    await estate.leave("grace", OAUTH2)


async def test_who_presses_deny_is_not_connected(estate: Estate, eu: Jira) -> None:
    before = await eu.tokens("grace")
    card = await estate.ask("grace", "on eu connect", "Connect your account")

    page = await estate.press("grace", button_of(card), "deny")
    await estate.chat.hear("grace", "You pressed Deny")

    assert "Not connected" in page.text
    assert await eu.tokens("grace") == before
    assert not await estate.connected("grace", OAUTH2)


async def test_after_deny_the_next_command_is_offered_a_new_card_which_connects(estate: Estate, eu: Jira) -> None:
    card = await estate.ask("grace", "on eu comment OPS-1 this was not allowed", "Connect your account")
    await estate.press("grace", button_of(card), "deny")
    await estate.chat.hear("grace", "You pressed Deny", "on eu connect")

    card = await estate.offered_anew("grace", "on eu comment OPS-1 this was allowed")
    await estate.chat.verify("grace", await estate.allow("grace", button_of(card)))
    await estate.chat.hear("grace", "Comment added", "this was allowed")

    assert await eu.comments("this was not allowed") == []
    await estate.leave("grace", OAUTH2)


async def test_my_oauth_2_link_pressed_by_another_gives_me_nothing(estate: Estate, eu: Jira) -> None:
    card = await estate.ask("alan", "on eu connect", "Connect your account")
    code = await estate.allow("grace", button_of(card))

    await estate.chat.verify("grace", code)
    await estate.chat.hear("grace", "somebody else")
    await estate.offered_anew("alan", "on eu comment OPS-2 as Grace")

    assert not await estate.connected("grace", OAUTH2)
    assert await eu.comments("as Grace") == []


async def test_an_access_token_that_jira_let_expire_is_refreshed_and_the_comment_is_made_once(
    estate: Estate, eu: Jira, grace: str
) -> None:
    await estate.ask(grace, "on eu comment OPS-1 with the first token", "Comment added")
    await eu.control("POST", "/tokens/expire", kind="oauth2-access")
    await eu.control("DELETE", "/requests")

    await estate.ask(grace, "on eu comment OPS-1 with the second token", "Comment added")
    await estate.ask(grace, "on eu comment OPS-1 with the second token again", "Comment added")

    assert [one["status"] for one in await eu.asked(TOKEN_ENDPOINT)] == [200]
    assert await eu.comments("with the second token") == ["grace"]


async def test_commands_that_come_together_after_the_end_of_a_token_share_one_refresh(
    estate: Estate, eu: Jira, grace: str
) -> None:
    await eu.control("POST", "/tokens/expire", kind="oauth2-access")
    await eu.control("DELETE", "/requests")

    for number in range(3):
        await estate.chat.say(grace, f"on eu comment OPS-{number + 1} together {number}")
    for number in range(3):
        await estate.chat.hear(grace, "Comment added", f"together {number}")

    assert [one["status"] for one in await eu.asked(TOKEN_ENDPOINT)] == [200]
    assert [await eu.comments(f"together {number}") for number in range(3)] == [["grace"]] * 3


async def test_an_access_token_that_is_about_to_end_is_refreshed_before_jira_refuses_it(
    estate: Estate, eu: Jira
) -> None:
    await eu.control("PUT", "/settings", accessTokenSeconds=30)
    await estate.connect_oauth2("grace")
    await eu.control("PUT", "/settings", accessTokenSeconds=3600)
    await eu.control("DELETE", "/requests")

    await estate.ask("grace", "on eu comment OPS-1 in time", "Comment added")

    assert {one["status"] for one in await eu.control("GET", "/requests")} <= {200, 201}
    assert len(await eu.asked(TOKEN_ENDPOINT)) == 1
    assert await eu.comments("in time") == ["grace"]
    await estate.leave("grace", OAUTH2)


async def test_who_took_the_permission_away_in_jira_is_asked_once_to_connect(
    estate: Estate, eu: Jira, grace: str
) -> None:
    await estate.ask(grace, "on eu OPS-1", "OPS-1")
    await eu.control("POST", "/tokens/revoke", user="grace")

    card = await estate.ask(grace, "on eu comment OPS-3 after the revocation", "Connect your account")
    await estate.ask(grace, "on eu comment OPS-3 and another", "card above", "type: on eu connect")
    await estate.chat.verify(grace, await estate.allow(grace, button_of(card)))
    await estate.chat.hear(grace, "Comment added", "after the revocation")

    assert await eu.comments("after the revocation") == ["grace"]
    assert await eu.comments("and another") == []


async def test_what_jira_accepts_no_more_is_erased_here_too(estate: Estate, eu: Jira) -> None:
    await estate.connect_oauth2("grace")
    await asyncio.sleep(SETTLED.total_seconds())
    await eu.control("POST", "/tokens/revoke", user="grace")

    await estate.ask("grace", "on eu OPS-1", "Connect your account")

    await estate.not_connected("grace", OAUTH2)


async def test_with_a_token_a_command_waits_for_its_person_and_is_then_carried_out_as_that_person(
    estate: Estate, us: Jira
) -> None:
    card = await estate.ask("grace", "on us comment OPS-1 this waited for a token", "personal access token")

    last = await enter_token(card, await us.new_pat("grace"), "grace", estate.invoke)
    await estate.chat.hear("grace", "Comment added", "OPS-1", "this waited for a token")

    assert last["task"]["type"] == "message"
    assert await us.comments("this waited for a token") == ["grace"]
    await estate.leave("grace", PAT)


async def test_a_wrong_token_is_refused_in_words_and_repeated_nowhere(estate: Estate, us: Jira) -> None:
    card = await estate.ask("grace", "on us connect", "personal access token")

    await enter_token(card, "bm90LWEtdG9rZW4tb2YtYW55Ym9keQ==", "grace", estate.invoke)
    refused = await estate.chat.hear("grace", "does not accept this token")
    assert "Make a new one in Jira" in cards.text_of(refused.activity)
    await enter_token(card, await us.new_pat("grace"), "grace", estate.invoke)
    await estate.chat.hear("grace", "Connected to", "Grace Hopper")

    assert "bm90LWEtdG9r" not in str([post.activity for post in await estate.teams.posts()])
    await estate.leave("grace", PAT)


async def test_my_token_card_is_of_no_use_to_another(estate: Estate) -> None:
    card = await estate.ask("alan", "on us connect", "personal access token")

    answer = await open_dialog(card, "grace", estate.invoke)

    assert answer["task"]["type"] == "message"
    assert "not yours" in answer["task"]["value"]


async def test_who_deleted_the_token_in_jira_is_asked_once_for_another(estate: Estate, us: Jira) -> None:
    await estate.connect_pat("grace")
    await estate.ask("grace", "on us OPS-1", "OPS-1")
    await us.control("POST", "/tokens/revoke", user="grace", kind="pat")

    card = await estate.ask("grace", "on us comment OPS-3 with a new token", "personal access token")
    await estate.ask("grace", "on us comment OPS-3 and another", "card above")
    await enter_token(card, await us.new_pat("grace"), "grace", estate.invoke)
    await estate.chat.hear("grace", "Comment added", "with a new token")

    assert await us.comments("with a new token") == ["grace"]
    assert await us.comments("and another") == []
    await estate.leave("grace", PAT)


async def test_who_disconnects_has_the_only_token_deleted_in_jira_and_may_read_that_it_was(
    estate: Estate, us: Jira
) -> None:
    await estate.connect_pat("alan")
    await estate.ask("alan", "on us comment OPS-1 before disconnecting", "Comment added")

    await estate.ask("alan", "on us disconnect", "Disconnected", "I delete in Jira too")

    await us.without_pats("alan")
    async with asyncio.timeout(10):
        while not await _told_of_me(estate, "alan", "revoked in jira: "):  # noqa: ASYNC110 - in other processes
            await asyncio.sleep(0.2)


async def _told_of_me(estate: Estate, user: str, words: str) -> bool:
    return words in cards.text_of((await estate.ask(user, "my data", "store")).activity)


async def test_who_has_several_tokens_keeps_them_and_hears_where_to_delete_the_one(estate: Estate, us: Jira) -> None:
    await us.new_pat("alan")
    await estate.connect_pat("alan")

    await estate.ask("alan", "on us disconnect", "Disconnected")
    told = await estate.chat.hear("alan", "several personal access tokens", "deleted none")

    assert f"{us.url}/secure/ViewProfile.jspa?selectedTab=" in cards.text_of(told.activity)
    assert await us.pats("alan") == 2
    assert not await estate.connected("alan", PAT)
    await us.control("POST", "/tokens/revoke", user="alan", kind="pat")


async def test_who_connects_again_at_once_with_the_same_token_keeps_it(estate: Estate, us: Jira) -> None:
    token = await us.new_pat("alan")
    await us.control("POST", "/faults", match="/rest/pat", kind="slow", seconds=3)
    await estate.connect_pat_with("alan", token)

    await estate.ask("alan", "on us disconnect", "Disconnected")
    await estate.connect_pat_with("alan", token)
    await asyncio.sleep(4)
    await estate.ask("alan", "on us comment OPS-1 with the same token", "Comment added")

    assert await us.pats("alan") == 1
    await estate.leave("alan", PAT)


async def test_who_disconnects_from_oauth_2_leaves_tokens_that_jira_has_replaced(estate: Estate, eu: Jira) -> None:
    await estate.connect_oauth2("grace")
    await eu.control("DELETE", "/requests")
    [before] = [one for one in (await eu.control("GET", "/state"))["oauth2Tokens"] if one["user"] == "grace"]

    await estate.ask("grace", "on eu disconnect", "Disconnected", "I make worthless there too")
    asked = await eu.until_asked(TOKEN_ENDPOINT)

    assert [(one["method"], one["status"]) for one in asked] == [("POST", 200)]
    [after] = [one for one in (await eu.control("GET", "/state"))["oauth2Tokens"] if one["user"] == "grace"]
    assert after["issued"] > before["issued"], "what Bridge had is worth nothing; what came instead is stored nowhere"
    assert not await estate.connected("grace", OAUTH2)


async def test_who_deleted_the_token_in_jira_before_disconnecting_hears_nothing_more(estate: Estate, us: Jira) -> None:
    await estate.connect_pat("grace")
    await us.control("POST", "/tokens/revoke", user="grace", kind="pat")
    await us.control("DELETE", "/requests")

    await estate.ask("grace", "on us disconnect", "Disconnected")
    await us.until_asked("/rest/api/2/serverInfo")
    await asyncio.sleep(1)

    posts = await estate.teams.posts("grace")
    assert "Disconnected" in cards.text_of(posts[-1].activity)
