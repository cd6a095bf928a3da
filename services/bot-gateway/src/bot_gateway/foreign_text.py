"""Text that others wrote, made fit to be shown: in Jira's fields, in names, in what people typed.

It goes into text runs, button titles and plain summaries only, where neither Markdown nor mentions are interpreted;
what is left to take out is what would be interpreted even there, and what would upset the layout.
"""

import re
import unicodedata
from typing import Unpack

from bot_gateway.card_model import OpenUrl, RichTextBlock, Style, TextRun

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udfff]")
"""Control characters and direction overrides, which would let a text dress up its surroundings."""


def shown(text: str, limit: int) -> str:
    """Give a text in one line of at most `limit` characters."""
    return _cut(" ".join(_clean(text[: limit * 8]).split()), limit)


def run(text: str, limit: int = 120, link: OpenUrl | None = None, **style: Unpack[Style]) -> TextRun:
    """Give a text as a text run."""
    return TextRun(text=shown(text, limit) or "–", select_action=link, **style)


def paragraphs(text: str, limit: int = 600, most: int = 8) -> tuple[RichTextBlock, ...]:
    """Give a longer text line by line, since a text run shows no line breaks."""
    cut = _cut(_clean(text[: limit * 4]), limit)
    lines = [" ".join(line.split()) for line in re.split(r"[\n\u2028\u2029]", cut)]
    kept = [line for line in lines if line]
    if len(kept) > most:
        kept = [*kept[: most - 1], _cut(f"{kept[most - 1]} …", limit)]
    return tuple(RichTextBlock(inlines=(TextRun(text=line),), spacing="Small") for line in kept)


def _clean(text: str) -> str:
    """Take out unseen characters, and break what the card's date functions or a mention would begin with."""
    seen = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"\{(?=\{)", "{ ", seen)


def _cut(text: str, limit: int) -> str:
    """Shorten a text; a combining mark is not left without its letter."""
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 1 and unicodedata.combining(text[end]):
        end -= 1
    return text[:end].rstrip() + "…"
