"""What is reported: figures, each with what it is held to."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Check:
    """One measured number and its limit."""

    what: str
    value: float
    relation: Literal["<=", ">="]
    limit: float

    @property
    def ok(self) -> bool:
        """Whether the number keeps to its limit."""
        return self.value <= self.limit if self.relation == "<=" else self.value >= self.limit

    def as_json(self) -> dict[str, Any]:
        """Everything, and whether it is kept."""
        return {**asdict(self), "value": rounded(self.value), "ok": self.ok}


@dataclass(frozen=True)
class Figure:
    """One figure of the report: Bridge's own numbers, what stands beside them, and the checks."""

    name: str
    unit: str
    bridge: dict[str, float]
    beside: dict[str, dict[str, float]]
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether all checks are kept."""
        return all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """The figure as bench.json holds it."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ok": self.ok,
            "bridge": {name: rounded(value) for name, value in self.bridge.items()},
            "beside": {
                who: {name: rounded(value) for name, value in numbers.items()} for who, numbers in self.beside.items()
            },
            "checks": [check.as_json() for check in self.checks],
            "notes": list(self.notes),
            "details": self.details,
        }


def rounded(value: float) -> float:
    """Three decimals below ten, one below a thousand, none above."""
    return round(value, 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0)


def percentile(values: list[float], share: float) -> float:
    """The value that this share of all lies at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
