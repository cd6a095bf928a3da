"""How the pods run: with nobody's rights, on nobody's disk, and ending politely."""

from datetime import timedelta

import pytest
from deploy.k8s.checks.helm import RefusedError
from deploy.k8s.checks.pod_security import offences
from deploy.k8s.checks.releases import EVERYTHING, merged, rendered
from deploy.k8s.checks.rendered import COMPONENTS, Pod, Rendered, name_of

ALL_PODS = merged(EVERYTHING, {"strimzi": {"topics": {"create": False}}, "topicsJob": {"enabled": True}})
"""Of the four services, the topics Job and `helm test`."""
NUMERIC_USER = 65532


def drain(pod: Pod, release: Rendered) -> timedelta:
    config = release.one("ConfigMap", pod.component)["data"]["BRIDGE_DRAIN"]
    assert config.startswith("PT")
    return timedelta(seconds=int(config.removeprefix("PT").removesuffix("S")))


def test_every_pod_may_run_in_a_restricted_namespace(release: Rendered) -> None:
    assert {pod.name: offences(pod) for pod in release.pods if offences(pod)} == {}


def test_the_jobs_pods_may_too() -> None:
    release = rendered(ALL_PODS)

    assert {pod.owner["kind"] for pod in release.pods} >= {"Deployment", "Job"}
    assert {pod.name: offences(pod) for pod in release.pods if offences(pod)} == {}


def test_no_container_runs_as_root() -> None:
    for one in rendered(ALL_PODS).pods:
        assert one.spec["securityContext"]["runAsUser"] == NUMERIC_USER, one.name
        assert all(c.get("securityContext", {}).get("runAsUser", NUMERIC_USER) for c in one.containers), one.name


def test_no_container_can_write_but_to_its_own_scratch_space(release: Rendered) -> None:
    for one in release.pods:
        scratch = {volume["name"] for volume in one.spec["volumes"] if "emptyDir" in volume}
        for container in one.containers:
            writable = {
                mount["mountPath"]
                for mount in container["volumeMounts"]
                if not mount.get("readOnly") and mount["name"] in scratch
            }
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert writable == {"/var/lib/bridge", "/tmp"}, one.name
            assert all(mount.get("readOnly") or mount["name"] in scratch for mount in container["volumeMounts"])


