"""That this cluster refuses what it must refuse; otherwise the other tests here would prove nothing."""

from typing import Any

import pytest
from deploy.k8s.cluster.commands import CommandRefused
from deploy.k8s.cluster.inventory import Held, held, left_over
from deploy.k8s.cluster.release import Cluster

SIZES = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "32Mi"}}
RESTRICTED = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(namespace: str, **container: Any) -> dict[str, Any]:
    told = {"name": "one", "image": "example/one", "securityContext": RESTRICTED, "resources": SIZES} | container
    meta = {"name": "one", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [told]}}


def test_a_pod_that_keeps_to_the_restricted_standard_is_taken(cluster: Cluster, place: str) -> None:
    cluster.kubectl.apply(pod(place))

    cluster.kubectl.run("wait", "pod/one", "--for=condition=Ready", "--timeout=30s", "--namespace", place)


def test_a_pod_that_may_be_root_is_refused(cluster: Cluster, place: str) -> None:
    with pytest.raises(CommandRefused, match="violates PodSecurity"):
        cluster.kubectl.apply(pod(place, securityContext=RESTRICTED | {"runAsNonRoot": False}))


def test_a_pod_that_states_no_sizes_is_refused(cluster: Cluster, place: str) -> None:
    with pytest.raises(CommandRefused, match="must specify"):
        cluster.kubectl.apply(pod(place, resources={}))


def test_a_pod_that_wants_a_secret_which_nobody_made_is_not_ready(cluster: Cluster, place: str) -> None:
    variable = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "nobody-made-it", "key": "key"}}}
    cluster.kubectl.apply(pod(place, env=[variable]))

    with pytest.raises(CommandRefused, match="timed out"):
        cluster.kubectl.run("wait", "pod/one", "--for=condition=Ready", "--timeout=3s", "--namespace", place)


def test_a_field_that_kubernetes_does_not_know_is_refused(cluster: Cluster, place: str) -> None:
    with pytest.raises(CommandRefused, match="unknown field"):
        cluster.kubectl.apply(pod(place, imagePullPolice="Always"))


def test_an_object_that_was_left_behind_is_found(cluster: Cluster, place: str) -> None:
    before = held(cluster.kubectl)
    cluster.kubectl.run("create", "configmap", "forgotten", "--namespace", place)

    assert left_over(cluster.kubectl, before, but=1) == [Held("ConfigMap", place, "forgotten")]
