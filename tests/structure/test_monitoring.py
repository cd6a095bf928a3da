"""Alerts, dashboards and the runbook speak of metrics, labels and commands that exist, and of each other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from deploy.k8s.dashboard_documents import documents
from tests.structure.alerts import ALERTS, CHART, THRESHOLDS
from typer.main import get_command

from bridge.main import app
from contracts.topics import SERVICES

ROOT = Path(__file__).parents[2]
DASHBOARDS = documents()
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
METRIC_ROW = re.compile(r"^\| `(bridge_\w+)` \| (\w+) \| [^|]+ \|([^|]*)\|", re.MULTILINE)
SELECTED = re.compile(r"\b(bridge_\w+)\{([^}]*)\}")
ADDED_BY_PROMETHEUS = {"namespace", "pod", "component"}


def metrics() -> dict[str, set[str]]:
    """Give the labels of each metric as docs/metrics.md lists them; a histogram by the names of its series too."""
    listed: dict[str, set[str]] = {}
    for name, kind, labels in METRIC_ROW.findall((ROOT / "docs/metrics.md").read_text()):
        known = set(re.findall(r"`(\w+)`", labels)) | ADDED_BY_PROMETHEUS
        listed |= {f"{name}_bucket": known | {"le"}} if kind == "histogram" else {name: known}
    return listed


def expressions() -> dict[str, str]:
    """Give every expression by where it stands."""
    found = {f"alert {alert['alert']}": alert["expr"] for alert in ALERTS}
    for path, text in DASHBOARDS.items():
        for panel in json.loads(text)["panels"]:
            for target in panel.get("targets", ()):
                found[f"{path.name}: {panel['title']} {target['refId']}"] = target["expr"]
    return found


def strange(expression: str) -> list[str]:
    """Name what an expression asks of metrics that they do not have."""
    listed, wrong = metrics(), []
    if sorted(re.findall(r"\bbridge_\w+", expression)) != sorted(name for name, _ in SELECTED.findall(expression)):
        wrong.append("a metric without a selector: it would mix releases")
    for name, selector in SELECTED.findall(expression):
        if name not in listed:
            wrong.append(f"{name} is not in docs/metrics.md")
            continue
        if not selector.startswith(("SCOPE", "namespace=")):
            wrong.append(f"{name} is of every release")
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(",")}
        if labels - listed[name]:
            wrong.append(f"{name} has no {labels - listed[name]}")
        if expression.count("bridge_") == 1 and grouped - listed[name]:
            wrong.append(f"{name} has no {grouped - listed[name]}")
    return wrong


EXPRESSIONS = expressions()
NAMES = [alert["alert"] for alert in ALERTS]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_dashboards_are_fresh(path: Path) -> None:
    assert path.read_text() == DASHBOARDS[path], "run `make documents` and commit what it wrote"
    assert set((CHART / "files/dashboards").glob("*.json")) == set(DASHBOARDS)


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_an_expression_asks_for_metrics_and_labels_that_exist(where: str) -> None:
    assert strange(EXPRESSIONS[where]) == []


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("bridge_ready == 0", "without a selector"),
        ("bridge_nothing{SCOPE} > 1", "is not in docs/metrics.md"),
        ('bridge_ready{what="vault"} == 0', "of every release"),
        ('sum(bridge_ready{SCOPE, topic="x"})', "has no {'topic'}"),
        ("sum by (reason) (bridge_ready{SCOPE})", "has no {'reason'}"),
    ],
)
def test_an_expression_that_could_never_be_true_is_found(expression: str, why: str) -> None:
    assert any(why in one for one in strange(expression))


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_an_alert_has_a_heading_that_says_what_it_means_and_what_to_do(alert: dict[str, Any]) -> None:
    section = RUNBOOK.partition(f"\n## {alert['alert']}\n")[2].partition("\n## ")[0]

    for part in ("**Means**", "**Look**", "**Do**"):
        assert part in section
    assert alert["severity"] in ("critical", "warning", "info")


def test_the_runbook_has_no_heading_without_an_alert() -> None:
    assert re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE) == NAMES


def test_links_within_the_runbook_lead_to_a_heading() -> None:
    linked = set(re.findall(r"\]\(#(\w+)\)", RUNBOOK))

    assert linked <= {name.lower() for name in NAMES}


def test_every_threshold_is_used_and_every_one_that_is_used_has_a_value() -> None:
    assert {alert["threshold"] for alert in ALERTS if "threshold" in alert} == set(THRESHOLDS)
    assert [alert["alert"] for alert in ALERTS if ("THRESHOLD" in alert["expr"]) != ("threshold" in alert)] == []


def test_the_silence_of_every_service_is_told() -> None:
    [absent] = [alert["expr"] for alert in ALERTS if alert["alert"] == "BridgeAbsent"]

    assert set(re.findall(r'component="([\w-]+)"', absent)) == set(SERVICES)


def test_commands_in_the_runbook_exist() -> None:
    known = get_command(app)
    for name, more in re.findall(r"`bridge ([a-z]+)(?: ([a-z]+))?", RUNBOOK):
        command = getattr(known, "commands", {}).get(name)
        assert command is not None, f"bridge {name}"
        below = getattr(command, "commands", None)
        assert below is None or more in below, f"bridge {name} {more}"
