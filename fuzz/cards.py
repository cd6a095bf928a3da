"""Cards: whatever an event holds, its card fits into a message, and nothing that others wrote is interpreted in it."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, cast

from hypothesis import strategies as st
from pydantic import ValidationError

from bot_gateway.card_model import AdaptiveCard
from bot_gateway.notice_cards import notice_card
from bot_gateway.outcome_cards import reply
from bot_gateway.registration_codes import RegistrationCodes
from bot_gateway.tickets import Tickets
from contracts.event import Event
from contracts.outcomes import OUTCOMES, Outcome
from contracts.registry import NoticeDue
from fuzz.events import data_of
from fuzz.found import Found
from fuzz.strange import TEXT_OR_HUGE
from fuzz.trying import Amount, hold

KINDS: tuple[type[Event], ...] = (*OUTCOMES, NoticeDue)
CODES, TICKETS = RegistrationCodes(b"the bot's own secret"), Tickets(b"the bot's own secret")
TEAMS_LIMIT = 28_000
"""Bytes of a message with cards, as Microsoft documents for bots."""
MARK = "\ue123"
"""In every text that others wrote, so that it is known again."""
LINKS = (
    "javascript:alert(1)",
    "https://user@evil.example/browse/OPS-7",
    "https://jira.example/browse/OPS-7",
    "data:,x",
)
TEXTS = st.one_of(
    TEXT_OR_HUGE.map(lambda text: f"{MARK}{text}".encode(errors="replace").decode()),
    st.sampled_from([*LINKS, "OPS-7", "https://jira.example/browse/OPS-7?focusedCommentId=1"]),
)
INTERPRETED = re.compile(r"\{\{|[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]")
SAFE_LINK = re.compile(r"https?://[^\s@\\]+")


def fuzz(amount: Amount) -> Found:
    """Let cards be built of all outcomes and notices."""
    found = Found("card builder", tell=amount.tell)
    for number, kind in enumerate(KINDS):
        cases = -(-amount.cases // len(KINDS))
        events = data_of(kind, TEXTS).map(partial(event, kind))
        hold(found, Amount(cases, amount.seed + number), events, look)
    return found


def look(drawn: Event | None) -> None:
    """Build the card and look at it; raises where Teams would refuse it or interpret what others wrote."""
    if drawn is None:
        return
    if isinstance(drawn, NoticeDue):
        inspect(notice_card(drawn.notice))
    else:
        inspect(reply(cast("Outcome", drawn), CODES, TICKETS).card)


def inspect(card: AdaptiveCard) -> None:
    """Look at a card; raises AssertionError."""
    _fits(card)
    for part in _parts(card.wire()):
        _harmless(part)


def event(kind: type[Event], data: Any) -> Event | None:
    """Read an event, where it is one: its own rules are narrower than its schema's."""
    try:
        return kind.model_validate_json(json.dumps(data))
    except ValidationError:
        return None


def _fits(card: AdaptiveCard) -> None:
    text = json.dumps(card.message(), ensure_ascii=False)
    assert max(len(text.encode()), len(text.encode("utf-16-le")) * 28 // 40) <= TEAMS_LIMIT, "larger than Teams takes"
    assert card.wire()["version"] == "1.4", "not the version that all clients show"


def _harmless(part: Mapping[str, Any]) -> None:
    kind = part.get("type")
    if kind == "TextBlock":
        assert MARK not in part["text"], "a foreign text is shown as Markdown"
    if kind == "TextRun":
        assert not INTERPRETED.search(part["text"]), "a date, a control character or an override is interpreted"
        assert "\n" not in part["text"], "a text run of two lines"
    if kind == "Action.OpenUrl":
        assert SAFE_LINK.fullmatch(part["url"]), "a link that is no plain web address"
    assert "entities" not in part, "a mention"


def _parts(part: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, Mapping):
        yield part
    for inner in part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ():
        yield from _parts(inner)
