"""Typed text, cut at white space: also at the invisible kind that chats put in. Pure."""

import re

SPACE = r"(?:\s|&nbsp;|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff])"
"""What counts as white space between words: also no-break spaces, zero-width characters and direction marks."""
SPACES = re.compile(rf"{SPACE}+")
_SPACES_BEFORE = re.compile(rf"{SPACE}*")
_SPACE_CHARACTER = re.compile(rf"{SPACE}")


def split(text: str) -> tuple[str, str]:
    """Split at the first white space."""
    found = SPACES.search(text)
    return (text, "") if found is None else (text[: found.start()], trimmed(text[found.end() :]))


def trimmed(text: str) -> str:
    """Cut white space, also the invisible kind, from both ends."""
    if text[:1].isalnum() and text[-1:].isalnum():
        return text.replace("\r\n", "\n")
    start, end = end_of(_SPACES_BEFORE, text), len(text)
    while end > start:
        width = 6 if text.endswith("&nbsp;", start, end) else 1
        if not _SPACE_CHARACTER.fullmatch(text, end - width, end):
            break
        end -= width
    return text[start:end].replace("\r\n", "\n")


def end_of(pattern: re.Pattern[str], text: str) -> int:
    """Say where a match at the start ends; 0 where there is none."""
    found = pattern.match(text)
    return found.end() if found else 0
