"""The dialog in which a person gives a personal access token: what it shows, and which input is taken. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot_gateway.card_layout import said
from bot_gateway.card_model import CARD_TYPE, AdaptiveCard, RichTextBlock, Submit, TextInput, TextRun
from bot_gateway.foreign_text import run
from bot_gateway.tickets import Ticket
from contracts.event import Origin

TICKET, TOKEN = "bridgeTicket", "bridgeToken"
"""Fields of what the dialog's buttons bring."""
LONGEST_TOKEN = 1000
TOKEN_FORM = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What a header can carry (RFC 6750, section 2.1)."""
TAKEN = "Thank you. I am checking the token with Jira and will tell you here in the chat."
NOT_YOURS = "This card is not yours, or no longer good. For a card of your own, write to me: connect"
EMPTY = "There was nothing in the field. Paste your token there."
NO_TOKEN = "That is no token. Copy it from Jira as a whole, and nothing else."  # noqa: S105 - words
NOT_NOW = "I could not take it just now, and kept nothing. Please try again in a minute."


@dataclass(frozen=True)
class TokenGiven:
    """A token in clear, on its way to be sealed: it is neither shown nor kept."""

    origin: Origin
    ticket: Ticket
    ticket_text: str
    token: str = field(repr=False)


def token_dialog(ticket: Ticket, ticket_text: str, problem: str | None = None) -> Mapping[str, Any]:
    """Give the answer that opens the dialog, or shows it again with what was wrong."""
    wrong = (RichTextBlock(inlines=(TextRun(text=problem, color="Attention"),)),) if problem else ()
    token = TextInput(
        id=TOKEN,
        label="Personal access token",
        error_message="Paste your token here.",
        max_length=LONGEST_TOKEN,
    )
    card = AdaptiveCard(
        version="1.5",
        fallback_text="Enter a token",
        body=(*wrong, RichTextBlock(inlines=(TextRun(text="For "), run(ticket.site))), token, said(WHERE_IT_GOES)),
        actions=(Submit(title="Connect", data={TICKET: ticket_text}),),
    )
    shown = {"contentType": CARD_TYPE, "content": card.wire()}
    info = {"title": "Enter a token", "height": "medium", "width": "medium", "card": shown}
    return {"task": {"type": "continue", "value": info}}


WHERE_IT_GOES = "It is encrypted at once, and used for nothing but what you ask me to do in Jira."


def last_words(text: str) -> Mapping[str, Any]:
    """Give the answer that closes the dialog with a sentence."""
    return {"task": {"type": "message", "value": text}}


def token_in(given: object) -> str | None:
    """Give the token that was entered, or None where it can be none."""
    token = given.strip() if isinstance(given, str) else ""
    return token if len(token) <= LONGEST_TOKEN and TOKEN_FORM.fullmatch(token) else None


def problem_with(given: object) -> str:
    """Say what is wrong with what was entered, without a word of it."""
    return NO_TOKEN if isinstance(given, str) and given.strip() else EMPTY
