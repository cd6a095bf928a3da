"""The evaluator itself: what Kubernetes' documentation says, on policies small enough to be judged by eye."""

from typing import Any

import pytest
from deploy.k8s.checks.network import Endpoint, Network, in_block, outside, pod_in, selects

WEB = {"app": "web"}
WEB_POD, OTHER_POD = pod_in("here", WEB, ports={"http": 8080}), pod_in("here", {"app": "other"})
ABROAD = pod_in("there", {"app": "other"})


def policy(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"podSelector": {"matchLabels": WEB}, **spec}}


def network(*policies: dict[str, Any]) -> Network:
    return Network(policies, "here")


def test_a_pod_that_no_policy_chooses_may_do_anything() -> None:
    deny = network(policy(policyTypes=["Ingress", "Egress"]))

    assert deny.allows(OTHER_POD, ABROAD, 80)
    assert deny.allows(OTHER_POD, outside("203.0.113.1"), 443)


def test_a_policy_without_rules_closes_its_direction() -> None:
    deny = network(policy(policyTypes=["Egress"]))

    assert not deny.allows(WEB_POD, OTHER_POD, 80)
    assert deny.allows(OTHER_POD, WEB_POD, 80)


def test_without_types_a_policy_is_about_ingress_and_about_egress_only_if_it_has_such_rules() -> None:
    assert network(policy()).allows(WEB_POD, OTHER_POD, 80)
    assert not network(policy()).allows(OTHER_POD, WEB_POD, 80)
    assert not network(policy(egress=[{"ports": [{"port": 53}]}])).allows(WEB_POD, OTHER_POD, 80)


def test_an_empty_rule_opens_everything() -> None:
    assert network(policy(policyTypes=["Egress"], egress=[{}])).allows(WEB_POD, outside("203.0.113.1"), 1)


def test_policies_add_up() -> None:
    deny, allow = policy(policyTypes=["Egress"]), policy(policyTypes=["Egress"], egress=[{"ports": [{"port": 80}]}])

    assert network(deny, allow).allows(WEB_POD, OTHER_POD, 80)
    assert not network(deny, allow).allows(WEB_POD, OTHER_POD, 81)


def test_both_ends_must_agree() -> None:
    out = policy(policyTypes=["Egress"], egress=[{"to": [{"podSelector": {}}]}])
    shut = {"metadata": {"name": "s"}, "spec": {"podSelector": {"matchLabels": {"app": "other"}}}}

    assert network(out).allows(WEB_POD, OTHER_POD, 80)
    assert not network(out, shut).allows(WEB_POD, OTHER_POD, 80)


@pytest.mark.parametrize(
    ("peer", "reached"),
    [
        pytest.param({"podSelector": {}}, {"here"}, id="a pod selector alone means its own namespace"),
        pytest.param({"namespaceSelector": {}}, {"here", "there"}, id="an empty namespace selector means all"),
        pytest.param({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "there"}}}, {"there"}),
        pytest.param({"namespaceSelector": {}, "podSelector": {"matchLabels": WEB}}, set(), id="both must hold"),
        pytest.param({"ipBlock": {"cidr": "203.0.113.0/24"}}, {"outside"}),
        pytest.param({"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.7/32"]}}, set()),
        pytest.param({"ipBlock": {"cidr": "::/0"}}, set(), id="IPv6 blocks hold no IPv4 address"),
    ],
)
def test_peers(peer: dict[str, Any], reached: set[str]) -> None:
    allow = network(policy(policyTypes=["Egress"], egress=[{"to": [peer]}]))
    ends: dict[str, Endpoint] = {"here": OTHER_POD, "there": ABROAD, "outside": outside("203.0.113.7")}

    assert {name for name, end in ends.items() if allow.allows(WEB_POD, end, 80)} == reached


@pytest.mark.parametrize(
    ("rule", "open_ports"),
    [
        ({"port": 80}, {("TCP", 80)}),
        ({"port": 80, "endPort": 90}, {("TCP", 80), ("TCP", 90)}),
        ({"port": 53, "protocol": "UDP"}, {("UDP", 53)}),
        ({"protocol": "UDP"}, {("UDP", 53), ("UDP", 80)}),
        ({"port": "http"}, {("TCP", 8080)}),
        ({"port": "unknown"}, set()),
    ],
)
def test_ports(rule: dict[str, Any], open_ports: set[tuple[str, int]]) -> None:
    allow = network(policy(policyTypes=["Ingress"], ingress=[{"ports": [rule]}]))
    asked = [("TCP", 80), ("TCP", 90), ("TCP", 91), ("TCP", 8080), ("UDP", 53), ("UDP", 80)]

    assert {(kind, port) for kind, port in asked if allow.allows(OTHER_POD, WEB_POD, port, kind)} == open_ports


@pytest.mark.parametrize(
    ("operator", "values", "chosen"),
    [("In", ["web"], True), ("NotIn", ["web"], False), ("Exists", None, True), ("DoesNotExist", None, False)],
)
def test_expressions(operator: str, values: list[str] | None, chosen: bool) -> None:
    expression = {"key": "app", "operator": operator, **({"values": values} if values else {})}

    assert selects({"matchExpressions": [expression]}, WEB) is chosen


def test_an_exception_outside_of_its_block_is_an_error_as_it_is_to_the_api_server() -> None:
    with pytest.raises(ValueError, match="not within"):
        in_block({"cidr": "10.0.0.0/8", "except": ["192.168.0.0/16"]}, outside("10.0.0.1").address)
