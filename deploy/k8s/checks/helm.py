"""Helm 3, a command, and Helm 4, a library, behind one small interface."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import helm_python
from deploy.k8s.checks.rendered import Rendered, objects_in

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "deploy/k8s/chart"
PROFILES = sorted((CHART / "values").glob("*.yaml"))
HELM3 = ROOT / "build/bin/helm3"
RELEASE, NAMESPACE = "bridge", "bridge"
NEWEST = "1.37.0"
"""The Kubernetes version that Helm 3 pretends to speak to; Helm 4 takes that of its own client library."""


@dataclass(frozen=True)
class Values:
    """What a user gives to Helm: files, and on top of them single values."""

    files: tuple[Path, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


class RefusedError(Exception):
    """Helm did not take the values; the text is what a user would read."""


class Helm(Protocol):
    """What these checks need of a Helm."""

    @property
    def version(self) -> str:
        """Such as v4.2.3."""

    def complaints(self, chart: Path, values: Values) -> list[str]:
        """What `helm lint --strict` has against the chart: errors and warnings."""

    def render(self, chart: Path, values: Values, name: str = RELEASE) -> Rendered:
        """What `helm install` would apply, tests included; raises RefusedError."""


class Helm3:
    """The command that `make chart` builds from the Go module; it touches neither a cluster nor the home directory."""

    def __init__(self, command: Path) -> None:
        self._command = command

    @property
    def version(self) -> str:
        """Such as v3.22.0."""
        return self._run(["version", "--template", "{{.Version}}"]).stdout.strip()

    def complaints(self, chart: Path, values: Values) -> list[str]:
        """What `helm lint --strict` has against the chart: errors and warnings."""
        said = self._with_values(["lint", "--strict", "--kube-version", NEWEST, str(chart)], values)
        return [line for line in (said.stdout + said.stderr).splitlines() if line.startswith(("[WARN", "[ERROR"))]

    def render(self, chart: Path, values: Values, name: str = RELEASE) -> Rendered:
        """What `helm install` would apply, tests included; raises RefusedError."""
        asked = ["template", name, str(chart), "--namespace", NAMESPACE, "--kube-version", NEWEST]
        said = self._with_values(asked, values)
        if said.returncode:
            raise RefusedError(said.stderr)
        return Rendered(tuple(objects_in(said.stdout)))

    def _with_values(self, command: list[str], values: Values) -> subprocess.CompletedProcess[str]:
        files = [part for file in values.files for part in ("--values", str(file))]
        return self._run([*command, *files, "--values", "-"], json.dumps(dict(values.more)))

    def _run(self, arguments: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory(prefix="bridge-helm-") as home:
            return subprocess.run(
                [str(self._command), *arguments],
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
                env={"HOME": home, "PATH": os.environ["PATH"], "KUBECONFIG": "/dev/null"},
            )


class Helm4:
    """Helm 4's own code, called in this process through its C interface."""

    @property
    def version(self) -> str:
        """Such as v4.2.3."""
        version: str = helm_python.helm_sdk_version()
        return version

    def complaints(self, chart: Path, values: Values) -> list[str]:
        """What `helm lint --strict` has against the chart: errors and warnings."""
        report = helm_python.lint(chart, _merged(values), strict=True, namespace=NAMESPACE, kube_version=f"v{NEWEST}")
        return [f"{said['path']}: {said['error']}" for said in report["messages"] if said["severity"] >= 2]

    def render(self, chart: Path, values: Values, name: str = RELEASE) -> Rendered:
        """What `helm install` would apply, tests included; raises RefusedError."""
        try:
            with helm_python.Chart.load(chart) as loaded:
                files = loaded.render(_merged(values), name=name, namespace=NAMESPACE)
        except helm_python.HelmError as error:
            raise RefusedError(str(error)) from error
        manifests = {name: text for name, text in files.items() if name.endswith((".yaml", ".yml"))}
        notes = "".join(text for name, text in files.items() if name.endswith("NOTES.txt"))
        return Rendered(tuple(one for text in manifests.values() for one in objects_in(text)), notes)


def _merged(values: Values) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for file in values.files:
        merged = laid_over(merged, helm_python.values_from_yaml(file.read_text()))
    return laid_over(merged, values.more)


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Values with others on top of them, as Helm merges them."""
    both = dict(below)
    for key, value in above.items():
        under = below.get(key)
        both[key] = laid_over(under, value) if isinstance(value, Mapping) and isinstance(under, Mapping) else value
    return both
