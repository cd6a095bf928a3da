"""Each kustomize overlay: validated and applied by the API server, ready, and gone again without a trace."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from deploy.k8s.cluster.inventory import held, left_over
from deploy.k8s.cluster.release import CHART, Cluster

MANIFESTS = Path("deploy/k8s/manifests")
OVERLAYS = sorted((MANIFESTS / "overlays").iterdir())
APPLY = ("apply", "--server-side", "--validate=strict")
Record = Callable[[str, object], None]


@pytest.fixture
def home(cluster: Cluster, places: Callable[[str], str]) -> Iterator[str]:
    """The namespace that the overlays are written for; afterwards it is gone, and what they made in others."""
    before = held(cluster.kubectl)
    yield places("bridge")
    cluster.kubectl.run("delete", "namespace", "bridge")
    for one in held(cluster.kubectl) - before:
        cluster.kubectl.run("delete", one.kind, one.name, "--namespace", one.namespace, "--ignore-not-found")


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_is_taken_becomes_ready_and_leaves_nothing(
    overlay: Path, cluster: Cluster, home: str, record_property: Record
) -> None:
    run = cluster.kubectl.run
    before = held(cluster.kubectl)

    assert run(*APPLY, "--dry-run=server", "-k", overlay).said == ""
    assert held(cluster.kubectl) == before

    printed = run(*APPLY, "-k", overlay)
    record_property("objects", len(printed.out.splitlines()))
    assert printed.said == ""
    run("wait", "deployment", "--all", "--for=condition=Available", "--timeout=60s", "--namespace", home)

    run(*APPLY, "-k", overlay / "doctor")
    run("wait", "pod/bridge-doctor", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s", "--namespace", home)
    run("delete", "-k", overlay / "doctor")

    run("delete", "-k", overlay)
    assert left_over(cluster.kubectl, before) == []


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_applied_again_restarts_nothing(overlay: Path, cluster: Cluster, home: str) -> None:
    apply_and_wait(cluster, overlay, home)
    pods = pods_in(cluster, home)

    apply_and_wait(cluster, overlay, home)

    assert pods_in(cluster, home) == pods


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_follows_that_of_an_older_version(
    overlay: Path, cluster: Cluster, home: str, tmp_path: Path
) -> None:
    older = older_copy(overlay, tmp_path)
    apply_and_wait(cluster, older, home)
    before = pods_in(cluster, home)

    apply_and_wait(cluster, overlay, home)

    assert pods_in(cluster, home).isdisjoint(before)


def apply_and_wait(cluster: Cluster, overlay: Path, home: str) -> None:
    cluster.kubectl.run(*APPLY, "-k", overlay)
    for one in cluster.kubectl.items(["deployments"], "--namespace", home):
        name = one["metadata"]["name"]
        cluster.kubectl.run("rollout", "status", f"deployment/{name}", "--timeout=60s", "--namespace", home)


def pods_in(cluster: Cluster, home: str) -> set[str]:
    """The uids of the Deployments' Pods."""
    found = cluster.kubectl.items(["pods"], "--namespace", home, "--selector", "pod-template-hash")
    return {one["metadata"]["uid"] for one in found if "deletionTimestamp" not in one["metadata"]}


def older_copy(overlay: Path, into: Path) -> Path:
    """This overlay as an older version would have it: of all manifests, a copy that names version 0.0.1 throughout."""
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    shutil.copytree(MANIFESTS, into / "manifests")
    for file in (into / "manifests").rglob("*.yaml"):
        told = file.read_text().replace(version, "0.0.1").replace(version.replace(".", "-"), "0-0-1")
        file.write_text(told)
    return into / "manifests/overlays" / overlay.name
