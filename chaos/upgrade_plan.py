"""The steps of a roll-out, and how long each lasts: the short form and the whole one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chaos.forms import QUICK, Form

ORDER = ("key-vault", "jira-actor", "tenant-registry", "bot-gateway")
"""Who answers comes before who asks, so that nobody is asked what he does not know yet; back in reverse."""

RATE = 1.5
"""Commands per second and tenant: fewer than the two cards per second that Teams takes for one subscriber's chat."""


@dataclass(frozen=True)
class Step:
    """Some services go to a version at one time."""

    services: tuple[str, ...]
    to: str
    """`new` or `old`."""


@dataclass(frozen=True)
class Plan:
    """The people's part, the steps, and the seconds for which both versions work at once, and then one alone."""

    form: Form
    steps: tuple[Step, ...]
    mixed: float
    alone: float


FORWARD = tuple(Step((service,), "new") for service in ORDER)
BACK = tuple(Step((service,), "old") for service in reversed(ORDER))
SHORT = Plan(
    Form("short", 0, 3, 20, RATE, 0, (), settings=QUICK),
    (*FORWARD, BACK[0], FORWARD[-1]),
    mixed=3.0,
    alone=1.0,
)
WHOLE = Plan(
    Form("whole", 0, 6, 60, RATE, 0, (), settings=QUICK),
    (*FORWARD, *BACK, Step(ORDER, "new"), Step(ORDER, "old"), *FORWARD),
    mixed=10.0,
    alone=5.0,
)
"""One by one there and back, then all at once there and back as `helm upgrade` and `helm rollback` do, then there."""


def only(plan: Plan, services: Sequence[str]) -> Plan:
    """The same for some services alone, each there, back and there again."""
    steps = [Step((name,), to) for name in ORDER if name in services for to in ("new", "old", "new")]
    return replace(plan, steps=tuple(steps))
