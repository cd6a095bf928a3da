"""The chart as it was before, to upgrade from."""

import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = "Chart.yaml"
RETIRED = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-retired
  namespace: {{ .Release.Namespace }}
"""
"""An object that the next version no longer has."""


@dataclass(frozen=True)
class Previous:
    """A chart's directory, its version, and in a sentence where it comes from."""

    chart: Path
    version: str
    origin: str


def previous(chart: Path, into: Path) -> Previous:
    """The chart with the version before this one, from the repository's history; a made-up one where there is none."""
    now = _version((chart / FILE).read_text())
    for commit in _commits(chart / FILE):
        shown = _git("show", f"{commit}:{chart / FILE}").decode()
        if _version(shown) != now:
            with tarfile.open(fileobj=io.BytesIO(_git("archive", commit, str(chart)))) as kept:
                kept.extractall(into, filter="data")
            return Previous(into / chart, _version(shown), f"version {_version(shown)} of commit {commit[:10]}")
    return _made_up(chart, into, now)


def _made_up(chart: Path, into: Path, now: str) -> Previous:
    """A copy that says it is older, its application too (which changes images and labels), with an object more."""
    copy = into / chart.name
    shutil.copytree(chart, copy)
    told = yaml.safe_load((copy / FILE).read_text()) | {"version": "0.0.1", "appVersion": "0.0.1"}
    (copy / FILE).write_text(yaml.safe_dump(told))
    (copy / "templates/retired.yaml").write_text(RETIRED)
    return Previous(copy, "0.0.1", f"no release precedes {now}: a copy of it that calls itself 0.0.1")


def _version(text: str) -> str:
    version: str = yaml.safe_load(text)["version"]
    return version


def _commits(file: Path) -> list[str]:
    """Those that changed it, the latest first; none where the repository's history is not at hand."""
    try:
        return _git("log", "--format=%H", "--", str(file)).decode().split()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return []


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], check=True, capture_output=True).stdout
