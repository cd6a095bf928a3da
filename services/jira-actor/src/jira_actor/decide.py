"""What is to be done, decided from what is known: no clock, no network."""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from contracts.outcomes import Person

COMMENT_LIMIT = 32_767
"""Jira's own default for the length of a text, in UTF-16 code units."""
SUMMARY_LIMIT = 255

_ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}-[1-9][0-9]{0,17}")
_PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}")
_LUCENE = re.compile(r'([+\-&|!(){}\[\]^"~*?\\:/])')
_OPERATORS = re.compile(r"\b(AND|OR|NOT)\b")


class No(Exception):
    """A decision not to do it: what to tell the person."""

    def __init__(self, code: str, why: str, advice: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.why = why
        self.advice = advice


class Named(Protocol):
    """Anything that people call by a name."""

    @property
    def name(self) -> str | None: ...


class Step(Named, Protocol):
    """A transition and the status it leads to."""

    @property
    def to(self) -> str: ...


class Kind(Named, Protocol):
    """An issue type."""

    @property
    def subtask(self) -> bool: ...


AnyStep = TypeVar("AnyStep", bound=Step)
AnyKind = TypeVar("AnyKind", bound=Kind)


def issue_key(text: str) -> str:
    """Read an issue key."""
    key = text.strip().upper()
    if not key.isascii() or not _ISSUE_KEY.fullmatch(key):
        raise No("invalid", f"“{shortened(text)}” is not an issue key.", "An issue key looks like OPS-7.")
    return key


def project_key(text: str) -> str:
    """Read a project key."""
    key = text.strip().upper()
    if not key.isascii() or not _PROJECT_KEY.fullmatch(key):
        raise No("invalid", f"“{shortened(text)}” is not a project key.", "A project key looks like OPS.")
    return key


def comment_text(text: str) -> str:
    """Check a comment before it is sent."""
    if not text.strip():
        raise No("invalid", "The comment has no text.", "Write it after the issue key: comment OPS-7 your text")
    if (length := jira_length(text)) > COMMENT_LIMIT:
        raise No(
            "too_long", f"The comment has {length:,} characters; Jira takes {COMMENT_LIMIT:,}.", "Please shorten it."
        )
    return text


def summary_text(text: str) -> str:
    """Check a new issue's summary before it is sent: one line, not too long."""
    summary = " ".join(text.split())
    if not summary:
        raise No("invalid", "The issue has no summary.", "Write it after the project key: create OPS your summary")
    if (length := jira_length(summary)) > SUMMARY_LIMIT:
        raise No(
            "too_long", f"The summary has {length:,} characters; Jira takes {SUMMARY_LIMIT}.", "Please shorten it."
        )
    return summary


def jira_length(text: str) -> int:
    """Count as Jira does, which is written in Java."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def issue_type(kinds: Sequence[AnyKind], asked: str | None) -> AnyKind:
    """Choose the type of a new issue: as asked, or else Task, or else the first that is neither sub-task nor epic."""
    possible = [kind for kind in kinds if not kind.subtask]
    wanted = asked or "Task"
    for kind in possible:
        if same(kind.name, wanted):
            return kind
    names = named(kind.name for kind in possible)
    if asked:
        raise No("not_found", f"This project has no issue type “{shortened(asked)}”.", f"It has: {names}.")
    for kind in possible:
        if not same(kind.name, "Epic"):
            return kind
    raise No("invalid", "This project has no issue type that Bridge could use.", f"It has: {names or 'none'}.")


def step_to(steps: Sequence[AnyStep], asked: str) -> AnyStep:
    """Choose a transition by its own name, or by the status it leads to."""
    by_name = [step for step in steps if same(step.name, asked)] or [step for step in steps if same(step.to, asked)]
    if by_name:
        return by_name[0]
    if not steps:
        raise No("forbidden", "You cannot move this issue to another status.")
    names = named(step.name if same(step.name, step.to) else f"{step.name} (to {step.to})" for step in steps)
    raise No("not_found", f"This issue cannot go to “{shortened(asked)}” now.", f"Possible: {names}.")


def one_person(found: Sequence[Person], asked: str) -> Person:
    """Choose the one person who is meant."""
    if len(found) == 1:
        return found[0]
    exact = [one for one in found if same(one.name, asked)] or [one for one in found if same(one.display_name, asked)]
    if len(exact) == 1:
        return exact[0]
    if not found:
        raise No("not_found", f"Nobody named “{shortened(asked)}” can be given this issue.")
    names = named(f"{one.display_name} ({one.name})" for one in found[:10])
    raise No("ambiguous", f"Several people match “{shortened(asked)}”.", f"Use one of the names in brackets: {names}.")


def text_search(words: str) -> str:
    """Turn plain words into JQL: everything that Lucene or JQL would read as syntax is escaped."""
    plain = _OPERATORS.sub(lambda word: word.group().lower(), " ".join(words.split()))
    if not plain:
        raise _nothing_to_search_for()
    escaped = _LUCENE.sub(r"\\\1", plain).replace("\\", "\\\\").replace('"', '\\"')
    return f'text ~ "{escaped}" ORDER BY updated DESC'


def jql(text: str) -> str:
    """Check JQL before it is sent; all else is Jira's to judge."""
    if not text.strip():
        raise _nothing_to_search_for()
    return text.strip()


def same(one: str | None, other: str) -> bool:
    """Compare names as people do."""
    return one is not None and one.strip().casefold() == other.strip().casefold()


def named(names: Iterable[str | None]) -> str:
    """Join names for a sentence."""
    return ", ".join(name for name in names if name)


def shortened(text: str, length: int = 60) -> str:
    """Repeat a person's words, but not all of them."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _nothing_to_search_for() -> No:
    return No("invalid", "There is nothing to search for.", "Write some words: search broken login")
