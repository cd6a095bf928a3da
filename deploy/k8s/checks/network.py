"""May this pod reach that address? What a set of NetworkPolicies answers, by the rules of networking.k8s.io/v1."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from deploy.k8s.checks.rendered import Object

Labels = Mapping[str, str]
NAME = "kubernetes.io/metadata.name"
"""The label that each namespace bears by itself."""


@dataclass(frozen=True)
class Endpoint:
    """One end of a connection: a pod when it has labels, else an address outside of the cluster."""

    address: IPv4Address | IPv6Address
    labels: Labels | None = None
    namespace: Labels = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_pod(self) -> bool:
        """Whether policies can choose it by its labels."""
        return self.labels is not None


def outside(address: str) -> Endpoint:
    """An address that is no pod."""
    return Endpoint(ip_address(address))


def pod_in(
    namespace: str, labels: Labels, address: str = "10.244.0.9", ports: Mapping[str, int] | None = None
) -> Endpoint:
    """A pod; its namespace bears its name as label."""
    return Endpoint(ip_address(address), labels, {NAME: namespace}, ports or {})


@dataclass(frozen=True)
class Network:
    """All NetworkPolicies of a cluster; those without a namespace belong to `release_namespace`."""

    policies: Iterable[Object]
    release_namespace: str

    def allows(self, source: Endpoint, target: Endpoint, port: int, protocol: str = "TCP") -> bool:
        """Whether a connection may be opened: the source may go there, and the target lets it in."""
        return self.lets_out(source, target, port, protocol) and self.lets_in(source, target, port, protocol)

    def lets_out(self, source: Endpoint, target: Endpoint, port: int, protocol: str = "TCP") -> bool:
        """Whether the policies of the source allow it; a pod that no policy chooses may go anywhere."""
        chosen = self._choosing(source, "Egress")
        rules = [(policy, rule) for policy in chosen for rule in policy["spec"].get("egress") or []]
        return not chosen or any(
            self._peer(policy, rule.get("to"), target) and _port(rule.get("ports"), target, port, protocol)
            for policy, rule in rules
        )

    def lets_in(self, source: Endpoint, target: Endpoint, port: int, protocol: str = "TCP") -> bool:
        """Whether the policies of the target allow it; a pod that no policy chooses is open to all."""
        chosen = self._choosing(target, "Ingress")
        rules = [(policy, rule) for policy in chosen for rule in policy["spec"].get("ingress") or []]
        return not chosen or any(
            self._peer(policy, rule.get("from"), source) and _port(rule.get("ports"), target, port, protocol)
            for policy, rule in rules
        )

    def _choosing(self, end: Endpoint, direction: str) -> list[Object]:
        if end.labels is None:
            return []
        labels = end.labels
        return [
            policy
            for policy in self.policies
            if direction in _types(policy)
            and end.namespace.get(NAME) == self._namespace(policy)
            and selects(policy["spec"].get("podSelector") or {}, labels)
        ]

    def _namespace(self, policy: Object) -> str:
        name: str = policy["metadata"].get("namespace", self.release_namespace)
        return name

    def _peer(self, policy: Object, peers: list[Object] | None, other: Endpoint) -> bool:
        return not peers or any(self._one_peer(policy, peer, other) for peer in peers)

    def _one_peer(self, policy: Object, peer: Object, other: Endpoint) -> bool:
        if "ipBlock" in peer:
            return in_block(peer["ipBlock"], other.address)
        if other.labels is None:
            return False
        if "namespaceSelector" in peer:
            there = selects(peer["namespaceSelector"] or {}, other.namespace)
        else:
            there = other.namespace.get(NAME) == self._namespace(policy)
        return there and selects(peer.get("podSelector") or {}, other.labels)


def in_block(block: Mapping[str, Any], address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is in a block and not in its exceptions.

    The API leaves open whether a block holds for pods too; here it does, the answer that lets most through.
    """
    blocks = [ip_network(block["cidr"]), *(ip_network(hole) for hole in block.get("except") or [])]
    whole, holes = blocks[0], blocks[1:]
    for hole in holes:
        if hole.version != whole.version or not hole.subnet_of(whole):  # type: ignore[arg-type]
            raise ValueError(f"the exception {hole} is not within {whole}: the API server refuses that")
    return address in whole and not any(address in hole for hole in holes)


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a label selector chooses these labels; an empty one chooses everything."""
    exact = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in exact.items()):
        return False
    return all(_expression(one, labels) for one in selector.get("matchExpressions") or [])


def _expression(asked: Mapping[str, Any], labels: Labels) -> bool:
    match asked["operator"]:
        case "In":
            return labels.get(asked["key"]) in asked["values"]
        case "NotIn":
            return labels.get(asked["key"]) not in asked["values"]
        case "Exists":
            return asked["key"] in labels
        case "DoesNotExist":
            return asked["key"] not in labels
        case other:
            raise ValueError(f"no such operator: {other}")


def _types(policy: Object) -> list[str]:
    given = policy["spec"].get("policyTypes")
    return given or ["Ingress", *(["Egress"] if policy["spec"].get("egress") else [])]


def _port(rules: list[Object] | None, target: Endpoint, port: int, protocol: str) -> bool:
    return not rules or any(_one_port(rule, target, port, protocol) for rule in rules)


def _one_port(rule: Object, target: Endpoint, port: int, protocol: str) -> bool:
    if rule.get("protocol", "TCP") != protocol:
        return False
    match rule.get("port"):
        case None:
            return True
        case int(first):
            last: int = rule.get("endPort", first)
            return first <= port <= last
        case name:
            return target.ports.get(name) == port
