"""Names, labels and selectors: who belongs to whom."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from deploy.k8s.checks.helm import CHART, Helm4, Values
from deploy.k8s.checks.network import selects
from deploy.k8s.checks.releases import EVERYTHING, merged, rendered
from deploy.k8s.checks.rendered import COMPONENT, COMPONENTS, Object, Pod, Rendered, name_of

EVERYBODY = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/part-of",
    "helm.sh/chart",
}
STABLE = {"app.kubernetes.io/name", "app.kubernetes.io/instance", COMPONENT}
LONG_NAMES = {"ConfigMap", "KafkaTopic"}
"""Kinds whose names may have 253 characters and become no label's value."""
TOGETHER = merged(EVERYTHING)


def chosen(release: Rendered, selector: Object) -> list[Pod]:
    return [pod for pod in release.pods if selects(selector, pod.labels)]


def test_every_object_says_what_it_is_part_of(release: Rendered) -> None:
    bare = {name_of(one): EVERYBODY - set(one["metadata"].get("labels", {})) for one in release.objects}

    assert {name: missing for name, missing in bare.items() if missing} == {}


def test_every_pod_bears_its_component(release: Rendered) -> None:
    assert [pod.name for pod in release.pods if not pod.component] == []


def test_a_deployment_owns_its_own_pods_and_nobody_elses(release: Rendered) -> None:
    for one in release.of("Deployment"):
        assert [pod.name for pod in chosen(release, one["spec"]["selector"])] == [name_of(one)]


def test_a_deployments_selector_never_changes_with_a_version(release: Rendered) -> None:
    for one in release.of("Deployment"):
        assert set(one["spec"]["selector"]["matchLabels"]) == STABLE


@pytest.mark.parametrize("kind", ["Service", "PodDisruptionBudget"])
def test_a_service_and_a_budget_choose_one_components_pods(release: Rendered, kind: str) -> None:
    for one in release.of(kind):
        selector = one["spec"]["selector"]
        pods = chosen(release, selector if kind == "PodDisruptionBudget" else {"matchLabels": selector})
        names = {pod.component for pod in pods}
        own = one["metadata"]["labels"].get(COMPONENT)
        assert names == ({own} if own else set(COMPONENTS)), name_of(one)


def test_a_services_port_is_one_that_its_pods_open(release: Rendered) -> None:
    for one in release.of("Service"):
        for pod in chosen(release, {"matchLabels": one["spec"]["selector"]}):
            opened = {port["name"] for port in pod.containers[0]["ports"]}
            assert {port["targetPort"] for port in one["spec"]["ports"]} <= opened


def test_every_component_has_a_budget_and_is_spread() -> None:
    release = rendered(EVERYTHING)

    assert {one["metadata"]["labels"][COMPONENT] for one in release.of("PodDisruptionBudget")} == set(COMPONENTS)
    for component in COMPONENTS:
        spread = release.pod(component).spec["topologySpreadConstraints"]
        assert {one["topologyKey"] for one in spread} >= {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        assert all(chosen(release, one["labelSelector"]) == [release.pod(component)] for one in spread)


def test_what_scales_points_at_a_deployment_that_is_there(release: Rendered) -> None:
    deployments = {one["metadata"]["name"] for one in release.of("Deployment")}

    for one in [*release.of("HorizontalPodAutoscaler"), *release.of("ScaledObject")]:
        assert one["spec"]["scaleTargetRef"]["name"] in deployments


def test_a_route_leads_to_a_service_that_is_there() -> None:
    routes = rendered({"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}})
    ingress = rendered({"ingress": {"enabled": True}})
    backends = [
        (ref["name"], ref["port"])
        for one in routes.of("HTTPRoute")
        for rule in one["spec"]["rules"]
        for ref in rule["backendRefs"]
    ]
    services = {(one["metadata"]["name"], one["spec"]["ports"][0]["port"]) for one in routes.of("Service")}
    paths = [path for one in ingress.of("Ingress") for rule in one["spec"]["rules"] for path in rule["http"]["paths"]]

    assert len(backends) == 2
    assert set(backends) == services
    assert {path["backend"]["service"]["name"] for path in paths} == {name for name, _ in services}


def test_the_bots_path_leads_to_the_gateway_and_the_rest_to_the_registry() -> None:
    rules = rendered({"ingress": {"enabled": True}}).of("Ingress")[0]["spec"]["rules"]
    paths = {path["path"]: path["backend"]["service"]["name"] for rule in rules for path in rule["http"]["paths"]}

    assert paths == {"/api/messages": "bridge-bot-gateway", "/": "bridge-tenant-registry"}


def test_no_route_leads_to_the_health_port(release: Rendered) -> None:
    for one in release.of("Service"):
        edges = [port for port in one["spec"]["ports"] if port["targetPort"] == "health"]
        assert not edges or one["spec"].get("clusterIP") == "None", "a headless one, for Prometheus alone"


def test_common_labels_and_annotations_reach_every_object_and_pod() -> None:
    given = {"commonLabels": {"team": "platform"}, "commonAnnotations": {"owner": "me"}}
    release = rendered(EVERYTHING, given)
    metadata = {name_of(one): one["metadata"] for one in release.objects}
    metadata |= {f"pod of {pod.name}": pod.metadata for pod in release.pods}

    assert [name for name, one in metadata.items() if one["labels"].get("team") != "platform"] == []
    assert [name for name, one in metadata.items() if one.get("annotations", {}).get("owner") != "me"] == []


def test_nobodys_labels_can_take_a_pod_from_its_component() -> None:
    stolen = {COMPONENT: "key-vault", "app.kubernetes.io/instance": "other", "app.kubernetes.io/name": "other"}
    release = rendered({"podLabels": stolen, "jiraActor": {"podLabels": stolen}})

    assert {pod.component for pod in release.pods} >= set(COMPONENTS)
    test_a_deployment_owns_its_own_pods_and_nobody_elses(release)


def test_common_labels_do_not_reach_selectors() -> None:
    release = rendered(EVERYTHING, {"commonLabels": {"team": "platform"}})

    test_a_deployments_selector_never_changes_with_a_version(release)


@pytest.mark.parametrize("name", ["bridge", "b", "x" * 53, "teams-bridge-of-a-very-long-and-winding-name-53-chars"])
def test_whatever_the_releases_name_all_names_are_legal_and_its_own(name: str) -> None:
    release = Helm4().render(CHART, Values(more=TOGETHER), name)
    names = [one["metadata"]["name"] for one in release.objects if one["kind"] not in LONG_NAMES]

    assert [one for one in names if not re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", one) or len(one) > 63] == []
    assert len({(name_of(one), one["metadata"]["namespace"]) for one in release.objects}) == len(release.objects)


def test_two_releases_in_one_namespace_do_not_meet() -> None:
    one, other = (Helm4().render(CHART, Values(more=TOGETHER), name) for name in ("blue", "green"))
    shared = {name_of(thing) for thing in one.objects} & {name_of(thing) for thing in other.objects}

    assert {name for name in shared if not name.startswith("KafkaTopic/")} == set()
    for thing in one.objects:
        selector: Mapping[str, Any] = thing["spec"].get("podSelector") or {} if "spec" in thing else {}
        assert not any(selects(selector, pod.labels) for pod in other.pods) or not selector


def test_topics_keep_their_names_and_partitions() -> None:
    topics = rendered(EVERYTHING).of("KafkaTopic")

    assert {one["spec"]["topicName"] for one in topics} >= {"teams.intents.v1", "dead-letters.v1", "keys.replies.v1"}
