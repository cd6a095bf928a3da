"""The commands people type: text in, command out. Verbs are whole words in any case; nothing here ever raises."""

import difflib
import re

from bot_gateway.commands import (
    Command,
    DeleteMyData,
    DidYouMean,
    Help,
    InJira,
    MyData,
    OfOneJira,
    Show,
    Unknown,
    Usage,
)
from bot_gateway.typed_text import SPACE, SPACES, end_of, split, trimmed
from bot_gateway.verbs import VERBS, issue_key

_TAG = r"</?(?:p|div|br|span)\s{0,3}/?>"
_LEADING = re.compile(rf"(?:{SPACE}|{_TAG})*/?")
_CLOSING_TAGS = re.compile(r"(?:</(?:p|div|span)>){1,3}\Z")
_ALIAS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?\Z")


def parse(text: str) -> Command | Usage | DidYouMean | Unknown:
    """Read what a person typed; an empty text asks for help."""
    start = end_of(_LEADING, text)
    said = trimmed(text[start:])
    if "<" in text[:start]:
        said = trimmed(_CLOSING_TAGS.sub("", said))
    meant = _read(said) if said else Help()
    return (_named_last(said) or meant) if isinstance(meant, Usage) else meant


def _read(said: str) -> Command | Usage | DidYouMean | Unknown:
    key = issue_key(said)
    if key:
        return Show(key)
    word, rest = split(said)
    if word.lower() == ELSEWHERE:
        return _elsewhere(rest)
    verb = ALIASES.get(word.lower(), word.lower())
    if verb in VERBS:
        return VERBS[verb].read(rest) or Usage(verb)
    return _phrase(said) or _meant(word, rest) or Unknown()


def _elsewhere(rest: str) -> Command | Usage | DidYouMean | Unknown:
    """Read a command for another Jira than the default: its name, then the command."""
    alias, line = split(rest)
    if not _ALIAS.match(alias) or not line or split(line)[0].lower() == ELSEWHERE:
        return Usage(ELSEWHERE)
    meant = _read(line)
    if isinstance(meant, OfOneJira):
        return InJira(alias.lower(), meant)
    if isinstance(meant, DidYouMean) and isinstance(_read(meant.line), OfOneJira):
        return DidYouMean(f"{ELSEWHERE} {alias} {meant.line}")
    return meant if isinstance(meant, Usage | Unknown) else Usage(ELSEWHERE)


def _named_last(said: str) -> DidYouMean | None:
    """Guess that a Jira's name was put behind a verb that takes nothing, such as “connect eu”."""
    verb, name = split(said)
    known = VERBS.get(verb.lower())
    stands_alone = known is not None and isinstance(known.read(""), OfOneJira)
    if not stands_alone or not _ALIAS.match(name) or name.lower() in NO_NAMES:
        return None
    return DidYouMean(f"{ELSEWHERE} {name} {verb.lower()}")


def _phrase(said: str) -> Command | DidYouMean | None:
    """Read the commands that are ordinary words, of which each has to be there."""
    if len(said) > LONGEST_PHRASE:
        return None
    line = SPACES.sub(" ", said).lower()
    near = difflib.get_close_matches(line, SUGGESTED, n=1, cutoff=0.8)
    return PHRASES.get(line) or (DidYouMean(near[0]) if near else None)


def _meant(word: str, rest: str) -> DidYouMean | None:
    """Guess only a verb that is one slip away, and only where the whole line would then be a command."""
    if not 3 <= len(word) <= 14:
        return None
    for verb in difflib.get_close_matches(word.lower(), VERBS, n=2, cutoff=0.75):
        read = VERBS[verb].read
        if read(rest) and (line := next(filter(read, _shortened(rest)), None)) is not None:
            return DidYouMean(f"{verb} {line}".strip())
    return None


def _shortened(rest: str) -> tuple[str, ...]:
    """Give what fits into a line: the first one, and the whole, for where the first one alone says too little."""
    lines = (rest.partition("\n")[0], SPACES.sub(" ", rest))
    return tuple(f"{line[:80]}…" if len(line) > 80 else line for line in lines)


ELSEWHERE = "on"
NO_NAMES = ("again", "me", "now", "please")
"""What people add out of courtesy or habit."""
PHRASES: dict[str, Command] = {
    "my data": MyData(),
    "delete my data": DeleteMyData(),
    "delete my data yes": DeleteMyData(confirmed=True),
}
SUGGESTED = ("my data", "delete my data")
LONGEST_PHRASE = 40
ALIASES = {"move": "transition", "find": "search", "?": "help", "hi": "help", "hello": "help"}
