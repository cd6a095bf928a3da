"""What Grafana shows: each dashboard's rows, each row's panels, each panel's expressions."""

from dataclasses import dataclass

SCOPE = 'namespace="$namespace"'
OF = f'{SCOPE}, component=~"$component"'
RATE = "$__rate_interval"
NOT_RETRY, RETRY = 'topic!~".+[.]retry[.]v1"', 'topic=~".+[.]retry[.]v1"'


@dataclass(frozen=True)
class Panel:
    """One picture; `series` are expressions by their legends."""

    title: str
    series: dict[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    what: str = ""


@dataclass(frozen=True)
class Dashboard:
    """One page; its file and address are called `name`."""

    name: str
    title: str
    rows: dict[str, tuple[Panel, ...]]
    by_component: bool = False


def _rate(metric: str, by: str, of: str = OF, call: str = "rate") -> str:
    return f"sum by ({by}) ({call}({metric}{{{of}}}[{RATE}]))"


def _only(labels: str) -> str:
    return f"{OF}, {labels}"


def _p95(metric: str, by: str) -> str:
    return f"histogram_quantile(0.95, {_rate(f'{metric}_bucket', f'{by}, le')})"


def _quantiles(metric: str, by: str, of: str) -> dict[str, str]:
    return {
        f"p{q} {{{{{by}}}}}": f"histogram_quantile(0.{q}, sum by ({by}, le) (rate({metric}_bucket{{{of}}}[{RATE}])))"
        for q in (50, 95, 99)
    }


SERVICES = Dashboard(
    "services",
    "Bridge / Services: golden signals",
    {
        "Are they there?": (
            Panel(
                "Ready pods", {"{{component}}": f"sum by (component) (min by (component, pod) (bridge_ready{{{OF}}}))"}
            ),
            Panel("Missing", {"{{pod}}: {{what}}": f"bridge_ready{{{OF}}} == 0"}, kind="table"),
            Panel(
                "Starts within an hour",
                {"{{pod}}": f"max by (pod) (changes(bridge_started_time_seconds{{{OF}}}[1h]))"},
            ),
        ),
        "Traffic": (
            Panel(
                "Messages done",
                {
                    "{{component}} {{result}}": _rate(
                        "bridge_messages_handled_total", "component, result", _only('result!="ignored"')
                    )
                },
                "cps",
            ),
            Panel(
                "Messages published",
                {"{{topic}}": _rate("bridge_messages_published_total", "topic")},
                "cps",
            ),
            Panel(
                "Requests to the edges",
                {"{{component}} {{status}}": _rate("bridge_http_requests_total", "component, status")},
                "reqps",
            ),
        ),
        "Errors": (
            Panel(
                "Attempts that failed",
                {"{{component}} {{event}}": _rate("bridge_attempts_failed_total", "component, event")},
                "cps",
                what="They are made again.",
            ),
            Panel(
                "5xx of the edges",
                {
                    "{{component}}": _rate("bridge_http_requests_total", "component", _only('status="5xx"'))
                    + " / "
                    + _rate("bridge_http_requests_total", "component")
                },
                "percentunit",
            ),
            Panel(
                "Turned away",
                {
                    "{{why}}": _rate("bridge_refused_calls_total", "why"),
                    "Teams: {{why}}": _rate("bridge_activities_refused_total", "why"),
                },
                "cps",
            ),
        ),
        "Latency": (
            Panel("Handling a message", _quantiles("bridge_handling_seconds", "component", OF), "s"),
            Panel("Answering a request", _quantiles("bridge_http_seconds", "component", OF), "s"),
            Panel(
                "Handling, by event (p95)",
                {"{{event}}": _p95("bridge_handling_seconds", "event")},
                "s",
            ),
        ),
        "Saturation": (
            Panel("Messages under way", {"{{pod}}": f"sum by (pod) (bridge_messages_under_way{{{OF}}})"}),
            Panel("Tasks", {"{{pod}}": f"sum by (pod) (bridge_asyncio_tasks{{{OF}}})"}),
            Panel("Rows of views", {"{{pod}} {{topic}}": f"sum by (pod, topic) (bridge_view_rows{{{OF}}})"}),
        ),
    },
    by_component=True,
)
KAFKA = Dashboard(
    "kafka",
    "Bridge / Kafka: lag and dead letters",
    {
        "Lag": (
            Panel(
                "Consumer lag",
                {"{{component}} {{topic}}": f"sum by (component, topic) (bridge_consumer_lag{{{OF}, {NOT_RETRY}}})"},
            ),
            Panel(
                "Oldest message not done",
                {"{{component}} {{topic}}": f"max by (component, topic) (bridge_oldest_unhandled_seconds{{{OF}}})"},
                "s",
            ),
            Panel(
                "Waiting for another try",
                {"{{component}}": f"sum by (component) (bridge_consumer_lag{{{OF}, {RETRY}}})"},
                what="The lag of retry topics; up to where the first message waits.",
            ),
        ),
        "Dead letters": (
            Panel(
                "By reason",
                {"{{component}} {{reason}}": _rate("bridge_dead_letters_total", "component, reason", call="increase")},
            ),
            Panel(
                "In the time shown, by reason",
                {"{{reason}}": f"sum by (reason) (increase(bridge_dead_letters_total{{{OF}}}[$__range]))"},
                kind="stat",
            ),
            Panel(
                "Parked and expired",
                {
                    "{{component}} {{result}}": _rate(
                        "bridge_messages_handled_total", "component, result", _only('result=~"parked|expired"')
                    )
                },
                "cps",
            ),
        ),
        "The connection": (
            Panel("Kafka answers", {"{{pod}}": f"min by (pod) (bridge_kafka_reachable{{{OF}}})"}),
            Panel(
                "Not confirmed in time",
                {"{{component}} {{topic}}": _rate("bridge_publish_failures_total", "component, topic")},
                "cps",
            ),
            Panel(
                "Producers replaced",
                {"{{component}}": _rate("bridge_producer_replaced_total", "component", call="increase")},
            ),
        ),
    },
    by_component=True,
)
_GOOD = (
    f'1 - sum by (tenant) (rate(bridge_commands_total{{{SCOPE}, result="unavailable"}}[$__range]))'
    f" / sum by (tenant) (rate(bridge_commands_total{{{SCOPE}}}[$__range]))"
)
TENANTS = Dashboard(
    "tenants",
    "Bridge / Tenants: error budgets",
    {
        "Error budget": (
            Panel(
                "Attempts without an outage, in the time shown",
                {"{{tenant}}": f"({_GOOD}) or 1 + 0 * sum by (tenant) (bridge_commands_total{{{SCOPE}}})"},
                "percentunit",
                "table",
                "A tenant of its own where BRIDGE_METRICS_TENANTS allows; the objective is 99 % by default.",
            ),
            Panel(
                "How fast it burns (1: used up just at the end)",
                {
                    "{{tenant}}": f'sum by (tenant) (rate(bridge_commands_total{{{SCOPE}, result="unavailable"}}[1h]))'
                    f" / sum by (tenant) (rate(bridge_commands_total{{{SCOPE}}}[1h])) / (1 - $objective)"
                },
            ),
        ),
        "Commands": (
            Panel(
                "By tenant",
                {"{{tenant}}": _rate("bridge_commands_total", "tenant", SCOPE)},
                "cps",
            ),
            Panel(
                "By how they ended",
                {"{{result}}": _rate("bridge_commands_total", "result", SCOPE)},
                "cps",
            ),
            Panel("Tenants, by state", {"{{state}}": f"max by (state) (bridge_tenants{{{SCOPE}}})"}),
        ),
    },
)
KEYS = Dashboard(
    "keys",
    "Bridge / Keys and tokens",
    {
        "Ages": (
            Panel("Sealing key", {"age": f"max(bridge_sealing_key_age_seconds{{{SCOPE}}})"}, "s"),
            Panel("Oldest tenant keys", {"age": f"max(bridge_oldest_tenant_keys_seconds{{{SCOPE}}})"}, "s"),
            Panel(
                "Connected people, by the age of their connection",
                {"{{age}}": f"sum by (age) (max by (age, auth_mode) (bridge_links{{{SCOPE}}}))"},
                kind="bargauge",
            ),
            Panel(
                "Connected people, by how",
                {"{{auth_mode}}": f"sum by (auth_mode) (max by (age, auth_mode) (bridge_links{{{SCOPE}}}))"},
                kind="bargauge",
            ),
        ),
        "Work that takes its time": (
            Panel("Oldest rotation under way", {"age": f"max(bridge_oldest_rotation_seconds{{{SCOPE}}})"}, "s"),
            Panel("Oldest erasure under way", {"age": f"max(bridge_oldest_erasure_seconds{{{SCOPE}}})"}, "s"),
            Panel("Vault answers", {"{{pod}}": f'min by (pod) (bridge_ready{{{SCOPE}, what="vault"}})'}),
        ),
    },
)
DASHBOARDS = (SERVICES, KAFKA, TENANTS, KEYS)
