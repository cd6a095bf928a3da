"""A small subset of JQL: clauses joined by AND, OR, NOT and brackets, then ORDER BY."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from devstack.jira.model import Issue

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
           |(?P<operator><=|>=|!=|!~|=|~|<|>)
           |(?P<mark>[(),])
           |(?P<word>[^\s=!~<>(),"']+))""",
    re.VERBOSE,
)
OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"

Matches = Callable[[Issue], bool]


class JqlError(Exception):
    """The query is not understood; the text is for the caller, as Jira words it."""


@dataclass(frozen=True)
class Clause:
    field: str
    operator: str
    """One of = != < > <= >= ~ !~ in, not in, is, is not."""
    values: tuple[str, ...]


class Meaning(Protocol):
    """What fields and values stand for."""

    def clause(self, clause: Clause) -> Matches: ...

    def sort_key(self, field: str) -> Callable[[Issue], str]: ...


@dataclass(frozen=True)
class Query:
    matches: Matches
    order: tuple[tuple[Callable[[Issue], str], bool], ...]
    """Sort keys, the most important first, each with whether it descends."""

    def select(self, issues: list[Issue]) -> list[Issue]:
        found = [issue for issue in issues if self.matches(issue)]
        for key, descending in reversed(self.order):
            found.sort(key=key, reverse=descending)
        return found


def parse(jql: str, meaning: Meaning) -> Query:
    """Understand a query, or raise JqlError."""
    return _Parser(_tokens(jql), meaning).query()


@dataclass(frozen=True)
class _Token:
    kind: str
    value: str
    column: int

    @property
    def keyword(self) -> str:
        return self.value.lower() if self.kind in ("word", "mark") else ""


def _tokens(jql: str) -> list[_Token]:
    tokens: list[_Token] = []
    at, end = 0, len(jql.rstrip())
    while at < end:
        found = TOKEN.match(jql, at)
        if found is None or found.lastgroup is None:
            raise JqlError(f"Error in the JQL Query: The character at position {at + 1} is not allowed here.")
        value = found.group(found.lastgroup)
        if found.lastgroup == "text":
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        tokens.append(_Token(found.lastgroup, value, found.start(found.lastgroup) + 1))
        at = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token], meaning: Meaning) -> None:
        self._tokens = tokens
        self._meaning = meaning

    def query(self) -> Query:
        matches: Matches = self._any() if self._tokens and self._next() != "order" else lambda _: True
        order = []
        if self._take("order"):
            self._expect("by")
            order.append(self._sort())
            while self._take(","):
                order.append(self._sort())
        if self._tokens:
            raise JqlError(f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got {self._shown()}")
        return Query(matches, tuple(order))

    def _any(self) -> Matches:
        options = [self._all()]
        while self._take("or"):
            options.append(self._all())
        return options[0] if len(options) == 1 else lambda issue: any(matches(issue) for matches in options)

    def _all(self) -> Matches:
        conditions = [self._one()]
        while self._take("and"):
            conditions.append(self._one())
        return lambda issue: all(matches(issue) for matches in conditions)

    def _one(self) -> Matches:
        if self._take("not"):
            excluded = self._one()
            return lambda issue: not excluded(issue)
        if self._take("("):
            matches = self._any()
            self._expect(")")
            return matches
        return self._clause()

    def _clause(self) -> Matches:
        field = self._name()
        operator = self._operator()
        values = self._list() if operator in ("in", "not in") else (self._value(),)
        return self._meaning.clause(Clause(field, operator, values))

    def _name(self) -> str:
        if not self._tokens or self._tokens[0].kind not in ("word", "text"):
            raise JqlError(f"Error in the JQL Query: Expecting a field name but got {self._shown()}")
        return self._tokens.pop(0).value

    def _operator(self) -> str:
        if self._tokens and self._tokens[0].kind == "operator":
            return self._tokens.pop(0).value
        if self._take("in"):
            return "in"
        if self._take("is"):
            return "is not" if self._take("not") else "is"
        if self._take("not"):
            self._expect("in")
            return "not in"
        raise JqlError(
            f"Error in the JQL Query: Expecting operator but got {self._shown()}. The valid operators are {OPERATORS}."
        )

    def _list(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        """A value; a function keeps its brackets, so that a user called currentUser stays himself."""
        if not self._tokens or self._tokens[0].kind not in ("word", "text"):
            raise JqlError(f"Error in the JQL Query: Expecting a value, list or function but got {self._shown()}")
        token = self._tokens.pop(0)
        if token.kind == "word" and self._take("("):
            self._expect(")")
            return f"{token.value}()"
        return token.value

    def _sort(self) -> tuple[Callable[[Issue], str], bool]:
        key = self._meaning.sort_key(self._name())
        descending = self._take("desc")
        if not descending:
            self._take("asc")
        return key, descending

    def _next(self) -> str:
        return self._tokens[0].keyword if self._tokens else ""

    def _take(self, keyword: str) -> bool:
        if self._next() != keyword:
            return False
        self._tokens.pop(0)
        return True

    def _expect(self, keyword: str) -> None:
        if not self._take(keyword):
            raise JqlError(f"Error in the JQL Query: Expecting '{keyword.upper()}' but got {self._shown()}")

    def _shown(self) -> str:
        if not self._tokens:
            return "the end of the query"
        return f"'{self._tokens[0].value}'. (line 1, character {self._tokens[0].column})"
