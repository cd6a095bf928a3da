"""Was anything lost, doubled, out of order or under a wrong name? How long did it take? Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from chaos.ledger import Command, Effect, by_number

LATE = 1.0
"""Seconds: a command that takes longer belongs to the backlog of a fault."""


@dataclass(frozen=True)
class Verdict:
    """Numbers of commands; pairs where the second should have come after the first."""

    sent: int
    lost: tuple[int, ...] = ()
    doubled: tuple[int, ...] = ()
    out_of_order: tuple[tuple[int, int], ...] = ()
    wrong_author: tuple[int, ...] = ()
    wrong_place: tuple[int, ...] = ()
    """In another issue, project or Jira than asked, or marked with another intent."""
    unknown: tuple[int, ...] = ()
    """Nobody sent these."""

    @property
    def wrong(self) -> dict[str, Sequence[Any]]:
        """Everything that must be empty, by its name in a report."""
        return {
            "lost": self.lost,
            "doubled": self.doubled,
            "out of order": self.out_of_order,
            "wrong author": self.wrong_author,
            "in the wrong place": self.wrong_place,
            "sent by nobody": self.unknown,
        }

    @property
    def clean(self) -> bool:
        return not any(self.wrong.values())


@dataclass
class _Found:
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    wrong_author: list[int] = field(default_factory=list)
    wrong_place: list[int] = field(default_factory=list)


def judge(commands: Mapping[int, Command], effects: Iterable[Effect]) -> Verdict:
    """Compare what was accepted with what Jira holds."""
    done = by_number(effects)
    found = _Found()
    heard = [command for command in commands.values() if command.heard_at is not None]
    for command in commands.values():
        here = done.get(command.number, [])
        if not here and command.heard_at is not None:
            found.lost.append(command.number)
        if len(here) > 1:
            found.doubled.append(command.number)
        if any(effect.author != command.author for effect in here):
            found.wrong_author.append(command.number)
        if any(not _as_asked(command, effect) for effect in here):
            found.wrong_place.append(command.number)
    return Verdict(
        sent=len(heard),
        lost=tuple(found.lost),
        doubled=tuple(found.doubled),
        out_of_order=tuple(_out_of_order(commands, done)),
        wrong_author=tuple(found.wrong_author),
        wrong_place=tuple(found.wrong_place),
        unknown=tuple(sorted(done.keys() - commands.keys())),
    )


def recovery(commands: Iterable[Command], done_at: Mapping[int, float], end: float) -> float:
    """Seconds from the end of a fault until its backlog was worked off; `end` if nothing was late.

    The backlog: what was sent before the end, and what was sent until shortly after that was worked off and was late.
    """
    waiting = sorted((command.sent_at, done_at[command.number]) for command in commands if command.number in done_at)
    moment = end
    while True:
        behind = [
            done
            for sent, done in waiting
            if done > moment and (sent <= end or (sent <= moment + LATE and done - sent > LATE))
        ]
        if not behind:
            return moment - end
        moment = max(behind)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _as_asked(command: Command, effect: Effect) -> bool:
    asked = (command.jira, command.kind, command.target, command.intent_id)
    return asked == (effect.jira, effect.kind, effect.target, effect.intent_id)


def _out_of_order(commands: Mapping[int, Command], done: Mapping[int, Sequence[Effect]]) -> list[tuple[int, int]]:
    """Per person over all that he or she did; and per person and issue by the order that Jira itself shows."""
    by_person: dict[str, list[Effect]] = defaultdict(list)
    by_issue: dict[tuple[str, int, str], list[Effect]] = defaultdict(list)
    for number, effects in done.items():
        if number in commands:
            first, person = effects[0], commands[number].person
            by_person[person].append(first)
            by_issue[person, first.jira, first.target].append(first)
    wrong = {
        (one.number, next_.number)
        for effects in by_person.values()
        for one, next_ in pairwise(sorted(effects, key=lambda effect: (effect.at, effect.number)))
        if one.number > next_.number
    }
    wrong |= {
        (one.number, next_.number)
        for effects in by_issue.values()
        for one, next_ in pairwise(sorted(effects, key=lambda effect: effect.place))
        if one.number > next_.number
    }
    return sorted(wrong)
