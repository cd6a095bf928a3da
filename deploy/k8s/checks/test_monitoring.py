"""What Prometheus and Grafana are given is about metrics that there are, and leads somewhere."""

import json
import re
from typing import Any

from deploy.k8s.checks.helm import CHART, ROOT
from deploy.k8s.checks.network import selects
from deploy.k8s.checks.releases import EVERYTHING, rendered
from deploy.k8s.checks.rendered import COMPONENTS

METRICS = set(re.findall(r"`(bridge_\w+)`", (ROOT / "docs/metrics.md").read_text()))
HEADINGS = re.findall(r"^#+ (.+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
SUFFIXES = ("", "_bucket", "_sum", "_count", "_created")


def alerts() -> list[dict[str, Any]]:
    groups = rendered(EVERYTHING).of("PrometheusRule")[0]["spec"]["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def anchor(heading: str) -> str:
    """The address of a heading, as code forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def unknown_metrics(expression: str) -> set[str]:
    used = set(re.findall(r"\bbridge_\w+", re.sub(r'"[^"]*"', '""', expression)))
    return {
        name for name in used if not any(name.endswith(end) and name.removesuffix(end) in METRICS for end in SUFFIXES)
    }


def test_every_alert_has_a_runbook_section_that_exists() -> None:
    anchors = {anchor(heading) for heading in HEADINGS}
    missing = [
        rule["alert"] for rule in alerts() if rule["annotations"]["runbook_url"].partition("#")[2] not in anchors
    ]

    assert len(alerts()) >= 5
    assert missing == []


def test_every_alert_says_how_urgent_it_is_and_what_happens() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in ("critical", "warning", "info"), rule["alert"]
        assert {"summary", "runbook_url"} <= set(rule["annotations"]), rule["alert"]


def test_no_alert_is_about_a_metric_that_nobody_writes() -> None:
    assert {rule["alert"]: unknown_metrics(rule["expr"]) for rule in alerts() if unknown_metrics(rule["expr"])} == {}


def test_an_unknown_metric_would_be_noticed() -> None:
    assert unknown_metrics('rate(bridge_no_such_total{x="bridge_y"}[5m]) + bridge_handling_seconds_bucket') == {
        "bridge_no_such_total"
    }


def dashboards() -> dict[str, dict[str, Any]]:
    configs = rendered(EVERYTHING).of("ConfigMap")
    return {name: json.loads(text) for one in configs for name, text in one["data"].items() if name.endswith(".json")}


def test_every_dashboard_of_the_chart_is_delivered_and_labelled_for_grafana() -> None:
    files = {file.name for file in (CHART / "files/dashboards").glob("*.json")}
    configs = [one for one in rendered(EVERYTHING).of("ConfigMap") if "grafana_dashboard" in one["metadata"]["labels"]]

    assert {name.removeprefix("bridge-") for name in dashboards()} == files != set()
    assert {name for one in configs for name in one["data"]} == set(dashboards())


def test_no_panel_is_about_a_metric_that_nobody_writes() -> None:
    for name, dashboard in dashboards().items():
        expressions = re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', json.dumps(dashboard))
        assert expressions, name
        assert {metric for one in expressions for metric in unknown_metrics(json.loads(f'"{one}"'))} == set(), name


def test_prometheus_finds_the_health_port_of_every_component_once() -> None:
    release = rendered(EVERYTHING)
    found = [
        pod.component
        for monitor in release.of("PodMonitor")
        for pod in release.pods
        if selects(monitor["spec"]["selector"], pod.labels)
        and {end["port"] for end in monitor["spec"]["podMetricsEndpoints"]}
        & {port["name"] for port in pod.containers[0].get("ports", [])}
    ]

    assert sorted(found) == sorted(COMPONENTS)


def test_a_service_monitor_finds_every_component_once() -> None:
    readers: dict[str, Any] = {"networkPolicy": {"monitoring": {"from": [{"namespaceSelector": {}}]}}}
    release = rendered({"monitoring": {"serviceMonitor": {"enabled": True}}}, readers)
    services = [
        one
        for monitor in release.of("ServiceMonitor")
        for one in release.of("Service")
        if selects(monitor["spec"]["selector"], one["metadata"]["labels"])
        and {end["port"] for end in monitor["spec"]["endpoints"]} & {port["name"] for port in one["spec"]["ports"]}
    ]
    found = [
        pod.component
        for one in services
        for pod in release.pods
        if selects({"matchLabels": one["spec"]["selector"]}, pod.labels)
    ]

    assert sorted(found) == sorted(COMPONENTS)
