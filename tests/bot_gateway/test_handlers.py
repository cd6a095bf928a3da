import pytest
from tests.bot_gateway.fakes import CODES, NOW, SERVICE_URL, TENANT, TICKETS, Chats, issue, origin, words

from bot_gateway import handlers
from bot_gateway.handlers import OPEN_A_CHAT, Desk
from bot_gateway.teams_errors import TeamsError, TeamsRefused, TeamsUnavailable
from bot_gateway.waiting import Waiting
from contracts import outcomes as came
from contracts.event import Conversation
from contracts.registry import Notice, NoticeDue
from contracts.teams import ConversationLeft

BLOCKED = TeamsRefused(403, "MessageWritesBlocked")


def desk(chats: Chats) -> Desk:
    return Desk(chats, Waiting(), CODES, TICKETS, now=lambda: NOW)


def offered(kind: str) -> came.AuthorizationOffered:
    return came.AuthorizationOffered(
        origin=origin(kind), url="https://bridge.example.com/connect?oauth_token=abc", site="jira", expires_at=NOW
    )


def due(kind: str = "channel", conversation: str = "19:ops@thread.tacv2") -> NoticeDue:
    place = Conversation(conversation_id=conversation, kind=kind, service_url=SERVICE_URL, teams_tenant=TENANT)
    notice = Notice(
        kind="commented",
        site="jira",
        issue_key="OPS-7",
        url="https://jira.example.com/browse/OPS-7",
        summary="S",
        at=NOW,
    )
    return NoticeDue(notice_id="n1", conversation=place, notice=notice)


async def test_an_outcome_is_posted_in_reply_to_the_message_that_asked() -> None:
    chats = Chats()

    assert await handlers.outcome(came.IssueShown(origin=origin("channel"), issue=issue()), desk(chats)) is None

    ((where, posted, reply_to),) = chats.posts
    assert (where, reply_to) == ("19:ops@thread.tacv2;messageid=1700", "1700000000001")
    assert posted["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"


async def test_the_same_outcome_twice_is_posted_once_and_another_one_too() -> None:
    chats = Chats()
    here, shown = desk(chats), came.IssueShown(origin=origin(), issue=issue())
    for outcome in (shown, shown, came.IssueShown(origin=origin(), issue=issue(status="Done"))):
        await handlers.outcome(outcome, here)

    assert len(chats.posts) == 2


async def test_an_outcome_that_could_not_be_posted_is_tried_again() -> None:
    chats = Chats(TeamsUnavailable("away"))
    here, shown = desk(chats), came.IssueShown(origin=origin(), issue=issue())

    with pytest.raises(TeamsUnavailable):
        await handlers.outcome(shown, here)
    await handlers.outcome(shown, here)

    assert len(chats.posts) == 1


async def test_in_a_private_chat_the_connect_card_is_posted_there() -> None:
    chats = Chats()
    await handlers.outcome(offered("personal"), desk(chats))

    assert [where for where, _, _ in chats.posts] == ["a:chat"]
    assert chats.opened == []


@pytest.mark.parametrize("kind", ["channel", "groupChat"])
async def test_elsewhere_the_connect_card_goes_to_the_persons_own_chat_with_a_word_in_front_of_the_others(
    kind: str,
) -> None:
    chats = Chats()
    await handlers.outcome(offered(kind), desk(chats))

    (alone, card, _), (public, note, reply_to) = chats.posts
    assert (alone, public, reply_to) == (
        "a:chat-of-29:mri-of-dana",
        origin(kind).conversation.conversation_id,
        "1700000000001",
    )
    assert "oauth_token" in str(card)
    assert "oauth_token" not in str(note)


async def test_a_registration_code_never_stands_in_a_channel() -> None:
    chats = Chats()
    issued = came.RegistrationCodeIssued(origin=origin("channel"), expires_at=NOW, registration_url="https://b.example")
    code = CODES.code(issued.origin.intent_id)
    await handlers.outcome(issued, desk(chats))

    assert [where for where, posted, _ in chats.posts if code in str(posted)] == ["a:chat-of-29:mri-of-dana"]


async def test_where_no_private_chat_can_be_opened_the_person_is_asked_to_open_one() -> None:
    chats = Chats()
    chats.no_chat = TeamsRefused(403, "BotNotInstalled")
    await handlers.outcome(offered("channel"), desk(chats))

    assert chats.texts() == [OPEN_A_CHAT]


async def test_a_card_sent_to_the_private_chat_is_not_sent_again_when_only_the_word_failed() -> None:
    chats = Chats(None, TeamsUnavailable("away"))
    here = desk(chats)
    with pytest.raises(TeamsUnavailable):
        await handlers.outcome(offered("channel"), here)
    await handlers.outcome(offered("channel"), here)

    assert len([posted for _, posted, _ in chats.posts if "oauth_token" in str(posted)]) == 1
    assert len(chats.posts) == 2


async def test_a_conversation_that_blocks_the_bot_is_announced_as_left() -> None:
    left = await handlers.outcome(came.IssueShown(origin=origin("channel"), issue=issue()), desk(Chats(BLOCKED)))

    assert isinstance(left, ConversationLeft)
    assert (left.conversation.conversation_id, left.at) == ("19:ops@thread.tacv2", NOW)


@pytest.mark.parametrize("refusal", [TeamsRefused(413, "MessageSizeTooBig"), TeamsRefused(404, "ActivityNotFound")])
async def test_where_a_card_is_refused_its_summary_is_posted_as_text(refusal: TeamsError) -> None:
    chats = Chats(refusal)
    await handlers.outcome(came.IssueShown(origin=origin(), issue=issue()), desk(chats))

    assert [(posted["text"], reply_to) for _, posted, reply_to in chats.posts] == [("OPS-7 Printer on fire", None)]


async def test_where_nothing_can_be_posted_the_handler_gives_up_without_an_error() -> None:
    chats = Chats(TeamsRefused(400, "BadSyntax"), TeamsRefused(400, "BadSyntax"))

    assert await handlers.outcome(came.IssueShown(origin=origin(), issue=issue()), desk(chats)) is None


async def test_a_notice_begins_a_thread_in_a_channel_and_is_a_message_in_a_chat() -> None:
    chats = Chats()
    await handlers.notice(due(), desk(chats))
    await handlers.notice(due("groupChat", "19:group@thread.v2"), desk(chats))

    assert [where for where, _ in chats.threads] == ["19:ops@thread.tacv2"]
    assert [where for where, _, _ in chats.posts] == ["19:group@thread.v2"]
    assert "OPS-7" in words(chats.threads[0][1])


async def test_a_notice_is_posted_once_and_a_dead_conversation_announced() -> None:
    chats = Chats()
    here = desk(chats)
    await handlers.notice(due(), here)
    await handlers.notice(due(), here)
    assert len(chats.threads) == 1

    assert isinstance(await handlers.notice(due(), desk(Chats(BLOCKED))), ConversationLeft)
