"""What a scanner for insecure manifests (checkov) finds is either mended or explained here."""

import json
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.k8s.checks.conftest import CASES
from deploy.k8s.checks.helm import CHART, Helm4

Found = set[tuple[str, str]]
CHECKOV = Path(sys.executable).parent / "checkov"
SECONDS = 300


@dataclass(frozen=True)
class Accepted:
    """A finding that stays, where, and why."""

    check: str
    where: str  # example/kind/name, with * for anything
    why: str


ACCEPTED = [
    Accepted("CKV_K8S_43", "*/*/*", "the digest is the operator's choice: test_every_image_can_be_pinned_by_digest"),
    Accepted("CKV_K8S_15", "*/*/*", "a release's tag never moves, and pods must start while the registry is down"),
    Accepted("CKV_K8S_8", "*/Pod/bridge-doctor", "`helm test` runs once and ends: nothing keeps it alive"),
    Accepted("CKV_K8S_9", "*/Pod/bridge-doctor", "`helm test` runs once and ends: nobody waits until it is ready"),
    Accepted("CKV_K8S_40", "openshift/*/*", "OpenShift gives each namespace user ids of its own, all of them high"),
]

BAD = "a-bad-example"
BAD_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "n"},
    "spec": {"containers": [{"name": "c", "image": "x:latest", "securityContext": {"privileged": True}}]},
}


def scanned(manifests: Path) -> dict[str, Any]:
    """What checkov says of a folder; it asks nobody outside."""
    command: list[str | Path] = [
        CHECKOV,
        "--directory",
        manifests,
        "--framework",
        "kubernetes",
        "--skip-download",
        "--quiet",
        "--compact",
    ]
    done = subprocess.run([*command, "--output", "json"], capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.stdout.startswith("{"), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["skipped"] == 0, "no manifest says what is not to be looked at"
    return report


def findings(report: dict[str, Any]) -> Found:
    """Each failed check, and where: example/kind/name."""
    return {(one["check_id"], _place(one)) for one in report["results"]["failed_checks"]}


def _place(failed: dict[str, Any]) -> str:
    kind, _, name = failed["resource"].split(".", 2)
    return f"{Path(failed['file_path']).stem}/{kind}/{name}"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("manifests")
    for name, values in CASES.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(Helm4().render(CHART, values).objects))
    (folder / f"{BAD}.yaml").write_text(yaml.safe_dump(BAD_POD))
    return scanned(folder)


@pytest.fixture(scope="module")
def found(report: dict[str, Any]) -> Found:
    return {(check, where) for check, where in findings(report) if not where.startswith(BAD)}


def test_the_scanner_looks_at_every_example_and_finds_what_is_wrong(report: dict[str, Any]) -> None:
    seen = {where.partition("/")[0] for _, where in findings(report)}

    assert seen == {*CASES, BAD}, "each example has images by tag, so something is found in each"
    assert ("CKV_K8S_16", f"{BAD}/Pod/p") in findings(report), "a privileged container"
    assert report["summary"]["passed"] > 1000


def test_every_finding_is_explained(found: Found) -> None:
    assert found - {one for one in found for accepted in ACCEPTED if is_about(accepted, one)} == set()


def test_every_explanation_is_still_needed(found: Found) -> None:
    assert [one.check for one in ACCEPTED if not any(is_about(one, finding) for finding in found)] == []


def is_about(accepted: Accepted, found: tuple[str, str]) -> bool:
    """Whether an explanation is one of this finding."""
    check, where = found
    return check == accepted.check and fnmatch(where, accepted.where)
