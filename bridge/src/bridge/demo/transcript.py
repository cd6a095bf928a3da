"""What is said and done in the demo: drawn as it happens, and kept for JSON."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from bridge import cards


@dataclass(frozen=True)
class Line:
    """One line of the transcript; `card` is what the bot posted, as it posted it."""

    step: str
    who: str
    where: str
    text: str
    card: dict[str, Any] | None = None


@dataclass
class Step:
    """One step and how long it took, in seconds."""

    name: str
    seconds: float = 0.0
    done: bool = False


@dataclass
class Transcript:
    """Draws on the console, which is quiet when only JSON is wanted."""

    console: Console
    lines: list[Line] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        """Head what happens inside with the step's name and measure it; only a step that ends well is done."""
        step = Step(name)
        self.steps.append(step)
        self.console.print(Rule(Text(name, "bold"), align="left", style="dim"))
        started = time.perf_counter()
        try:
            yield
            step.done = True
        finally:
            step.seconds = round(time.perf_counter() - started, 3)

    def tell(self, text: str) -> None:
        """Say what happens outside the chat."""
        self._keep("", "", text)
        self.console.print(Padding(Text(f"· {text}", "italic dim"), (0, 0, 0, 2)))

    def said(self, who: str, text: str, where: str = "") -> None:
        """Somebody types a message; `where` is a channel's name, empty for the chat with the bot."""
        self._keep(who, where, text)
        self.console.print(cards.bubble(who, Text(text), where=where or None, own=True))

    def posted(self, activity: dict[str, Any], where: str = "") -> None:
        """The bot posts a message or card."""
        self._keep("Bridge", where, cards.text_of(activity), activity)
        self.console.print(cards.bubble("Bridge", cards.activity(activity), where=where or None))

    def _keep(self, who: str, where: str, text: str, card: dict[str, Any] | None = None) -> None:
        self.lines.append(Line(self.steps[-1].name if self.steps else "", who, where, text, card))
