"""Hearing an activity: publish what comes of it, confirmed, then answer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

import structlog
from opentelemetry.trace import Tracer

from bot_gateway.card_model import CARD_TYPE, AdaptiveCard
from bot_gateway.decide import Decision, Heard, decide
from bot_gateway.refusals import Refusals
from bot_gateway.spans import Spanned
from bot_gateway.talk_cards import talk_card
from bot_gateway.teams_errors import TeamsError
from bot_gateway.token_dialog import NOT_NOW, TokenGiven, token_dialog
from bot_gateway.waiting import Answer, Waiting
from chassis.bounded import Recent
from chassis.errors import Unavailable
from contracts.event import Conversation, Event
from contracts.teams import ConversationLeft, ConversationSeen, Intent, MyDataDeletionAsked, TokenBrought

Seal = Callable[[str, str], str]
"""Token and tenant id in, JWE out; raises Unavailable."""
log = structlog.get_logger()
TEXT_TYPE = "application/vnd.microsoft.activity.message"
WORKING_ON_IT = "I am working on it and will post the result here."


class Publisher(Protocol):
    """Where events go."""

    async def publish(self, event: Event, *, event_id: str | None = None) -> object:
        """Publish an event, confirmed; raises Unavailable."""
        ...


class Speaker(Protocol):
    """The part of Teams that answering at once needs."""

    async def post(self, place: Conversation, message: Mapping[str, Any], reply_to: str | None = None) -> str:
        """Post a message."""
        ...


@dataclass(frozen=True)
class Budgets:
    """How long Teams is kept waiting: it gives up on an invoke after 5 seconds, on the rest after 10 to 15."""

    outcome: timedelta = timedelta(seconds=4)
    """From the arrival of a card's button up to its answer."""
    say: timedelta = timedelta(seconds=8)


@dataclass(frozen=True)
class Hearing:
    """All that hearing needs."""

    events: Publisher
    teams: Speaker
    waiting: Waiting
    seal: Seal
    refusals: Refusals
    budgets: Budgets = Budgets()
    heard: Recent[tuple[str, str], bool] = field(default_factory=lambda: Recent(20_000))
    """Activities whose events are published: Teams delivers some twice."""
    places: Recent[str, str] = field(default_factory=lambda: Recent(20_000))
    """Conversations that were announced, with their service URL."""
    tracer: Tracer | None = None
    """Where some messages are traced."""

    async def hear(self, heard: Heard) -> Mapping[str, Any] | None:
        """Give the body of the HTTP answer, None where it has none; raises Unavailable where nothing was published."""
        decision = decide(heard)
        key = _key(heard)
        if key and self.heard.get(key):
            log.info("activity_repeated", kind=heard.activity.type)
            return text_answer(WORKING_ON_IT) if decision.card_action else decision.answer
        if decision.refused:
            self.refusals.count(decision.refused, heard.activity)
            log.info("activity_refused", kind=heard.activity.type, why=decision.refused)
        if self.tracer is None:
            return await self._act(decision, heard, key)
        with Spanned(self.tracer, f"hear {heard.activity.type}"):
            return await self._act(decision, heard, key)

    async def _act(self, decision: Decision, heard: Heard, key: tuple[str, str] | None) -> Answer | None:
        if decision.card_action:
            return await self._answer_card_action(decision, heard, key)
        if decision.given:
            return await self._bring(decision, decision.given, heard)
        await self._publish(decision, heard, key)
        await self._say(decision)
        return decision.answer

    async def _bring(self, decision: Decision, given: TokenGiven, heard: Heard) -> Answer | None:
        """Pass a token on, sealed; where that cannot be done now, the dialog stays open and says so."""
        try:
            sealed = self.seal(given.token, given.ticket.tenant_id)
            resume = given.ticket.intent_id if given.ticket.resumes else None
            intent = TokenBrought(origin=given.origin, site=given.ticket.alias, token=sealed, resume=resume)
            await self._publish(decision._replace(intent=intent), heard, _key(heard))
        except Unavailable as error:
            log.warning("nothing_brought", error=str(error))
            return token_dialog(given.ticket, given.ticket_text, NOT_NOW)
        return decision.answer

    async def _answer_card_action(self, decision: Decision, heard: Heard, key: tuple[str, str] | None) -> Answer:
        until = asyncio.get_running_loop().time() + self.budgets.outcome.total_seconds()
        if decision.intent is None:
            return card_answer(talk_card(decision.say)) if decision.say else text_answer(WORKING_ON_IT)
        with self.waiting.expect(decision.intent.origin.intent_id) as outcome:
            await self._publish(decision, heard, key)
            try:
                async with asyncio.timeout_at(until):
                    return await outcome
            except TimeoutError:
                return text_answer(WORKING_ON_IT)

    async def _publish(self, decision: Decision, heard: Heard, key: tuple[str, str] | None) -> None:
        news = None if self._known(decision, heard) else decision.news
        await self._publish_together(news, decision.intent)
        if news:
            self._remember(news)
        if isinstance(decision.intent, MyDataDeletionAsked):
            self.places.drop(decision.intent.origin.conversation.conversation_id)
        if key:
            self.heard.put(key, True)

    async def _publish_together(self, news: ConversationSeen | ConversationLeft | None, intent: Intent | None) -> None:
        """Have both confirmed: neither waits for the other, and one alone costs no task."""
        if intent is None:
            if news:
                await self.events.publish(news)
            return
        asked = self.events.publish(intent, event_id=intent.origin.intent_id)
        await (asyncio.gather(self.events.publish(news), asked) if news else asked)

    def _known(self, decision: Decision, heard: Heard) -> bool:
        """Tell whether a message comes from a place that was announced already."""
        place = decision.news and decision.news.conversation
        return bool(
            place and heard.activity.type == "message" and self.places.get(place.conversation_id) == place.service_url
        )

    def _remember(self, news: ConversationSeen | ConversationLeft) -> None:
        place = news.conversation
        if isinstance(news, ConversationSeen):
            self.places.put(place.conversation_id, place.service_url)
        else:
            self.places.drop(place.conversation_id)

    async def _say(self, decision: Decision) -> None:
        """Say it now or not at all: nothing is lost but a word of help."""
        if decision.say is None or decision.place is None:
            return
        try:
            async with asyncio.timeout(self.budgets.say.total_seconds()):
                await self.teams.post(decision.place, talk_card(decision.say).message(), decision.reply_to)
        except (TeamsError, TimeoutError) as error:
            log.warning("not_said", say=type(decision.say).__name__, error=str(error) or "timeout")


def card_answer(card: AdaptiveCard) -> Answer:
    """Answer an `adaptiveCard/action` with a card in the place of the one that was pressed."""
    return {"statusCode": 200, "type": CARD_TYPE, "value": card.wire()}


def text_answer(text: str) -> Answer:
    """Answer an `adaptiveCard/action` with a sentence."""
    return {"statusCode": 200, "type": TEXT_TYPE, "value": text}


def _key(heard: Heard) -> tuple[str, str] | None:
    conversation, activity = heard.activity.conversation, heard.activity
    return (conversation.id, activity.id) if conversation and conversation.id and activity.id else None
