"""build/cluster.json: what ran, on what, and what it counted."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Ran:
    """One test; `told` is what it recorded of itself, such as how many objects it saw."""

    name: str
    outcome: str
    seconds: float
    told: dict[str, object]


@dataclass
class Report:
    """A pytest plugin that keeps every test's outcome; `versions` are set by who knows them."""

    path: Path
    versions: dict[str, str] = field(default_factory=dict)
    tests: list[Ran] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            name = report.nodeid.rpartition("::")[2]
            self.tests.append(Ran(name, report.outcome, round(report.duration, 1), dict(report.user_properties)))

    def pytest_sessionfinish(self) -> None:
        outcomes = Counter(test.outcome for test in self.tests)
        told = {"outcomes": outcomes, "versions": self.versions, "tests": [asdict(test) for test in self.tests]}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
