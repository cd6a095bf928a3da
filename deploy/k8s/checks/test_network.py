"""Who may reach whom: the arrows of the design, allowed; everything else, refused."""

from typing import Any

import pytest
from deploy.k8s.checks.helm import CHART, NAMESPACE, PROFILES, Helm4, RefusedError, Values
from deploy.k8s.checks.network import Endpoint, Network, outside, pod_in
from deploy.k8s.checks.releases import EVERYTHING, merged, rendered
from deploy.k8s.checks.rendered import COMPONENTS, Rendered

JOBS = ("topics", "doctor")
KAFKA, MONGODB, VAULT = outside("10.1.0.1"), outside("10.2.0.1"), outside("10.3.0.1")
TENANT = outside("10.20.30.40")
INTERNET, INTERNET6 = outside("93.184.215.14"), outside("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
ELSEWHERE = outside("10.99.0.1")
METADATA = [
    outside(address)
    for address in (
        "169.254.169.254",  # Amazon, Google, Microsoft and most others
        "169.254.170.2",  # Amazon, for tasks
        "169.254.0.23",  # Tencent
        "168.63.129.16",  # Microsoft's fabric
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fe80::a9fe:a9fe",
        "fd00:ec2::254",  # Amazon
        "fd20:ce::254",  # Google
    )
]
DNS = pod_in("kube-system", {"k8s-app": "kube-dns"})
PROMETHEUS = pod_in("monitoring", {"app": "prometheus"})
CONTROLLER = pod_in("ingress", {"app": "nginx"})
STRANGER = pod_in("other", {"app": "shop"})


def block(cidr: str) -> dict[str, Any]:
    return {"to": [{"ipBlock": {"cidr": cidr}}]}


def namespace(name: str) -> dict[str, Any]:
    return {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}]}


STRICT = merged(
    {
        "kafka": {"networkPolicy": block("10.1.0.0/24")},
        "mongodb": {"networkPolicy": block("10.2.0.0/24")},
        "vault": {"networkPolicy": block("10.3.0.0/24")},
        "networkPolicy": {"ingress": namespace("ingress"), "monitoring": namespace("monitoring")},
        "jiraActor": {"allowedNetworks": ["10.20.30.0/24"]},
        "topicsJob": {"enabled": True},
    }
)
"""Every outside system has its own network, as docs/install.md says."""


class Cluster:
    """A release with its policies, and its pods as ends of connections."""

    def __init__(self, release: Rendered) -> None:
        self.network = Network(release.of("NetworkPolicy"), NAMESPACE)
        self.pods = {pod.component: self._end(number, pod) for number, pod in enumerate(release.pods)}

    @staticmethod
    def _end(number: int, pod: Any) -> Endpoint:
        ports = {port["name"]: port["containerPort"] for port in pod.containers[0].get("ports", [])}
        return pod_in(NAMESPACE, pod.labels, f"10.244.0.{number + 10}", ports)

    def who_reaches(self, target: Endpoint, port: int, protocol: str = "TCP") -> set[str]:
        """The components that may open a connection."""
        return {name for name, end in self.pods.items() if self.network.allows(end, target, port, protocol)}

    def lets_in(self, component: str, source: Endpoint, port: int) -> bool:
        """Whether a component takes a connection."""
        return self.network.allows(source, self.pods[component], port)


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster(rendered(STRICT))


EVERYBODY = {*COMPONENTS, *JOBS}


def test_the_cluster_has_all_pods(cluster: Cluster) -> None:
    assert set(cluster.pods) == EVERYBODY


