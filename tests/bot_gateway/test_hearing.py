import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from tests.bot_gateway.fakes import (
    BOT,
    CODES,
    TICKETS,
    Chats,
    Counted,
    KeyVault,
    Log,
    heard,
    invoke,
    issue,
    message,
    words,
)

from bot_gateway import handlers
from bot_gateway.card_model import CARD_TYPE
from bot_gateway.handlers import Desk
from bot_gateway.hearing import TEXT_TYPE, Budgets, Hearing
from bot_gateway.settings import Settings
from bot_gateway.teams_errors import TeamsUnavailable
from bot_gateway.waiting import Waiting
from chassis.bounded import Recent
from chassis.errors import Unavailable
from chassis.key_vault_seal import KeyVaultSeal
from contracts import outcomes as came
from contracts.event import Event
from contracts.teams import ConversationLeft, ConversationSeen, Intent, MyDataDeletionAsked, ShowAsked


class Scene:
    """Hearing with its surroundings."""

    def __init__(self, log: Log | None = None, chats: Chats | None = None, budget: float = 0.2) -> None:
        self.log, self.chats, self.waiting = log or Log(), chats or Chats(), Waiting()
        self.vault, self.counted = KeyVault(), Counted()
        budgets = Budgets(outcome=timedelta(seconds=budget), say=timedelta(seconds=0.2))
        self.hearing = Hearing(
            self.log, self.chats, self.waiting, KeyVaultSeal(self.vault).seal, self.counted.refusals, budgets
        )

    async def hear(self, activity: dict[str, Any]) -> Any:
        return await self.hearing.hear(heard(activity))


async def test_a_command_is_published_under_its_intent_id_and_nothing_is_said_yet() -> None:
    scene = Scene()

    assert await scene.hear(message()) is None

    seen, intent = scene.log.events
    assert isinstance(seen, ConversationSeen)
    assert isinstance(intent, ShowAsked)
    assert scene.log.ids[1] == intent.origin.intent_id
    assert scene.chats.posts == []


async def test_the_same_activity_twice_is_published_once() -> None:
    scene = Scene()
    await scene.hear(message())
    await scene.hear(message())
    await scene.hear(message(id="1700000000002"))

    assert len(scene.log.of(Intent)) == 2


async def test_an_activity_that_could_not_be_published_is_new_when_it_comes_again() -> None:
    scene = Scene()
    scene.log.down = True
    with pytest.raises(Unavailable):
        await scene.hear(message())
    scene.log.down = False

    await scene.hear(message())

    assert len(scene.log.of(Intent)) == 1


def test_kafka_has_less_time_to_confirm_than_teams_waits_for_an_invoke() -> None:
    assert Settings(bot_app_id="id", bot_app_secret=SecretStr("s")).publish_timeout < timedelta(seconds=5)


async def test_place_and_command_are_published_together_and_both_are_confirmed() -> None:
    class Both(Log):
        def __init__(self) -> None:
            super().__init__()
            self.under_way = asyncio.Barrier(2)

        async def publish(self, event: Event, *, event_id: str | None = None) -> None:
            await self.under_way.wait()
            await super().publish(event, event_id=event_id)

    scene = Scene(Both())
    await scene.hear(message())

    assert {type(event) for event in scene.log.events} == {ConversationSeen, ShowAsked}


async def test_where_only_one_of_both_is_confirmed_the_activity_is_new_when_it_comes_again() -> None:
    class Half(Log):
        broken = True

        async def publish(self, event: Event, *, event_id: str | None = None) -> None:
            if self.broken and isinstance(event, ConversationSeen):
                raise Unavailable("this partition has no leader")
            await super().publish(event, event_id=event_id)

    log = Half()
    scene = Scene(log)
    with pytest.raises(Unavailable):
        await scene.hear(message())
    log.broken = False
    await scene.hear(message())

    assert len(log.of(ConversationSeen)) == 1
    asked = [one for one in log.of(Intent) if isinstance(one, Intent)]
    assert len({one.origin.intent_id for one in asked}) == 1, "twice, by one id: it is carried out once"


