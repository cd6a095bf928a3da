"""One control plane for all tests here, and build/cluster.json at the end."""

import platform
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from deploy.k8s.cluster import kubelet, operators, prerequisites
from deploy.k8s.cluster.commands import Command, Kubectl
from deploy.k8s.cluster.control_plane import ControlPlane
from deploy.k8s.cluster.previous import Previous, previous
from deploy.k8s.cluster.release import CHART, Cluster
from deploy.k8s.cluster.report import Report

PROGRAMS = Path("build/bin")
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "helm3")
REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    report = config.stash[REPORT] = Report(Path("build/cluster.json"), {"python": platform.python_version()})
    config.pluginmanager.register(report)


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that knows the operators' kinds, with three nodes that run nothing."""
    if missing := [name for name in NAMES if not (PROGRAMS / name).exists()]:
        pytest.exit(f"{', '.join(missing)} not in {PROGRAMS}: `make cluster-test` builds them first", returncode=2)
    directory = tmp_path_factory.mktemp("cluster")
    plane = ControlPlane(PROGRAMS.absolute(), directory)
    kubectl = Kubectl(Command(plane.programs / "kubectl", plane.kubeconfig, directory))
    helm = Command(plane.programs / "helm3", plane.kubeconfig, directory)
    with plane.running() as access, kubelet.reporting(access):
        kubectl.apply(*operators.definitions(), *prerequisites.shared())
        kubectl.run("wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")
        versions = {"kubernetes": kubectl.server_version(), "helm": helm("version", "--template={{.Version}}").out}
        pytestconfig.stash[REPORT].versions |= versions
        yield Cluster(kubectl, helm)


@pytest.fixture(scope="session")
def before(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Previous:
    """The chart to upgrade from."""
    found = previous(CHART, tmp_path_factory.mktemp("previous"))
    pytestconfig.stash[REPORT].versions["upgraded from"] = found.origin
    return found


@pytest.fixture(scope="session")
def places(cluster: Cluster) -> Callable[..., str]:
    """Makes namespaces as strict platforms hand them out, with what Kubernetes itself and the profiles want there."""
    numbers = count(1)

    def make(name: str | None = None) -> str:
        name = name or f"bridge-{next(numbers)}"
        cluster.kubectl.apply(*prerequisites.handed_out(name), *prerequisites.brought(name))
        for object_ in ("serviceaccount/default", "configmap/kube-root-ca.crt"):
            cluster.kubectl.run("wait", object_, "--for=create", "--timeout=60s", "--namespace", name)
        return name

    return make


@pytest.fixture
def place(cluster: Cluster, places: Callable[[], str]) -> Iterator[str]:
    """A namespace of the test's own."""
    name = places()
    yield name
    cluster.kubectl.run("delete", "namespace", name, "--wait=false")
