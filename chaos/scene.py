"""What a fault works with, and what it tells."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chaos.company import Companies
from chaos.jiras import Jira
from chaos.ledger import Ledger
from chaos.stack import Stack
from chaos.stream import Stream
from chaos.wire import Place


@dataclass
class Scene:
    """The running town; `notes` is what the present fault found out besides."""

    stack: Stack
    companies: Companies
    jiras: Sequence[Jira]
    stream: Stream
    ledger: Ledger
    chance: random.Random
    bootstrap: str
    poison: set[Place] = field(default_factory=set)
    """Where bad messages were put on purpose."""
    notes: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """What a fault itself found wrong, in words."""


@dataclass(frozen=True)
class Fault:
    """Something bad; `strike` returns when it is over, and what is broken then has begun to come back."""

    name: str
    what: str
    strike: Callable[[Scene], Awaitable[None]]
    probe: bool = False
    """Whether the registry must answer somebody who asks for a registration code at the end."""
