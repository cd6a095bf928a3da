"""What the profiles in values/ say that somebody else brings, with values that open nothing."""

from typing import Any

SECRETS = {
    "bridge-mongodb": ["url"],
    "bridge-bot": ["client-secret"],
    "bridge-vault": ["token", "secret-id"],
    "bridge-tls": ["tls.crt", "tls.key"],
    "company-cluster-ca-cert": ["ca.crt"],
    "mongodb-ca": ["ca.crt"],
    "bridge-bot-gateway-kafka": ["client-secret"],
    "bridge-tenant-registry-kafka": ["client-secret"],
    "bridge-jira-actor-kafka": ["client-secret"],
    "bridge-key-vault-kafka": ["client-secret"],
    "bridge-cli-kafka": ["client-secret"],
}
CONFIG_MAPS = {"vault-ca": ["ca.crt"], "company-ca": ["ca.crt"]}
NAMESPACES = ("kafka", "gateways")
PRIORITY_CLASSES = ("business-critical",)


def shared() -> list[dict[str, Any]]:
    """What a cluster's administrators made for all."""
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES]
    priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1000}
    return [*namespaces, *(priority | {"metadata": {"name": name}} for name in PRIORITY_CLASSES)]


def handed_out(namespace: str) -> list[dict[str, Any]]:
    """A namespace as strict platforms hand it out: the restricted standard, and a quota that wants sizes stated."""
    standard = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    quota = {"hard": {"requests.cpu": "16", "requests.memory": "32Gi", "limits.memory": "32Gi"}}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": standard}},
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": _named("platform", namespace), "spec": quota},
    ]


def brought(namespace: str) -> list[dict[str, Any]]:
    """The Secrets and ConfigMaps that somebody made there before the chart is installed."""
    kinds = (("Secret", "stringData", SECRETS), ("ConfigMap", "data", CONFIG_MAPS))
    return [
        {"apiVersion": "v1", "kind": kind, "metadata": _named(name, namespace), data: dict.fromkeys(keys, "none")}
        for kind, data, held in kinds
        for name, keys in held.items()
    ]


def _named(name: str, namespace: str) -> dict[str, str]:
    return {"name": name, "namespace": namespace}
