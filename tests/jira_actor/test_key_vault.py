"""What key-vault's sealed answers are read as, and what its refusals mean."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import Unavailable
from chassis.keys import Authorization, Keys, KeysRefusal
from chassis.sealing import ReplyKey, seal_answer
from contracts.keys import Ask, Call, CallsAuthorized, KeysReply, KeysRequest
from jira_actor.errors import JiraRefused, NotLinked, TokenExpired
from jira_actor.key_vault import key_vault_asked

CALL = Call(method="GET", url="https://jira.example.com/rest/api/2/myself")


class Answering:
    """An inbox whose questions are answered at once."""

    def __init__(self, values: str) -> None:
        self._values = values

    async def ask(self, question: Callable[[Ask], KeysRequest]) -> tuple[KeysReply, ReplyKey]:
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
