"""Posting what came of intents, and what changed in Jira."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import structlog

from bot_gateway.card_model import AdaptiveCard, text_message
from bot_gateway.hearing import card_answer, text_answer
from bot_gateway.notice_cards import notice_card
from bot_gateway.outcome_cards import Reply, reply
from bot_gateway.registration_codes import RegistrationCodes
from bot_gateway.teams_errors import TeamsRefused
from bot_gateway.tickets import Tickets
from bot_gateway.waiting import Waiting
from chassis.bounded import Recent
from contracts.event import Conversation, Origin
from contracts.outcomes import Outcome
from contracts.registry import NoticeDue
from contracts.teams import ConversationLeft

log = structlog.get_logger()
Post = Callable[[Conversation, Mapping[str, Any]], Awaitable[str]]
OPEN_A_CHAT = "That is for you alone. Open a chat with me, then ask me again there."


class Conversations(Protocol):
    """The part of Teams that these handlers need; it raises TeamsRefused and TeamsUnavailable."""

    async def post(self, place: Conversation, message: Mapping[str, Any], reply_to: str | None = None) -> str:
        """Post a message."""
        ...

    async def start_thread(self, channel: Conversation, message: Mapping[str, Any]) -> str:
        """Post a message as a new thread."""
        ...

    async def open_chat(self, origin: Origin) -> Conversation:
        """Give the chat with one person."""
        ...


@dataclass(frozen=True)
class Desk:
    """All that posting needs."""

    teams: Conversations
    waiting: Waiting
    codes: RegistrationCodes
    tickets: Tickets
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    posted: Recent[str, bool] = field(default_factory=lambda: Recent(20_000))
    """What was posted by this process: after a lost commit, the same outcome comes again."""


async def outcome(came: Outcome, desk: Desk) -> ConversationLeft | None:
    """Tell the person what came of it: in the request that waits for it, else as a message."""
    said = reply(came, desk.codes, desk.tickets)
    if said.instead is None or came.origin.conversation.personal:
        return await _answer(came, said.card, desk)
    return await _answer(came, await _tell_alone(came, said, desk), desk)


async def notice(due: NoticeDue, desk: Desk) -> ConversationLeft | None:
    """Post a change; in a channel as a thread of its own."""
    if desk.posted.get(due.notice_id):
        return None
    in_channel = due.conversation.kind == "channel"
    post = desk.teams.start_thread if in_channel else desk.teams.post
    left = await _posted(due.conversation, notice_card(due.notice), post, desk)
    desk.posted.put(due.notice_id, True)
    return left


async def _tell_alone(came: Outcome, said: Reply, desk: Desk) -> str:
    """Post what only this person may see, and give what is said in front of the others."""
    key = f"alone {_digest(came)}"
    if not desk.posted.get(key):
        try:
            await desk.teams.post(await desk.teams.open_chat(came.origin), said.card.message())
        except TeamsRefused as refusal:
            log.info("no_chat_with_person", status=refusal.status, code=refusal.code)
            return OPEN_A_CHAT
        desk.posted.put(key, True)
    return said.instead or OPEN_A_CHAT


async def _answer(came: Outcome, words: AdaptiveCard | str, desk: Desk) -> ConversationLeft | None:
    origin, key = came.origin, _digest(came)
    if desk.posted.get(key):
        return None
    left = None
    if not _handed_over(origin.intent_id, words, desk.waiting):
        post = partial(desk.teams.post, reply_to=origin.activity_id)
        left = await _posted(origin.conversation, words, post, desk)
    desk.posted.put(key, True)
    return left


def _handed_over(intent_id: str, words: AdaptiveCard | str, waiting: Waiting) -> bool:
    """Give the answer to the request that waits for it, if one does."""
    if not waiting.awaits(intent_id):
        return False
    return waiting.hand_over(intent_id, text_answer(words) if isinstance(words, str) else card_answer(words))


async def _posted(place: Conversation, words: AdaptiveCard | str, post: Post, desk: Desk) -> ConversationLeft | None:
    """Post; where the card is refused, its summary in plain text is better than nothing."""
    try:
        await post(place, text_message(words) if isinstance(words, str) else words.message())
    except TeamsRefused as refusal:
        if refusal.gone:
            root = place.conversation_id.partition(";")[0]
            log.info("conversation_gone", code=refusal.code)
            return ConversationLeft(conversation=place.model_copy(update={"conversation_id": root}), at=desk.now())
        log.error("post_refused", status=refusal.status, code=refusal.code)  # noqa: TRY400 - a refusal is no bug
        await _say_plainly(place, words, desk)
    return None


async def _say_plainly(place: Conversation, words: AdaptiveCard | str, desk: Desk) -> None:
    try:
        await desk.teams.post(place, text_message(words if isinstance(words, str) else words.fallback_text))
    except TeamsRefused as refusal:
        log.error("nothing_posted", status=refusal.status, code=refusal.code)  # noqa: TRY400


def _digest(came: Outcome) -> str:
    return hashlib.sha256(f"{came.event_type()} {came.model_dump_json()}".encode()).hexdigest()
