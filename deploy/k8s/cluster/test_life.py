"""A release with each profile from the version before to its end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deploy.k8s.cluster.inventory import held, left_over
from deploy.k8s.cluster.previous import Previous
from deploy.k8s.cluster.release import CHART, PROFILES, Cluster, Release

Record = Callable[[str, object], None]


@pytest.fixture(params=PROFILES, ids=lambda path: path.stem)
def release(request: pytest.FixtureRequest, cluster: Cluster, place: str) -> Iterator[Release]:
    profile: Path = request.param
    wanted = Release(cluster, place, (profile,))
    yield wanted
    wanted.uninstall()
    wanted.delete_topics()


def test_an_upgrade_leaves_only_what_the_new_version_has(release: Release, before: Previous) -> None:
    release.install(before.chart)
    images, names = release.images(), release.names()

    release.install(CHART)

    assert release.images().isdisjoint(images)
    assert release.names() != names
    assert release.drift() == ""


def test_a_rollback_brings_back_what_there_was(release: Release, before: Previous) -> None:
    release.install(before.chart)
    images, names = release.images(), release.names()
    release.install(CHART)

    release.rollback(1)

    assert release.images() == images
    assert release.names() == names
    assert release.drift() == ""


def test_uninstalled_it_leaves_its_topics_and_nothing_else(
    release: Release, before: Previous, record_property: Record
) -> None:
    found = held(release.cluster.kubectl)
    release.install(before.chart)
    release.install(CHART)
    release.test()
    added = held(release.cluster.kubectl) - found
    record_property("objects", len(added))

    release.uninstall()
    topics = sorted(one for one in added if one.kind == "KafkaTopic.kafka.strimzi.io")
    assert left_over(release.cluster.kubectl, found, but=len(topics)) == topics
    record_property("topics kept", len(topics))

    release.delete_topics()
    assert len(added) > 20
    assert left_over(release.cluster.kubectl, found) == []


def test_who_administers_only_the_namespace_may_install_and_uninstall_it(cluster: Cluster, place: str) -> None:
    """With nothing but Kubernetes' own kinds; an operator's kinds are as open as its ClusterRoles say."""
    grant = ("rolebinding", "anna", "--clusterrole=admin", "--user=anna", "--namespace", place)
    cluster.kubectl.run("create", *grant)
    release = Release(cluster, place, (CHART / "values/local.yaml",), user="anna")

    release.install(CHART, "networkPolicy.enabled=true", "podDisruptionBudget.enabled=true")
    assert {one["kind"] for one in release.installed()} >= {"NetworkPolicy", "PodDisruptionBudget", "Deployment"}
    release.test()
    release.uninstall()
