"""Two versions of Bridge, each a tree with a virtual environment of its own: the previous one comes out of Git."""

import json
import os
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from contracts.topics import SERVICES

ROOT = Path(__file__).parents[1]
PREVIOUS = ROOT / "deploy/previous"
"""Names a revision of this repository: the version that people run today."""
OURS = ("contracts", "chassis", *(service.replace("-", "_") for service in SERVICES))
OF_THE_OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "VIRTUAL_ENV")
WHERE = "import importlib, json, sys; print(json.dumps([importlib.import_module(n).__file__ for n in sys.argv[1:]]))"


class NoSuchVersion(Exception):
    """A version cannot be had; the text says what to do."""


@dataclass(frozen=True)
class Version:
    """One version of Bridge: `name` is `old` or `new`, `revision` is Git's name for it."""

    name: str
    revision: str
    tree: Path

    @property
    def python(self) -> Path:
        return self.tree / ".venv/bin/python"

    def environment(self) -> dict[str, str]:
        """What makes a process find this version's programs and modules, and no others."""
        venv = self.tree / ".venv"
        return {"VIRTUAL_ENV": str(venv), "PATH": f"{venv}/bin{os.pathsep}{os.defpath}", "PYTHONSAFEPATH": "1"}

    def run(self, argv: Sequence[str | Path], more: Mapping[str, str] | None = None) -> str:
        """Run one of this version's programs to its end and give what it printed; raises NoSuchVersion."""
        env = {**self.environment(), **(more or {})}
        return _output([self.tree / ".venv/bin" / argv[0], *argv[1:]], env, self.tree)

    def run_python(self, code: str, *arguments: str) -> Any:
        """Run Python code with this version's modules; gives the JSON that it prints; raises NoSuchVersion."""
        return json.loads(self.run(["python", "-c", code, *arguments]))

    def check(self) -> None:
        """Raise NoSuchVersion unless this version's Python imports this version's modules."""
        if not self.python.exists():
            raise NoSuchVersion(f"{self.tree} has no virtual environment: run `make setup` there.")
        foreign = [path for path in self.run_python(WHERE, *OURS) if not Path(path).is_relative_to(self.tree)]
        if foreign:
            raise NoSuchVersion(f"The {self.name} version would import {foreign[0]}, which is not below {self.tree}.")


def present(tree: Path) -> Version:
    """The version that is to be rolled out: a tree as it stands."""
    resolved = tree.resolve()
    version = Version("new", _described(resolved), resolved)
    version.check()
    return version


def previous(revision: str | None, directory: Path) -> Version:
    """The version of a revision, by default the recorded one, exported and made ready below `directory` (once).

    Raises NoSuchVersion.
    """
    commit = resolved(revision or recorded())
    tree = directory.resolve() / commit[:12]
    if not tree.exists():
        exported(commit, tree)
    version = Version("old", commit, tree)
    if not (tree / ".venv/.ready").exists():
        outer = {name: value for name, value in os.environ.items() if name not in OF_THE_OUTER_MAKE}
        _output(["make", "--no-print-directory", "setup"], outer, tree)
    version.check()
    return version


def recorded() -> str:
    """The revision that `deploy/previous` names; raises NoSuchVersion."""
    if not PREVIOUS.exists() or not (revision := PREVIOUS.read_text().strip()):
        raise NoSuchVersion("deploy/previous must name the revision that is in use today: a tag or a commit.")
    return revision


def resolved(revision: str) -> str:
    """The full name of a revision's commit; raises NoSuchVersion."""
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
    except NoSuchVersion:
        how = _how_to_get_it()
        raise NoSuchVersion(
            f"The previous version {revision!r} is not in this repository. {how}, or name another with --previous."
        ) from None


def exported(commit: str, tree: Path, *paths: str) -> None:
    """Write the files of a commit (below `paths`, by default all) to a directory that is not there yet."""
    part = tree.with_name(f"{tree.name}.part")
    archive = _git("archive", "--format=tar", commit, *paths)
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(part, filter="data")
    part.rename(tree)


def _how_to_get_it() -> str:
    if not (ROOT / ".git").exists():
        return "This tree is not a clone: make one with `git clone`"
    if _git("rev-parse", "--is-shallow-repository").strip() == b"true":
        return "This clone is shallow: run `git fetch --unshallow --tags`"
    return "Run `git fetch --tags origin`"


def _described(tree: Path) -> str:
    try:
        return _git("describe", "--always", "--abbrev=40", "--dirty", tree=tree).decode().strip()
    except NoSuchVersion:
        return "not in Git"


def _git(*arguments: str, tree: Path = ROOT) -> bytes:
    done = subprocess.run(["git", "-C", str(tree), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise NoSuchVersion(f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _output(argv: Sequence[str | Path], env: Mapping[str, str], directory: Path) -> str:
    done = subprocess.run(argv, env=env, cwd=directory, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise NoSuchVersion(f"{Path(argv[0]).name} {argv[1]} in {directory} ended with {done.returncode}.\n{said}")
    return done.stdout
