"""Each alert is raised when it should be, and not before: Prometheus' own promtool says so, where it is installed."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.structure.alerts import ALERTS, THRESHOLDS

from contracts.topics import SERVICES

ACTOR = 'component="jira-actor", pod="a"'
DAY = 86_400


@dataclass(frozen=True)
class Case:
    """Series by their names and labels, each as promtool writes values minute by minute; when, and what is raised."""

    alert: str
    series: dict[str, str]
    at: str
    raised: tuple[dict[str, str], ...] = ()


def ready(what: str, values: str, of: str = ACTOR) -> dict[str, str]:
    return {f'bridge_ready{{{of}, what="{what}"}}': values}


def everybody(but: str = "") -> dict[str, str]:
    there = [name for name in SERVICES if name != but]
    return {
        key: value for name in there for key, value in ready("started", "1x60", f'component="{name}", pod="a"').items()
    }


def attempts(unavailable: str, done: str) -> dict[str, str]:
    return {
        'bridge_commands_total{tenant="t1", result="unavailable"}': unavailable,
        'bridge_commands_total{tenant="t1", result="done"}': done,
    }


def requests(errors: str, fine: str) -> dict[str, str]:
    edge = 'component="bot-gateway", pod="a"'
    return {
        f'bridge_http_requests_total{{{edge}, status="5xx"}}': errors,
        f'bridge_http_requests_total{{{edge}, status="2xx"}}': fine,
    }


def answers(fast: str, all_of_them: str) -> dict[str, str]:
    edge = 'component="bot-gateway", pod="a"'
    return {
        f'bridge_http_seconds_bucket{{{edge}, le="1"}}': fast,
        f'bridge_http_seconds_bucket{{{edge}, le="10"}}': all_of_them,
        f'bridge_http_seconds_bucket{{{edge}, le="+Inf"}}': all_of_them,
    }


def gauge(name: str, value: float, labels: str = "") -> dict[str, str]:
    return {f"{name}{{{labels}}}": f"{value}x120"}


def lag(topic: str, values: str) -> dict[str, str]:
    return {f'bridge_consumer_lag{{{ACTOR}, topic="{topic}", partition="0"}}': values}


INTENTS, RETRY = "teams.intents.v1", "jira-actor.retry.v1"
OF_ACTOR = {"component": "jira-actor"}
OF_BOT = {"component": "bot-gateway"}
CASES = (
    Case("BridgeAbsent", everybody(but="key-vault"), "4m"),
    Case("BridgeAbsent", everybody(but="key-vault"), "6m", ({"namespace": "bridge", "component": "key-vault"},)),
    Case("BridgeAbsent", everybody(), "6m"),
    Case("BridgeNotReady", ready("vault", "0x60") | ready("started", "1x60"), "6m", (OF_ACTOR,)),
    Case("BridgeNotReady", ready("vault", "0x60") | ready("vault", "1x60", 'component="jira-actor", pod="b"'), "6m"),
    Case("BridgePodNotReady", ready("vault", "0x60"), "16m", ({**OF_ACTOR, "pod": "a", "what": "vault"},)),
    Case("BridgePodNotReady", ready("vault", "0x10 1x50"), "16m"),
    Case(
        "BridgeRestarts",
        {f"bridge_started_time_seconds{{{ACTOR}}}": "1x5 2x5 3x5 4x45"},
        "25m",
        ({**OF_ACTOR, "pod": "a"},),
    ),
    Case("BridgeRestarts", {f"bridge_started_time_seconds{{{ACTOR}}}": "1x10 2x10 3x40"}, "25m"),
    Case("BridgeKafkaUnavailable", gauge("bridge_kafka_reachable", 0, ACTOR), "4m", ({**OF_ACTOR, "pod": "a"},)),
    Case("BridgeKafkaUnavailable", {f"bridge_kafka_reachable{{{ACTOR}}}": "0 0 1x50"}, "4m"),
    Case(
        "BridgePublishFails",
        {f'bridge_publish_failures_total{{{ACTOR}, topic="{RETRY}"}}': "0+1x60"},
        "16m",
        ({**OF_ACTOR, "topic": RETRY},),
    ),
    Case("BridgePublishFails", {f'bridge_publish_failures_total{{{ACTOR}, topic="{RETRY}"}}': "0 0 1x60"}, "16m"),
    Case("BridgeProducersReplaced", {f"bridge_producer_replaced_total{{{ACTOR}}}": "0+1x60"}, "20m", (OF_ACTOR,)),
    Case("BridgeProducersReplaced", {f"bridge_producer_replaced_total{{{ACTOR}}}": "0 0 1x60"}, "20m"),
    Case("BridgeVaultUnavailable", ready("vault", "0x60"), "3m", (OF_ACTOR,)),
    Case("BridgeVaultUnavailable", ready("mongodb", "0x60"), "3m"),
    Case("BridgeMongoUnavailable", ready("mongodb", "0x60"), "3m", (OF_ACTOR,)),
    Case("BridgeConsumerLagGrows", lag(INTENTS, "0+100x120"), "40m", ({**OF_ACTOR, "topic": INTENTS},)),
    Case("BridgeConsumerLagGrows", lag(INTENTS, "5000-10x120"), "40m"),
    Case("BridgeConsumerLagGrows", lag(INTENTS, "0+1x120"), "40m"),
    Case("BridgeConsumerLagGrows", lag(RETRY, "0+100x120"), "40m"),
    Case(
        "BridgeMessagesWait",
        gauge("bridge_oldest_unhandled_seconds", 400, f'{ACTOR}, topic="{INTENTS}"'),
        "6m",
        ({**OF_ACTOR, "topic": INTENTS},),
    ),
    Case("BridgeMessagesWait", gauge("bridge_oldest_unhandled_seconds", 800, f'{ACTOR}, topic="{RETRY}"'), "6m"),
    Case("BridgeRetryTopicGrows", lag(RETRY, "200x120"), "11m", (OF_ACTOR,)),
    Case("BridgeRetryTopicGrows", lag(INTENTS, "200x120"), "11m"),
    Case(
        "BridgeDeadLetters",
        {f'bridge_dead_letters_total{{{ACTOR}, reason="invalid"}}': "0 0 0 1x60"},
        "5m",
        ({**OF_ACTOR, "reason": "invalid"},),
    ),
    Case("BridgeDeadLetters", {f'bridge_dead_letters_total{{{ACTOR}, reason="invalid"}}': "7x60"}, "30m"),
    Case("BridgeErrorBudgetBurns", attempts("0+5x120", "0+5x120"), "70m", ({"tenant": "t1"},)),
    Case("BridgeErrorBudgetBurns", attempts("0+1x120", "0+99x120"), "70m"),
    Case("BridgeErrorBudgetBurns", attempts("0+50x60 3000x60", "0+50x120"), "70m"),
    Case("BridgeEdgeErrors", requests("0+10x60", "0+90x60"), "16m", (OF_BOT,)),
    Case("BridgeEdgeErrors", requests("0+1x60", "0+99x60"), "16m"),
    Case("BridgeEdgeSlow", answers("0+50x60", "0+100x60"), "22m", (OF_BOT,)),
    Case("BridgeEdgeSlow", answers("0+99x60", "0+100x60"), "22m"),
    Case(
        "BridgeWebhooksRefused",
        {'bridge_refused_calls_total{why="hook_signature"}': "0+5x60"},
        "16m",
        ({"why": "hook_signature"},),
    ),
    Case("BridgeWebhooksRefused", {'bridge_refused_calls_total{why="proof"}': "0+50x60"}, "16m"),
    Case(
        "BridgeCallsRefused",
        {
            'bridge_refused_calls_total{component="tenant-registry", why="proof"}': "0+5x60",
            'bridge_activities_refused_total{component="bot-gateway", why="token"}': "0+5x60",
            'bridge_activities_refused_total{component="bot-gateway", why="card"}': "0+1x60",
        },
        "16m",
        ({"component": "tenant-registry", "why": "proof"}, {**OF_BOT, "why": "token"}),
    ),
    Case("BridgeSealingKeyOld", gauge("bridge_sealing_key_age_seconds", 3 * DAY), "31m", ({},)),
    Case("BridgeSealingKeyOld", gauge("bridge_sealing_key_age_seconds", DAY), "31m"),
    Case("BridgeTenantKeysOld", gauge("bridge_oldest_tenant_keys_seconds", 401 * DAY), "61m", ({},)),
    Case("BridgeTenantKeysOld", gauge("bridge_oldest_tenant_keys_seconds", 399 * DAY), "61m"),
    Case("BridgeTokensOld", gauge("bridge_links", 2, 'auth_mode="pat", age="older"'), "61m", ({},)),
    Case("BridgeTokensOld", gauge("bridge_links", 2, 'auth_mode="pat", age="year"'), "61m"),
    Case("BridgeRotationStuck", gauge("bridge_oldest_rotation_seconds", 7 * 3600), "16m", ({},)),
    Case("BridgeRotationStuck", gauge("bridge_oldest_rotation_seconds", 3600), "16m"),
    Case("BridgeErasureStuck", gauge("bridge_oldest_erasure_seconds", 2 * 3600), "16m", ({},)),
    Case("BridgeErasureStuck", gauge("bridge_oldest_erasure_seconds", 0), "16m"),
    Case("BridgeTenantsFail", gauge("bridge_tenants", 1, 'state="failed"'), "61m", ({},)),
    Case("BridgeTenantsFail", gauge("bridge_tenants", 1, 'state="active"'), "61m"),
)


def test_every_alert_has_a_case_in_which_it_is_raised() -> None:
    assert {case.alert for case in CASES if case.raised} == {alert["alert"] for alert in ALERTS}


def test_promtool_raises_what_the_cases_say_and_nothing_else(tmp_path: Path) -> None:
    said = promtool(tmp_path, CASES)

    assert said.returncode == 0, said.stdout + said.stderr


def test_promtool_finds_a_case_that_does_not_hold(tmp_path: Path) -> None:
    wrong = Case("BridgeTenantsFail", gauge("bridge_tenants", 0, 'state="failed"'), "61m", ({},))

    assert promtool(tmp_path, (wrong,)).returncode != 0


def promtool(directory: Path, cases: tuple[Case, ...]) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed")
    rules = {"groups": [{"name": "bridge", "rules": [rule(alert) for alert in ALERTS]}]}
    (directory / "rules.yaml").write_text(yaml.safe_dump(rules))
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [written(case) for case in cases]}
    (directory / "tests.yaml").write_text(yaml.safe_dump(tests))
    return subprocess.run(
        [program, "test", "rules", "tests.yaml"], cwd=directory, capture_output=True, text=True, check=False
    )


def rule(alert: dict[str, Any]) -> dict[str, Any]:
    """Write an alert as the chart does, without its words: promtool would compare these too."""
    threshold = str(THRESHOLDS[alert["threshold"]]) if "threshold" in alert else ""
    expression = alert["expr"].replace("SCOPE", 'namespace="bridge"').replace("THRESHOLD", threshold)
    waits = {"for": alert["for"]} if "for" in alert else {}
    return {"alert": alert["alert"], "expr": expression, "labels": {"severity": alert["severity"]}, **waits}


def written(case: Case) -> dict[str, Any]:
    [severity] = [alert["severity"] for alert in ALERTS if alert["alert"] == case.alert]
    raised = [{"exp_labels": {"severity": severity, **labels}} for labels in case.raised]
    return {
        "name": f"{case.alert} at {case.at}",
        "interval": "1m",
        "input_series": [
            {"series": series.replace("{", '{namespace="bridge", ', 1), "values": values}
            for series, values in case.series.items()
        ],
        "alert_rule_test": [{"alertname": case.alert, "eval_time": case.at, "exp_alerts": raised}],
    }
