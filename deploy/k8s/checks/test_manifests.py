"""The plain manifests: fresh, buildable with kubectl alone, and the same as what Helm installs."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from deploy.k8s.checks import api_schemas
from deploy.k8s.checks.conftest import NO_KUBECTL
from deploy.k8s.checks.helm import NAMESPACE, PROFILES
from deploy.k8s.checks.kustomize import KUBECTL, built
from deploy.k8s.checks.patches import deletion, patch
from deploy.k8s.checks.plain import plain
from deploy.k8s.checks.pod_security import offences
from deploy.k8s.checks.rendered import Object, Rendered
from deploy.k8s.checks.write_manifests import MANIFESTS, documents

needs_kubectl = pytest.mark.skipif(not KUBECTL, reason=NO_KUBECTL)
OVERLAYS = [profile.stem for profile in PROFILES]


def test_the_manifests_are_fresh() -> None:
    folders = (MANIFESTS / folder for folder in ("base", "parts", "overlays"))
    there = {
        str(file.relative_to(MANIFESTS)): file.read_text()
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    }
    written = documents()

    assert set(there) == set(written), "run `make manifests` and commit what it wrote"
    assert [name for name in written if there[name] != written[name]] == [], "run `make manifests`"


def test_nothing_in_them_changes_without_a_reason() -> None:
    noise = re.compile(r"helm\.sh/|checksum/|managed-by: Helm")

    assert [name for name, text in documents().items() if noise.search(text)] == []


@needs_kubectl
@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_is_what_helm_installs(name: str) -> None:
    wanted = {key_of(one): comparable(one) for one in plain(profile(name)).objects}
    found = {key_of(one): comparable(one) for one in built(MANIFESTS / "overlays" / name)}

    assert set(found) == set(wanted)
    assert {key: found[key] for key in wanted if found[key] != wanted[key]} == {
        key: wanted[key] for key in wanted if found[key] != wanted[key]
    }


@needs_kubectl
@pytest.mark.parametrize("name", OVERLAYS)
def test_the_doctor_is_what_helm_test_runs(name: str) -> None:
    wanted = {key_of(one): comparable(one) for one in plain(profile(name)).doctor}

    assert {key_of(one): comparable(one) for one in built(MANIFESTS / "overlays" / name / "doctor")} == wanted


@needs_kubectl
@pytest.mark.parametrize("name", ["base", *(f"overlays/{name}" for name in OVERLAYS)])
def test_kubernetes_takes_what_kustomize_builds(name: str) -> None:
    objects = built(MANIFESTS / name)

    assert api_schemas.refused(objects, api_schemas.KUBERNETES[-1]) == {}
    assert [pod.name for pod in Rendered(tuple(objects)).pods if offences(pod)] == []


@needs_kubectl
def test_an_overlays_settings_are_those_its_pods_read() -> None:
    release = Rendered(tuple(built(MANIFESTS / "overlays/single-tenant")))
    configs = {one["metadata"]["name"] for one in release.of("ConfigMap")}
    read = {source["configMapRef"]["name"] for pod in release.pods for source in pod.containers[0].get("envFrom", [])}

    assert read <= configs
    assert all(re.fullmatch(r"bridge-[a-z-]+-[a-z0-9]{10}", name) for name in read), "a change makes new pods"


@needs_kubectl
def test_the_readmes_own_example_builds_and_reaches_the_pods(tmp_path: Path) -> None:
    page = (MANIFESTS / "README.md").read_text()
    example = re.search(r"```yaml\n(# my-bridge/kustomization.yaml\n.*?)```", page, re.DOTALL)
    assert example
    here = os.path.relpath(MANIFESTS / "overlays", tmp_path)
    text = re.sub(r"github\.com/\S+/overlays", here, example[1])
    (tmp_path / "kustomization.yaml").write_text(text)

    release = Rendered(tuple(built(tmp_path)))
    config = release.one("ConfigMap", "tenant-registry")
    assert config["data"]["BRIDGE_REGISTRY_PUBLIC_URL"] == "https://bridge.contoso.com"
    assert config["data"]["BRIDGE_MONGO_DATABASE"] == "bridge", "merged with what was there"
    read = release.pod("tenant-registry").containers[0]["envFrom"][0]["configMapRef"]["name"]
    assert read == config["metadata"]["name"]
    assert {pod.containers[0]["image"].split("/")[0] for pod in release.pods} == {"registry.example.com"}
    assert release.of("Ingress")[0]["spec"]["rules"][0]["host"] == "bridge.contoso.com"


def test_a_patch_takes_away_changes_and_adds() -> None:
    volumes = [{"name": "a", "emptyDir": {}}, {"name": "b", "secret": {"secretName": "x"}}]
    before: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"volumes": volumes, "x": 1},
    }
    after: Object = {**before, "spec": {"volumes": [volumes[0], {"name": "c", "emptyDir": {}}], "y": 2}}

    assert patch(before, after)["spec"] == {
        "x": None,
        "y": 2,
        "volumes": [{"name": "b", "$patch": "delete"}, {"name": "c", "emptyDir": {}}],
    }
    assert deletion(before) == {"$patch": "delete", "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


def profile(name: str) -> Path:
    return next(file for file in PROFILES if file.stem == name)


def key_of(thing: Object) -> tuple[str, str]:
    """Kind and name, without the hash that kustomize adds to a ConfigMap of settings."""
    name: str = thing["metadata"]["name"]
    return thing["kind"], re.sub(
        r"^(bridge-(?:bot-gateway|tenant-registry|jira-actor|key-vault))-[a-z0-9]{10}$", r"\1", name
    )


def comparable(value: Any) -> Any:
    """The same whatever the order of what is a set by name, and without hashes in names."""
    if isinstance(value, dict):
        cleaned = {key: comparable(one) for key, one in value.items()}
        if cleaned.get("namespace") == NAMESPACE:
            del cleaned["namespace"]
        return cleaned
    if isinstance(value, list):
        return sorted((comparable(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, str):
        return key_of({"kind": "", "metadata": {"name": value}})[1]
    return value