def test_scratch_space_is_bounded_and_shared_by_no_two_pods(release: Rendered) -> None:
    for one in release.pods:
        kinds = {kind for volume in one.spec["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"emptyDir", "projected", "secret", "configMap"}
        assert all(volume["emptyDir"].get("sizeLimit") for volume in one.spec["volumes"] if "emptyDir" in volume)


def test_every_container_says_what_it_needs_and_what_it_may_take(release: Rendered) -> None:
    for one in release.pods:
        for container in one.containers:
            assert set(container["resources"]["requests"]) >= {"cpu", "memory"}, one.name
            assert "memory" in container["resources"]["limits"], one.name


def test_graceful_termination_is_longer_than_the_drain(release: Rendered) -> None:
    for component in COMPONENTS:
        one = release.pod(component)
        hook = one.containers[0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        grace = timedelta(seconds=one.spec["terminationGracePeriodSeconds"])
        assert grace >= drain(one, release) + timedelta(seconds=hook + 5), component


def test_a_longer_drain_than_the_grace_period_is_refused() -> None:
    with pytest.raises(RefusedError, match="terminationGracePeriodSeconds"):
        rendered({"drainSeconds": 60})


def test_an_edge_stays_up_until_proxies_know_that_it_ends() -> None:
    release = rendered()

    for component in ("bot-gateway", "tenant-registry"):
        assert release.pod(component).containers[0]["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5


def test_a_probe_asks_the_health_port_for_what_it_is_about(release: Rendered) -> None:
    paths = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    for component in COMPONENTS:
        container = release.pod(component).containers[0]
        asked = {probe: container[probe]["httpGet"] for probe in paths}
        assert {probe: one["path"] for probe, one in asked.items()} == paths
        assert {one["port"] for one in asked.values()} == {"health"}
        assert {"name": "health", "containerPort": 9100} in container["ports"]


def test_a_new_pod_is_ready_before_an_old_one_goes(release: Rendered) -> None:
    for one in release.of("Deployment"):
        assert one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, name_of(one)


def test_the_environment_of_other_services_does_not_become_settings(release: Rendered) -> None:
    assert [one.name for one in release.pods if one.spec.get("enableServiceLinks") is not False] == []


def test_a_changed_setting_makes_new_pods() -> None:
    before, after = rendered(), rendered({"jiraActor": {"settings": {"BRIDGE_LANES": "32"}}})
    changed = {name for name in COMPONENTS if before.pod(name).metadata != after.pod(name).metadata}

    assert changed == {"jira-actor"}


EVERY_POD = {
    "podLabels": {"a": "b"},
    "podAnnotations": {"c": "d"},
    "nodeSelector": {"pool": "bridge"},
    "tolerations": [{"key": "bridge", "operator": "Exists"}],
    "priorityClassName": "important",
    "affinity": {"nodeAffinity": {}},
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    "extraVolumes": [{"name": "more", "configMap": {"name": "more"}}],
    "extraVolumeMounts": [{"name": "more", "mountPath": "/more", "readOnly": True}],
}


def carries(one: Pod) -> dict[str, bool]:
    """Which of EVERY_POD a pod has."""
    container = one.containers[0]
    return {
        "podLabels": one.labels.get("a") == "b",
        "podAnnotations": one.metadata.get("annotations", {}).get("c") == "d",
        "nodeSelector": one.spec.get("nodeSelector") == EVERY_POD["nodeSelector"],
        "tolerations": one.spec.get("tolerations") == EVERY_POD["tolerations"],
        "priorityClassName": one.spec.get("priorityClassName") == "important",
        "affinity": "nodeAffinity" in one.spec.get("affinity", {}),
        "extraEnv": "HTTPS_PROXY" in one.environment,
        "extraVolumes": "more" in {volume["name"] for volume in one.spec["volumes"]},
        "extraVolumeMounts": "/more" in {mount["mountPath"] for mount in container["volumeMounts"]},
    }


def test_what_is_given_for_all_pods_reaches_every_pod() -> None:
    for one in rendered(ALL_PODS, EVERY_POD).pods:
        assert [key for key, there in carries(one).items() if not there] == [], one.name


@pytest.mark.parametrize("key", ["botGateway", "tenantRegistry", "jiraActor", "keyVault"])
def test_what_is_given_for_one_component_reaches_its_pods_alone(key: str) -> None:
    release = rendered(ALL_PODS, {key: EVERY_POD})
    reached = {one.component: carries(one) for one in release.pods}
    own = next(name for name in COMPONENTS if name.replace("-", "") == key.lower())

    assert all(reached.pop(own).values())
    assert {name: one for name, one in reached.items() if any(one.values())} == {}


def test_a_components_own_priority_is_stronger_than_that_for_all() -> None:
    release = rendered({"priorityClassName": "low", "keyVault": {"priorityClassName": "high"}})

    assert release.pod("key-vault").spec["priorityClassName"] == "high"
    assert release.pod("jira-actor").spec["priorityClassName"] == "low"


DIGEST = "sha256:" + "0123456789abcdef" * 4


def test_every_image_can_be_pinned_by_digest() -> None:
    keys = ("botGateway", "tenantRegistry", "jiraActor", "keyVault", "cli")
    release = rendered(ALL_PODS, {key: {"image": {"digest": DIGEST}} for key in keys})
    images = {container["image"] for one in release.pods for container in one.containers}

    assert {image.rpartition("@")[2] for image in images} == {DIGEST}
    assert {image.rpartition("@")[0] for image in images} == {f"bridge/{name}" for name in (*COMPONENTS, "cli")}


def test_registry_repository_and_tag_hold_for_every_image() -> None:
    mirror = {"registry": "registry.example.com:5000", "repository": "mirror/bridge", "tag": "9.9.9"}
    release = rendered(ALL_PODS, {"image": {**mirror, "pullSecrets": ["pull"], "pullPolicy": "Always"}})

    for one in release.pods:
        assert one.spec["imagePullSecrets"] == [{"name": "pull"}]
        for container in one.containers:
            assert container["imagePullPolicy"] == "Always"
            assert container["image"].startswith("registry.example.com:5000/mirror/bridge/")
            assert container["image"].endswith(":9.9.9")


def test_no_image_is_latest(release: Rendered) -> None:
    for one in release.pods:
        for container in one.containers:
            tag = container["image"].rpartition("/")[2].partition(":")[2]
            assert "@sha256:" in container["image"] or tag not in ("", "latest"), one.name
