"""Run a property over many drawn cases."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from fuzz.found import Found, Tell


@dataclass(frozen=True)
class Amount:
    """How much is tried, and with which chance."""

    cases: int
    seed: int
    tell: Tell = lambda _: None
    """For those who want to know how far it is."""


def tried(amount: Amount, strategy: SearchStrategy[Any], one: Callable[[Any], None]) -> None:
    """Call `one` with drawn cases, none of which it lets fail: what is wrong it notes itself."""
    quietly = settings(
        max_examples=amount.cases, deadline=None, database=None, phases=[Phase.generate], derandomize=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    def case(drawn: Any) -> None:
        one(drawn)

    seed(amount.seed)(quietly(given(strategy)(case)))()


def hold(found: Found, amount: Amount, strategy: SearchStrategy[Any], holds: Callable[[Any], None]) -> None:
    """See whether something holds for drawn cases; it raises where it does not."""

    def one(case: Any) -> None:
        began = time.thread_time()  # what others on this machine do counts not
        try:
            holds(case)
        except Exception as error:  # noqa: BLE001 - whatever is raised is what we look for
            found.fail(_where(error), shown(case))
        found.took(time.thread_time() - began, shown(case))

    with found.timed():
        tried(amount, strategy, one)


def shown(case: Any) -> str:
    """A case, to be pasted into a test."""
    try:
        return repr(case)
    except ValueError:  # a number of too many digits
        return "<a number that cannot be shown>"


def _where(error: Exception) -> str:
    """What was raised, and the last line of it that is ours."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    last = frames[-1]
    said = str(error).splitlines()[0][:120] if str(error) else ""
    return f"{type(error).__name__}: {said} ({last.filename.rpartition('/')[2]}:{last.lineno} {last.line})"
