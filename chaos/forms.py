"""The short form for CI, the normal one, and the long one."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from chaos.bad_messages import BAD_MESSAGES
from chaos.kills import ALL_SERVICES, AT_RANDOM, BOUNDARIES, ROLLED_OUT, STORM_OF_KILLS
from chaos.outages import OUTAGES
from chaos.scene import Fault

EVERY: tuple[Fault, ...] = (
    *AT_RANDOM,
    ALL_SERVICES,
    STORM_OF_KILLS,
    ROLLED_OUT,
    *BOUNDARIES,
    *OUTAGES,
    BAD_MESSAGES,
)
BY_NAME = {fault.name: fault for fault in EVERY}
NEIGHBOURS = "neighbours"
IN_SHORT = (
    "gateway-answer-lost",
    "actor-work-done",
    "actor-outcome-out",
    "kill-all-services",
    "kill-kafka",
    "poison",
)
KILLING = [fault for fault in EVERY if "kill" in fault.what.lower() and "down" not in fault.name]


@dataclass(frozen=True)
class Form:
    """How much is done."""

    name: str
    commands: int
    people: int
    issues: int
    """To comment on, per tenant."""
    rate: float
    """Commands per second and tenant."""
    neighbour_rounds: int
    faults: Sequence[str]
    kills: int = 0
    """Faults that kill are repeated at random until so many kills are done."""
    settings: dict[str, str] = field(default_factory=dict)


QUICK = {"KAFKA_SESSION_TIMEOUT": "PT6S"}
"""Kills are noticed sooner than by default, so that more of them fit into the time."""
SHORT = Form("short", 150, 2, 10, 1.5, 0, IN_SHORT, settings=QUICK)
NORMAL = Form("normal", 1_000, 6, 40, 1.0, 3, [fault.name for fault in EVERY if fault.name != "jira-down"])
LONG = Form("long", 10_000, 8, 150, 2.5, 3, [fault.name for fault in EVERY], kills=200, settings=QUICK)


def planned(form: Form, chance: random.Random, only: Sequence[str]) -> list[Fault]:
    """The faults in the order in which they come."""
    if only:
        return [BY_NAME[name] for name in only if name != NEIGHBOURS]
    faults = [BY_NAME[name] for name in form.faults]
    if form.kills:
        faults += chance.choices(KILLING, k=max(0, form.kills - sum(fault in KILLING for fault in faults)))
    chance.shuffle(faults)
    return faults
