"""What a question says of those for whose sake it is asked."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.attempt import cause
from chassis.envelope import Attributes, Outgoing
from chassis.errors import Unavailable
from chassis.inbox import Inbox
from contracts.keys import TenantKeysAsked

ADA, GRACE = (Attributes(f"id-{name}", "t", "s", f"story-{name}") for name in ("ada", "grace"))


class SilentKafka:
    """Takes questions, to which nobody answers."""

    service = "jira-actor"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send(self, message: Outgoing) -> None:
        self.sent.append(message)


@pytest.mark.parametrize(
    ("handled", "causes", "story", "shared_by"),
    [
        (None, [], None, []),
        (ADA, [], "story-ada", []),
        (None, [ADA], "story-ada", []),
        (None, [ADA, GRACE], None, ["story-ada", "story-grace"]),
        (ADA, [ADA, GRACE], None, ["story-ada", "story-grace"]),
    ],
)
async def test_a_question_belongs_to_the_story_of_its_cause_and_one_of_several_names_them_all(
    handled: Attributes | None, causes: list[Attributes], story: str | None, shared_by: list[str]
) -> None:
    kafka: Any = SilentKafka()
    cause.set(handled)
    with pytest.raises(Unavailable, match="did not answer"):
        await Inbox(kafka, timedelta(milliseconds=20)).ask(lambda ask: TenantKeysAsked(ask=ask, tenant_id="t1"), causes)

    [sent] = kafka.sent
    headers = sent.raw_headers()
    told = dict(headers)
    assert told["correlation_id"] == (story.encode() if story else told["ce_id"])
    assert [value.decode() for name, value in headers if name == "shared_by"] == shared_by
