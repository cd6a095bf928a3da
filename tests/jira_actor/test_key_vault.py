"""What key-vault's sealed answers are read as, and what its refusals mean."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.attempt import cause
from chassis.envelope import Attributes
from chassis.errors import Unavailable
from chassis.keys import Authorization, Keys, KeysRefusal
from chassis.sealing import ReplyKey, seal_answer
from contracts.keys import (
    Ask,
    Call,
    CallsAuthorizationAsked,
    CallsAuthorized,
    KeysQuestion,
    KeysReply,
    SeveralAuthorizationsAsked,
    SeveralAuthorized,
)
from jira_actor.errors import JiraRefused, NotLinked, TokenExpired
from jira_actor.key_vault import key_vault_asked

CALL = Call(method="GET", url="https://jira.example.com/rest/api/2/myself")


class Answering:
    """An inbox whose questions are answered at once."""

    def __init__(self, values: str) -> None:
        self._values = values

    async def ask(
        self, question: Callable[[Ask], KeysQuestion], causes: Sequence[Attributes] = ()
    ) -> tuple[KeysReply, ReplyKey]:
        key = ReplyKey()
        asked = question(Ask(request_id="r", partition=0, reply_key=key.public))
        return CallsAuthorized(request_id="r", sealed=seal_answer(self._values, asked.ask.reply_key)), key


@pytest.mark.parametrize(
    ("told", "reusable", "until"),
    [
        ('[{"value": "OAuth x"}]', False, None),
        ('[{"value": "Bearer x", "until": null}]', True, None),
        (
            '[{"value": "Bearer x", "until": "2026-01-02T03:04:05+00:00"}]',
            True,
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
        ('[{"value": "Bearer x", "until": "2026-01-02T03:04:05Z"}]', True, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
async def test_a_value_says_whether_and_until_when_it_may_be_used_again(
    told: str, reusable: bool, until: datetime | None
) -> None:
    inbox: Any = Answering(told)
    [found] = await Keys(inbox, inbox).authorize("t1", None, [CALL])

    assert (found.reusable, found.until) == (reusable, until)
    assert found.value.endswith(" x")


class AnsweringSeveral:
    """An inbox that authorizes everybody but Eve, Bob only when he asks alone, and remembers who asked it what."""

    def __init__(self) -> None:
        self.asked: list[KeysQuestion] = []
        self.causes: list[str] = []

    async def ask(
        self, question: Callable[[Ask], KeysQuestion], causes: Sequence[Attributes] = ()
    ) -> tuple[KeysReply, ReplyKey]:
        key = ReplyKey()
        asked = question(Ask(request_id="r", partition=0, reply_key=key.public))
        self.asked.append(asked)
        self.causes += [one.correlation_id for one in causes]
        if isinstance(asked, CallsAuthorizationAsked):
            alone = json.dumps([{"value": f"{asked.link_id} alone"}])
            return CallsAuthorized(request_id="r", sealed=seal_answer(alone, asked.ask.reply_key)), key
        assert isinstance(asked, SeveralAuthorizationsAsked)
        others = {"t1:eve": {"code": "not_linked", "why": "no"}, "t2:bob": None}
        told = [others.get(str(one.link_id), {"authorized": [{"value": one.link_id}]}) for one in asked.each]
        return SeveralAuthorized(request_id="r", sealed=seal_answer(json.dumps(told), asked.ask.reply_key)), key


async def test_people_who_ask_at_one_time_share_a_question_and_each_gets_what_is_his() -> None:
    inbox: Any = AnsweringSeveral()
    keys = Keys(inbox, inbox)

    async def asking(tenant: str, user: str) -> list[Authorization]:
        cause.set(Attributes(f"id-{user}", "t", "s", f"story-{user}"))
        return await keys.authorize(tenant, f"{tenant}:{user}", [CALL])

    people = [("t1", "ada"), ("t1", "eve"), ("t2", "grace"), ("t2", "bob")]
    found = await asyncio.gather(*(asking(*person) for person in people), return_exceptions=True)

    assert [one[0].value for one in found if isinstance(one, list)] == ["t1:ada", "t2:grace", "t2:bob alone"]
    assert isinstance(found[1], KeysRefusal)
    assert found[1].code == "not_linked"
    together, alone = inbox.asked
    assert [(one.tenant_id, one.link_id) for one in together.each] == [(t, f"{t}:{user}") for t, user in people]
    assert (alone.tenant_id, alone.link_id) == ("t2", "t2:bob")
    assert inbox.causes == ["story-ada", "story-eve", "story-grace", "story-bob", "story-bob"]


def test_a_value_does_not_show_in_what_may_be_logged() -> None:
    assert "canary" not in repr(Authorization("Bearer canary", reusable=True, until=datetime.now(UTC) + timedelta(1)))


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("not_linked", NotLinked),
        ("token_expired", TokenExpired),
        ("keys_destroyed", JiraRefused),
        ("suspended", JiraRefused),
        ("unknown_tenant", Unavailable),
        ("bad_request", KeysRefusal),
    ],
)
def test_what_a_refusal_means(code: str, means: type[Exception]) -> None:
    with pytest.raises(means), key_vault_asked():
        raise KeysRefusal(code, "because")
