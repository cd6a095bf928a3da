"""How many pods there may be."""

from typing import Any

import pytest
import yaml
from deploy.k8s.checks.helm import CHART, RefusedError
from deploy.k8s.checks.releases import EVERYTHING, rendered
from deploy.k8s.checks.rendered import COMPONENT, Rendered

TOPICS: dict[str, Any] = {one["name"]: one for one in yaml.safe_load((CHART / "files/topics.yaml").read_text())}
ON_LAG = {"jiraActor": "jira-actor", "keyVault": "key-vault"}
EDGES = {"bot-gateway", "tenant-registry"}


def test_only_edges_scale_by_load_and_only_the_others_by_lag() -> None:
    release = rendered(EVERYTHING)

    assert {one["metadata"]["labels"][COMPONENT] for one in release.of("HorizontalPodAutoscaler")} == EDGES
    assert {one["metadata"]["labels"][COMPONENT] for one in release.of("ScaledObject")} == set(ON_LAG.values())


def test_nothing_scales_by_itself_unless_asked() -> None:
    assert [one for one in rendered().objects if one["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")] == []


@pytest.mark.parametrize(("key", "component"), ON_LAG.items())
def test_no_more_replicas_than_partitions(key: str, component: str) -> None:
    scaled = rendered({key: {"keda": {"enabled": True, "maxReplicas": 1000}}}).one("ScaledObject", component)
    topics = [trigger["metadata"]["topic"] for trigger in scaled["spec"]["triggers"]]

    assert scaled["spec"]["maxReplicaCount"] <= max(TOPICS[topic]["partitions"] for topic in topics)


@pytest.mark.parametrize("key", ON_LAG)
def test_more_fixed_replicas_than_partitions_are_refused(key: str) -> None:
    with pytest.raises(RefusedError, match="partitions"):
        rendered({key: {"replicas": 1000}})


def test_lag_is_that_of_the_services_own_group_and_a_dead_jira_adds_no_pods() -> None:
    release = rendered(EVERYTHING)

    for component in ON_LAG.values():
        triggers = release.one("ScaledObject", component)["spec"]["triggers"]
        assert triggers
        for trigger in triggers:
            assert trigger["metadata"]["consumerGroup"] == component
            assert trigger["metadata"]["excludePersistentLag"] == "true"
            assert trigger["metadata"]["topic"] in TOPICS


def test_what_scales_has_no_fixed_number_that_each_upgrade_would_set_back() -> None:
    release = rendered(EVERYTHING)

    assert [one["metadata"]["name"] for one in release.of("Deployment") if "replicas" in one["spec"]] == []


def test_what_does_not_scale_has_two_pods_so_that_one_may_go() -> None:
    assert {one["spec"]["replicas"] for one in rendered().of("Deployment")} == {2}


def test_a_budget_lets_a_node_be_drained(release: Rendered) -> None:
    for one in release.of("PodDisruptionBudget"):
        assert one["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("key", ["botGateway", "tenantRegistry"])
def test_fewer_at_most_than_at_least_is_refused(key: str) -> None:
    with pytest.raises(RefusedError, match="minReplicas is above maxReplicas"):
        rendered({key: {"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}}})


def test_keda_logs_in_to_kafka_by_secret_name_alone() -> None:
    release = rendered(EVERYTHING)
    logins = release.of("TriggerAuthentication")

    assert {one["metadata"]["name"] for one in logins} == {
        trigger["authenticationRef"]["name"]
        for one in release.of("ScaledObject")
        for trigger in one["spec"]["triggers"]
    }
    for one in logins:
        assert {ref["parameter"] for ref in one["spec"]["secretTargetRef"]} == {"password", "ca"}
