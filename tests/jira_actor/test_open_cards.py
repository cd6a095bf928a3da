"""One connect card per person while one is open."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.jira_actor.fakes import ADA, LINK, ORIGIN, TEAMS_TENANT, TENANT_ID, LinksInMemory, Office

from contracts.jira import AuthorizationPrepared, LinkLost
from contracts.outcomes import AuthorizationOffered, Refused
from contracts.registry import AccountLink, AuthorizationEnded, CodeExchangeAsked, LinkCompletionAsked
from contracts.teams import CommentAsked, ConnectAsked, ShowAsked
from jira_actor import handlers
from jira_actor.open_cards import LIVES, REMEMBERED, OpenCards

FIRST = ORIGIN.model_copy(update={"intent_id": "first"})
SECOND = ORIGIN.model_copy(update={"intent_id": "second"})
COMMENT = CommentAsked(origin=FIRST, issue="OPS-1", text="first")
SHOW = ShowAsked(origin=SECOND, issue="OPS-1")


def link(mode: str = "oauth1", **other: object) -> AccountLink:
    return AccountLink.model_validate(
        {
            "link_id": LINK,
            "tenant_id": TENANT_ID,
            "teams_tenant": TEAMS_TENANT,
            "user": ADA,
            "jira_user": "ada",
            "auth_mode": mode,
            "access_token": "ciphertext",
            "linked_at": datetime.now(UTC) - timedelta(days=1),
            **other,
        }
    )


@pytest.mark.parametrize("mode", ["oauth1", "oauth2", "pat"])
async def test_a_second_command_points_at_the_card_that_is_open(desk: Office, mode: str) -> None:
    desk.authenticate_by(mode)
    assert len(await handlers.command(COMMENT, desk.means)) == (1 if mode == "pat" else 2)

    for _ in range(3):
        [refused] = await handlers.command(SHOW, desk.means)

        assert isinstance(refused, Refused)
        assert (refused.code, refused.tenant_id) == ("not_linked", TENANT_ID)
        assert "card above" in (refused.advice or "")
        assert "waits" in refused.why


async def test_the_same_message_again_gets_its_card_again(desk: Office) -> None:
    await handlers.command(COMMENT, desk.means)

    prepared, offered = await handlers.command(COMMENT, desk.means)

    assert isinstance(prepared, AuthorizationPrepared)
    assert isinstance(offered, AuthorizationOffered)


async def test_who_types_connect_gets_a_new_card(desk: Office) -> None:
    await handlers.command(COMMENT, desk.means)

    prepared, _ = await handlers.connect(ConnectAsked(origin=SECOND), desk.means)

    assert isinstance(prepared, AuthorizationPrepared)


async def test_another_person_gets_a_card_of_his_own(desk: Office) -> None:
    await handlers.command(COMMENT, desk.means)
    grace = SECOND.model_copy(update={"user": "grace-in-teams"})

    prepared, _ = await handlers.command(SHOW.model_copy(update={"origin": grace}), desk.means)

    assert isinstance(prepared, AuthorizationPrepared)


async def test_who_connected_and_disconnected_gets_a_new_card(desk: Office) -> None:
    await handlers.command(COMMENT, desk.means)
    desk.links.put(link())
    desk.links.drop(LINK)

    prepared, _ = await handlers.command(SHOW, desk.means)

    assert isinstance(prepared, AuthorizationPrepared)


async def test_a_lost_link_is_offered_one_card_although_its_end_is_told_afterwards(linked: Office) -> None:
    linked.links.put(link(generation=5))
    linked.state.world.access_tokens.clear()
    lost, prepared, _ = await handlers.command(COMMENT, linked.means)
    assert lost == LinkLost(origin=FIRST, tenant_id=TENANT_ID, link_id=LINK, generation=5, why="revoked")
    assert isinstance(prepared, AuthorizationPrepared)

    linked.links.drop(LINK)
    [refused] = await handlers.command(SHOW, linked.means)

    assert isinstance(refused, Refused)


@pytest.mark.parametrize("mode", ["oauth1", "oauth2"])
async def test_a_connection_that_jira_refused_frees_the_way_for_a_new_card(desk: Office, mode: str) -> None:
    desk.authenticate_by(mode)
    prepared, _ = await handlers.command(COMMENT, desk.means)
    assert isinstance(prepared, AuthorizationPrepared)
    wrong = desk.keys.seal("wrong")
    if mode == "oauth1":
        completion = LinkCompletionAsked(
            origin=FIRST, tenant_id=TENANT_ID, link_id=LINK, request_token=prepared.request_token, verifier=wrong
        )
        await handlers.complete(completion, desk.means)
    else:
        exchange = CodeExchangeAsked(
            origin=FIRST,
            tenant_id=TENANT_ID,
            link_id=LINK,
            lookup=prepared.lookup,
            code=wrong,
            code_verifier=prepared.code_verifier or "",
        )
        await handlers.exchange_code(exchange, desk.means)

    assert len(await handlers.command(SHOW, desk.means)) == 2


async def test_after_deny_the_next_command_gets_a_new_card(desk: Office) -> None:
    await handlers.command(COMMENT, desk.means)
    denied = AuthorizationEnded(origin=FIRST, tenant_id=TENANT_ID, link_id=LINK, why="denied")

    await handlers.authorization_ended(denied, desk.means)

    assert len(await handlers.command(SHOW, desk.means)) == 2


async def test_a_card_newer_than_the_one_that_ended_stays_open(desk: Office) -> None:
    await handlers.command(COMMENT, desk.means)
    await handlers.connect(ConnectAsked(origin=SECOND), desk.means)
    denied = AuthorizationEnded(origin=FIRST, tenant_id=TENANT_ID, link_id=LINK, why="denied")

    await handlers.authorization_ended(denied, desk.means)
    [refused] = await handlers.command(COMMENT, desk.means)

    assert isinstance(refused, Refused)


def test_a_card_is_open_for_ten_minutes_and_their_number_is_bounded() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    cards = OpenCards(LinksInMemory(), lambda: at)
    cards.offered("first", "i", None)
    assert cards.of("first") is not None

    at += LIVES - timedelta(seconds=1)
    assert cards.of("first") is not None
    at += timedelta(seconds=1)
    assert cards.of("first") is None

    for number in range(REMEMBERED + 1):
        cards.offered(f"link-{number}", "i", None)
    assert cards.of("link-0") is None
    assert cards.of("link-1") is not None
