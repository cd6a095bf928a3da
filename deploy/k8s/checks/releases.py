"""Values that the tests install the chart with: as little as it takes, and all that can be switched on at one time."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from deploy.k8s.checks.helm import CHART, Helm4, Values, laid_over
from deploy.k8s.checks.rendered import Rendered

MINIMAL: dict[str, Any] = {
    "publicUrl": "https://bridge.example.com",
    "kafka": {"bootstrap": "kafka.example.com:9093", "username": "bridge", "existingSecret": "kafka-login"},
    "mongodb": {"existingSecret": "mongodb-login"},
    "vault": {"url": "https://vault.example.com:8200"},
    "botGateway": {"bot": {"appId": "11111111-1111-1111-1111-111111111111", "existingSecret": "bot-login"}},
}
_ON = {"enabled": True}
EVERYTHING: dict[str, Any] = laid_over(
    MINIMAL,
    {
        "kafka": {"ca": {"existingSecret": "kafka-ca"}},
        "mongodb": {"ca": {"existingSecret": "mongodb-ca"}},
        "vault": {"ca": {"existingSecret": "vault-ca"}},
        "ingress": {
            **_ON,
            "className": "nginx",
            "tls": [{"secretName": "bridge-tls", "hosts": ["bridge.example.com"]}],
        },
        "networkPolicy": {
            "monitoring": {
                "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
            }
        },
        "botGateway": {"autoscaling": _ON, "host": "bot.example.com"},
        "tenantRegistry": {"autoscaling": _ON},
        "jiraActor": {"keda": _ON, "allowedNetworks": ["10.20.30.0/24"], "ca": {"existingConfigMap": "jira-ca"}},
        "keyVault": {"keda": _ON},
        "strimzi": {
            "topics": {"create": True, "cluster": "main", "namespace": "kafka"},
            "users": {"create": True, "cluster": "main"},
        },
        "monitoring": {
            "podMonitor": _ON,
            "prometheusRule": {**_ON, "runbookUrl": "https://bridge.example.com/runbook"},
            "dashboards": _ON,
        },
    },
)
"""What excludes each other (HTTPRoutes and Ingress, the topics Job and KafkaTopics) has tests of its own."""


def rendered(*layers: Mapping[str, Any]) -> Rendered:
    """What is installed with the least values and these on top of them; raises RefusedError."""
    return _rendered(json.dumps(merged(*layers), sort_keys=True))


@cache
def _rendered(values: str) -> Rendered:
    return Helm4().render(CHART, Values(more=json.loads(values)))


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """The least values and these on top of them."""
    values = MINIMAL
    for layer in layers:
        values = laid_over(values, layer)
    return values