@pytest.mark.parametrize(
    ("what", "target", "port", "who"),
    [
        ("Kafka", KAFKA, 9093, EVERYBODY),
        ("another port of Kafka's machines", KAFKA, 22, set()),
        ("MongoDB", MONGODB, 27017, {"tenant-registry", "doctor"}),
        ("Vault", VAULT, 8200, {"key-vault", "doctor"}),
        ("Teams and Entra", INTERNET, 443, {"bot-gateway", "jira-actor", "doctor"}),
        ("the internet over IPv6", INTERNET6, 443, {"bot-gateway", "jira-actor", "doctor"}),
        ("the internet without TLS", INTERNET, 80, set()),
        ("a tenant's own network", TENANT, 443, {"jira-actor"}),
        ("another port of a tenant's network", TENANT, 22, set()),
        ("a private network that nobody named", ELSEWHERE, 443, set()),
        ("the Kubernetes API", outside("10.96.0.1"), 443, set()),
        ("the node's kubelet", outside("192.168.1.10"), 10250, set()),
        ("another application's pod", STRANGER, 8080, set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arrows_out(cluster: Cluster, what: str, target: Endpoint, port: int, who: set[str]) -> None:
    assert cluster.who_reaches(target, port) == who, what


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
def test_everybody_may_ask_the_clusters_dns_and_no_other(cluster: Cluster, protocol: str) -> None:
    assert cluster.who_reaches(DNS, 53, protocol) == EVERYBODY
    assert cluster.who_reaches(DNS, 8080, protocol) == set()
    assert cluster.who_reaches(pod_in("kube-system", {"k8s-app": "other"}), 53, protocol) == set()
    assert cluster.who_reaches(INTERNET, 53, protocol) == set()


def test_services_never_call_each_other(cluster: Cluster) -> None:
    for component, end in cluster.pods.items():
        for port in (3978, 8080, 9100):
            assert cluster.who_reaches(end, port) == set(), f"{component}:{port}"


def test_no_pod_reaches_another_of_its_own_kind(cluster: Cluster) -> None:
    for end in cluster.pods.values():
        twin = Endpoint(end.address, end.labels, end.namespace, end.ports)
        assert not cluster.network.allows(end, twin, 9100)


@pytest.mark.parametrize(
    ("component", "source", "port", "may"),
    [
        ("bot-gateway", CONTROLLER, 3978, True),
        ("tenant-registry", CONTROLLER, 8080, True),
        ("bot-gateway", STRANGER, 3978, False),
        ("tenant-registry", STRANGER, 8080, False),
        ("tenant-registry", INTERNET, 8080, False),
        ("bot-gateway", CONTROLLER, 9100, False),
        ("jira-actor", CONTROLLER, 9100, False),
        ("jira-actor", CONTROLLER, 8080, False),
        ("key-vault", CONTROLLER, 8080, False),
        *((component, PROMETHEUS, 9100, True) for component in COMPONENTS),
        *((component, STRANGER, 9100, False) for component in COMPONENTS),
        ("bot-gateway", PROMETHEUS, 3978, False),
        ("doctor", CONTROLLER, 9100, False),
        ("topics", PROMETHEUS, 9100, False),
    ],
)
def test_arrows_in(cluster: Cluster, component: str, source: Endpoint, port: int, may: bool) -> None:
    assert cluster.lets_in(component, source, port) is may


@pytest.mark.parametrize("values", [STRICT, EVERYTHING], ids=["engines named", "no engine named"])
def test_a_policy_never_lets_a_pod_but_jira_actor_reach_a_tenants_network(values: dict[str, Any]) -> None:
    cluster = Cluster(rendered(values))
    reaching = {port: cluster.who_reaches(TENANT, port) for port in (22, 80, 443, 8080, 8200, 8443, 9093, 27017)}

    assert {port: who for port, who in reaching.items() if who} == {443: {"jira-actor"}}


def test_an_engine_inside_a_tenants_network_is_reached_where_it_is_named() -> None:
    cluster = Cluster(rendered(STRICT, {"kafka": {"networkPolicy": block("10.20.30.40/32")}}))

    assert cluster.who_reaches(TENANT, 9093) == EVERYBODY


def test_an_edge_is_open_to_anybody_until_the_controller_is_named_but_its_health_port_is_not() -> None:
    release = Cluster(rendered())

    assert release.lets_in("bot-gateway", STRANGER, 3978)
    assert not release.lets_in("bot-gateway", STRANGER, 9100)
    assert not release.lets_in("jira-actor", STRANGER, 9100)


WIDE = [
    pytest.param({}, id="nothing named"),
    pytest.param({"kafka": {"networkPolicy": block("0.0.0.0/0")}}, id="all of IPv4 named"),
    pytest.param({"vault": {"networkPolicy": block("::/0")}}, id="all of IPv6 named"),
    pytest.param({"mongodb": {"networkPolicy": block("168.0.0.0/6")}}, id="a block around Microsoft's and Amazon's"),
    pytest.param({"jiraActor": {"allowedNetworks": ["100.64.0.0/10"]}}, id="a tenant in carriers' space"),
    pytest.param({"jiraActor": {"allowedNetworks": ["192.0.0.0/16", "fd00::/8"]}}, id="a tenant in local IPv6"),
]


@pytest.mark.parametrize("more", WIDE)
def test_metadata_addresses_can_never_be_reached(more: dict[str, Any]) -> None:
    ports = {
        "kafka": {"networkPolicy": {"ports": [80, 443, 9093]}},
        "jiraActor": {"networkPolicy": {"ports": [80, 443]}},
    }
    release = Cluster(rendered(EVERYTHING, ports, {"mongodb": {"networkPolicy": {"ports": [80, 443]}}}, more))

    for target in METADATA:
        for port in (53, 80, 443, 8080, 9093, 27017):
            assert release.who_reaches(target, port) == set(), f"{target.address}:{port}"


@pytest.mark.parametrize("network", ["169.254.169.254/32", "169.254.0.0/16", "168.63.129.16/32", "fd00:ec2::/64"])
@pytest.mark.parametrize("where", ["kafka", "mongodb", "vault", "jiraActor"])
def test_a_metadata_network_that_is_named_outright_is_refused(network: str, where: str) -> None:
    given = {"allowedNetworks": [network]} if where == "jiraActor" else {"networkPolicy": block(network)}

    with pytest.raises(RefusedError, match="metadata"):
        rendered({where: given})


def test_a_login_server_for_kafka_is_reached_by_all_and_only_on_its_port() -> None:
    oauth = {"tokenUrl": "https://login.example.com:8443/t", "clientId": "c", "networkPolicy": block("10.4.0.0/24")}
    release = Cluster(rendered(STRICT, {"kafka": {"saslMechanism": "OAUTHBEARER", "oauth": oauth}}))

    assert release.who_reaches(outside("10.4.0.1"), 8443) == EVERYBODY
    assert release.who_reaches(outside("10.4.0.1"), 443) == set()


def test_without_public_jiras_jira_actor_reaches_its_named_networks_alone() -> None:
    release = Cluster(rendered(STRICT, {"jiraActor": {"networkPolicy": {"public": False}}}))

    assert release.who_reaches(TENANT, 443) == {"jira-actor"}
    assert "jira-actor" not in release.who_reaches(INTERNET, 443)


def test_a_pod_of_another_application_in_the_namespace_is_left_alone() -> None:
    release = Cluster(rendered(STRICT))
    neighbour = pod_in(NAMESPACE, {"app.kubernetes.io/name": "shop"})

    assert release.network.allows(neighbour, INTERNET, 80)


def test_another_release_in_the_namespace_gets_no_rights_from_this_one() -> None:
    other = Helm4().render(CHART, Values(more=STRICT), "green")
    network = Network(rendered(STRICT).of("NetworkPolicy"), NAMESPACE)
    pod = other.pod("jira-actor")

    assert not network.lets_in(pod_in(NAMESPACE, pod.labels), Cluster(rendered(STRICT)).pods["key-vault"], 9100)


def test_without_policies_there_are_none() -> None:
    assert rendered({"networkPolicy": {"enabled": False}}).of("NetworkPolicy") == []


def test_every_example_but_the_local_one_has_policies() -> None:
    without = {file.stem for file in PROFILES if not Helm4().render(CHART, Values((file,))).of("NetworkPolicy")}

    assert without == {"local"}


def test_every_pod_is_under_a_policy_for_both_directions(release: Rendered) -> None:
    cluster = Cluster(release)
    if not cluster.network.policies:
        pytest.skip("the local example: its network plugin enforces none")

    for name, end in cluster.pods.items():
        assert not cluster.network.lets_out(end, outside("10.255.255.254"), 6443), name
        assert not cluster.network.lets_in(STRANGER, end, 9100), name
