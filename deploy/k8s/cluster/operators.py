"""Other projects' kinds that the chart makes objects of: known here by name, with a schema that takes anything."""

from typing import Any, NamedTuple


class Kind(NamedTuple):
    """A namespaced kind that an operator would bring."""

    group: str
    versions: tuple[str, ...]
    name: str

    @property
    def plural(self) -> str:
        return f"{self.name.lower()}s"


KINDS = (
    Kind("gateway.networking.k8s.io", ("v1",), "HTTPRoute"),
    Kind("keda.sh", ("v1alpha1",), "ScaledObject"),
    Kind("keda.sh", ("v1alpha1",), "TriggerAuthentication"),
    Kind("kafka.strimzi.io", ("v1", "v1beta2"), "KafkaTopic"),
    Kind("kafka.strimzi.io", ("v1", "v1beta2"), "KafkaUser"),
    Kind("monitoring.coreos.com", ("v1",), "PodMonitor"),
    Kind("monitoring.coreos.com", ("v1",), "ServiceMonitor"),
    Kind("monitoring.coreos.com", ("v1",), "PrometheusRule"),
)
USER_KEYS = ("password", "user.crt", "user.key", "ca.crt")
"""What Strimzi's user operator writes into a user's Secret; which of them depends on `authentication`."""


def definitions() -> list[dict[str, Any]]:
    """The CustomResourceDefinitions of all of them."""
    return [_definition(kind) for kind in KINDS]


def user_secret(user: dict[str, Any]) -> dict[str, Any]:
    """The Secret that Strimzi's user operator makes for a KafkaUser, and that ends with it."""
    meta = user["metadata"]
    owner = {key: user[key] for key in ("apiVersion", "kind")} | {key: meta[key] for key in ("name", "uid")}
    named = {"name": meta["name"], "namespace": meta["namespace"], "ownerReferences": [owner]}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": named, "stringData": dict.fromkeys(USER_KEYS, "none")}


def _definition(kind: Kind) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": version, "served": True, "schema": schema} for version in kind.versions]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{kind.plural}.{kind.group}",
            # without it a group that ends in k8s.io is refused
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a test alone"},
        },
        "spec": {
            "group": kind.group,
            "scope": "Namespaced",
            "names": {"kind": kind.name, "plural": kind.plural},
            "versions": [version | {"storage": at == 0} for at, version in enumerate(versions)],
        },
    }
