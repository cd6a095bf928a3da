"""Each profile once installed: what the API server, the scheduler and the controllers made of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from deploy.k8s.cluster.commands import Printed
from deploy.k8s.cluster.release import CHART, PROFILES, Cluster, Release

Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Installed:
    """A release, and what Helm printed while installing it."""

    release: Release
    printed: Printed


@pytest.fixture(scope="module", params=PROFILES, ids=lambda path: path.stem)
def installed(request: pytest.FixtureRequest, cluster: Cluster, places: Callable[[], str]) -> Iterator[Installed]:
    profile: Path = request.param
    release = Release(cluster, places(), (profile,))
    yield Installed(release, release.install(CHART))
    release.uninstall()
    release.delete_topics()
    cluster.kubectl.run("delete", "namespace", release.namespace, "--wait=false")


def test_it_is_installed_without_a_warning(installed: Installed, record_property: Record) -> None:
    record_property("objects", len(installed.release.installed()))

    assert installed.printed.said == ""


def test_the_cluster_holds_what_helm_says(installed: Installed) -> None:
    assert installed.release.drift() == ""


def test_every_deployment_has_all_its_pods(installed: Installed, record_property: Record) -> None:
    deployments = installed.release.objects("deployments")

    record_property("pods", len(installed.release.objects("pods")))
    assert len(deployments) == 4
    assert all(one["status"]["readyReplicas"] >= one["spec"]["replicas"] for one in deployments)


def test_every_service_leads_to_a_port_of_pods(installed: Installed) -> None:
    slices = [one for one in installed.release.objects("endpointslices") if one["endpoints"] and one["ports"]]
    leading = {one["metadata"]["labels"]["kubernetes.io/service-name"] for one in slices}

    services = {one["metadata"]["name"] for one in installed.release.objects("services")}
    assert len(services) >= 2
    assert leading == services


def test_every_budget_guards_pods_and_lets_one_go(installed: Installed) -> None:
    several = [one for one in installed.release.objects("deployments") if one["spec"]["replicas"] > 1]
    budgets = installed.release.objects("poddisruptionbudgets")

    assert len(budgets) >= len(several)
    assert all(one["status"]["expectedPods"] for one in budgets)
    assert all(one["status"]["disruptionsAllowed"] == 1 for one in budgets)


def test_no_service_account_may_do_more_than_any_may(installed: Installed) -> None:
    def may(account: str) -> str:
        namespace = installed.release.namespace
        return installed.release.cluster.kubectl.may(f"system:serviceaccount:{namespace}:{account}", namespace)

    accounts = [one["metadata"]["name"] for one in installed.release.objects("serviceaccounts")]
    assert len(accounts) >= 5
    assert {may(account) for account in accounts} == {may("default")}


def test_the_same_again_restarts_nothing(installed: Installed) -> None:
    pods = {one["metadata"]["uid"] for one in installed.release.objects("pods")}

    installed.release.install(CHART)

    assert {one["metadata"]["uid"] for one in installed.release.objects("pods")} == pods


def test_the_pod_of_helm_test_is_taken(installed: Installed) -> None:
    assert "Phase:          Succeeded" in installed.release.test().out
