"""The chart renders, on both Helms, into objects that the four newest Kubernetes versions take."""

import re
from pathlib import Path
from typing import Any

import pytest
from deploy.k8s.checks import api_schemas
from deploy.k8s.checks.helm import CHART, NAMESPACE, PROFILES, Helm, Helm3, Helm4, Values
from deploy.k8s.checks.releases import EVERYTHING, MINIMAL, rendered
from deploy.k8s.checks.rendered import Rendered, name_of

READ_BY_ALL: dict[str, Any] = {"networkPolicy": {"monitoring": {"from": [{"namespaceSelector": {}}]}}}
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "Namespace", "CustomResourceDefinition"}


def test_there_is_an_example_for_each_way_to_run_it() -> None:
    assert {file.stem for file in PROFILES} >= {"local", "single-tenant", "multi-tenant", "openshift"}


def test_the_linter_has_nothing_against_an_example(helm: Helm, profile: Path) -> None:
    assert helm.complaints(CHART, Values((profile,))) == []


def test_both_helms_render_the_same_objects(helm3: Helm3, profile: Path) -> None:
    values = Values((profile,))

    assert helm3.render(CHART, values).by_name == Helm4().render(CHART, values).by_name


def test_both_helms_render_the_same_objects_with_everything_on(helm3: Helm3) -> None:
    values = Values(more=EVERYTHING)

    assert helm3.render(CHART, values).by_name == Helm4().render(CHART, values).by_name


@pytest.mark.parametrize("version", api_schemas.KUBERNETES)
def test_kubernetes_takes_every_object(release: Rendered, version: str) -> None:
    assert api_schemas.refused(release.objects, version) == {}


@pytest.mark.parametrize("version", api_schemas.KUBERNETES)
@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}}, id="HTTPRoutes"),
        pytest.param({"topicsJob": {"enabled": True}}, id="topics Job"),
        pytest.param({"monitoring": {"serviceMonitor": {"enabled": True}}, **READ_BY_ALL}, id="ServiceMonitor"),
        pytest.param({"networkPolicy": {"enabled": False}}, id="no policies"),
    ],
)
def test_kubernetes_takes_what_excludes_each_other_too(more: dict[str, object], version: str) -> None:
    assert api_schemas.refused(rendered(more).objects, version) == {}


def test_a_schema_is_not_blind() -> None:
    broken = dict(rendered().one("Deployment", "jira-actor"), replica=2)

    assert api_schemas.offences(broken, api_schemas.KUBERNETES[-1]) != []


def test_an_unknown_kind_is_an_error_and_no_silence() -> None:
    with pytest.raises(api_schemas.UnknownKindError, match="Deployment of extensions/v1beta1"):
        api_schemas.offences({"kind": "Deployment", "apiVersion": "extensions/v1beta1"}, api_schemas.KUBERNETES[-1])


def test_no_two_objects_have_the_same_name(release: Rendered) -> None:
    names = [(name_of(one), one["metadata"].get("namespace")) for one in release.objects]

    assert len(names) == len(set(names))


def test_every_object_says_its_namespace(release: Rendered) -> None:
    assert [name_of(one) for one in release.objects if "namespace" not in one["metadata"]] == []
    assert [one["kind"] for one in release.objects if one["kind"] in CLUSTER_WIDE] == [], "needs no cluster's rights"


def test_only_what_strimzi_reads_goes_into_another_namespace() -> None:
    foreign = [one for one in rendered(EVERYTHING).objects if one["metadata"]["namespace"] != NAMESPACE]

    assert {one["kind"] for one in foreign} == {"KafkaTopic"}


def test_the_notes_name_the_next_commands() -> None:
    notes = rendered().notes

    assert f"helm test bridge --namespace {NAMESPACE}" in re.sub(" -n ", " --namespace ", notes)
    assert MINIMAL["publicUrl"] in notes