async def test_a_chat_whose_data_were_deleted_is_announced_anew_by_what_is_said_next() -> None:
    scene = Scene()
    for number, text in enumerate(("OPS-7", "delete my data yes", "OPS-7")):
        await scene.hear(message(text, id=f"3{number}"))

    kinds = [type(event) for event in scene.log.events]
    assert kinds.index(MyDataDeletionAsked) == 2
    assert kinds.count(ConversationSeen) == 2
    assert ConversationSeen in kinds[3:]


async def test_a_place_is_announced_once_and_again_when_its_address_changes_or_the_bot_is_added_anew() -> None:
    scene = Scene()
    for number in range(3):
        await scene.hear(message(id=f"1{number}"))
    assert len(scene.log.of(ConversationSeen)) == 1

    await scene.hear(message("", type="conversationUpdate", membersAdded=[BOT], id="f:1"))
    assert len(scene.log.of(ConversationSeen)) == 2

    await scene.hear(message("", type="installationUpdate", action="remove", id="f:2"))
    await scene.hear(message(id="20"))
    assert len(scene.log.of(ConversationLeft)) == 1
    assert len(scene.log.of(ConversationSeen)) == 3


async def test_what_is_no_command_is_answered_in_reply() -> None:
    scene = Scene()
    await scene.hear(message("help", kind="channel"))

    ((where, posted, reply_to),) = scene.chats.posts
    assert (where, reply_to) == ("19:ops@thread.tacv2;messageid=1700", "1700000000001")
    assert "What you can ask" in words(posted)
    assert scene.log.of(Intent) == []


async def test_help_that_could_not_be_posted_is_no_error_for_teams() -> None:
    assert await Scene(chats=Chats(TeamsUnavailable("away"))).hear(message("help")) is None


PRESSED = {"action": {"type": "Action.Execute", "verb": "command", "data": {"bridgeCommand": "OPS-7"}}}


async def test_a_pressed_button_is_answered_with_the_outcome() -> None:
    scene = Scene(budget=5)
    desk = Desk(scene.chats, scene.waiting, CODES, TICKETS)
    answering = asyncio.create_task(scene.hear(invoke("adaptiveCard/action", PRESSED)))
    await asyncio.sleep(0.02)
    (intent,) = scene.log.of(ShowAsked)
    assert isinstance(intent, ShowAsked)

    await handlers.outcome(came.IssueShown(origin=intent.origin, issue=issue()), desk)
    answer = await answering

    assert (answer["statusCode"], answer["type"]) == (200, CARD_TYPE)
    assert "Printer on fire" in words(answer)
    assert scene.chats.posts == []


async def test_a_late_outcome_is_posted_as_a_message() -> None:
    scene = Scene(budget=0.02)
    answer = await scene.hear(invoke("adaptiveCard/action", PRESSED, replyToId="1699"))
    (intent,) = scene.log.of(ShowAsked)
    assert isinstance(intent, ShowAsked)

    await handlers.outcome(
        came.IssueShown(origin=intent.origin, issue=issue()), Desk(scene.chats, scene.waiting, CODES, TICKETS)
    )

    assert (answer["statusCode"], answer["type"]) == (200, TEXT_TYPE)
    assert [(where, reply_to) for where, _, reply_to in scene.chats.posts] == [("a:chat", "1699")]


async def test_a_button_pressed_twice_asks_once() -> None:
    scene = Scene(budget=0.02)
    await scene.hear(invoke("adaptiveCard/action", PRESSED))
    again = await scene.hear(invoke("adaptiveCard/action", PRESSED))

    assert len(scene.log.of(Intent)) == 1
    assert again["type"] == TEXT_TYPE


async def test_a_button_that_is_no_command_is_answered_with_a_card() -> None:
    answer = await Scene().hear(invoke("adaptiveCard/action", {"action": {"data": {"bridgeCommand": "help"}}}))

    assert answer["type"] == CARD_TYPE


async def test_nobody_waits_for_an_outcome_that_was_given_up() -> None:
    waiting = Waiting()
    with waiting.expect("one") as future:
        assert waiting.hand_over("one", {"x": 1})
        assert not waiting.hand_over("one", {"x": 2})
        assert await future == {"x": 1}

    assert not waiting.hand_over("one", {})
    assert not waiting.hand_over("two", {})


def test_memory_forgets_what_was_not_used_longest() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    recent.get("a")
    recent.put("c", 3)

    assert [recent.get(key) for key in "abc"] == [1, None, 3]
    assert len(recent) == 2
