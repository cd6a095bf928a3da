"""Which Helm runs, and what the tests are given."""

import os
import shutil
from pathlib import Path

import pytest
from deploy.k8s.checks.helm import CHART, HELM3, PROFILES, Helm, Helm3, Helm4, Values
from deploy.k8s.checks.kustomize import KUBECTL
from deploy.k8s.checks.releases import EVERYTHING
from deploy.k8s.checks.rendered import Rendered

NO_HELM3 = "Helm 3 was not run: " + (
    "there is no build/bin/helm3, which `make chart` builds"
    if shutil.which("go")
    else "`make chart` builds it with Go, and Go is not installed"
)
NO_KUBECTL = "the overlays were not built: kubectl is not installed"


def pytest_report_header() -> list[str]:
    """Say what runs here, and what does not and why."""
    helm3 = f"Helm 3: {Helm3(HELM3).version}, {HELM3}" if HELM3.exists() else f"SKIPPED: {NO_HELM3}"
    kubectl = f"kubectl: {KUBECTL}" if KUBECTL else f"SKIPPED: {NO_KUBECTL}"
    return [f"Helm 4: {Helm4().version}, as a library", helm3, kubectl]


def pytest_sessionstart() -> None:
    """On CI nothing may be left out."""
    missing = [why for why, there in ((NO_HELM3, HELM3.exists()), (NO_KUBECTL, KUBECTL)) if not there]
    if missing and os.environ.get("CI"):
        pytest.exit("; ".join(missing) + ". CI needs both.", returncode=1)


@pytest.fixture(scope="session")
def helm3() -> Helm3:
    """Helm 3, where Go is."""
    if not HELM3.exists():
        pytest.skip(NO_HELM3)
    return Helm3(HELM3)


@pytest.fixture(scope="session", params=["Helm 3", "Helm 4"])
def helm(request: pytest.FixtureRequest) -> Helm:
    """Each Helm in turn."""
    return Helm4() if request.param == "Helm 4" else request.getfixturevalue("helm3")


@pytest.fixture(scope="session", params=PROFILES, ids=lambda profile: profile.stem)
def profile(request: pytest.FixtureRequest) -> Path:
    """Each example of values in turn."""
    example: Path = request.param
    return example


CASES = {**{profile.stem: Values((profile,)) for profile in PROFILES}, "everything": Values(more=EVERYTHING)}


@pytest.fixture(scope="session", params=CASES)
def release(request: pytest.FixtureRequest) -> Rendered:
    """What Helm 4 renders with each example in turn, and with all that can be switched on."""
    return Helm4().render(CHART, CASES[request.param])
