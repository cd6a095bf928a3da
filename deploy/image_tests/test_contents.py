"""What is in an image, and what is not."""

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from deploy.image_tests.engine import Image
from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
ENTRY = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>[^\\]+))?", re.MULTILINE)
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
OURS = {"bridge-contracts", "bridge-chassis", "bridge-cli", "bot-gateway", "tenant-registry", "jira-actor", "key-vault"}
MODULES = ("contracts", "chassis", "bridge", "bot_gateway", "tenant_registry", "jira_actor", "key_vault", "devstack")
IMPORTABLE = f"""
import importlib.util, json
print(json.dumps([module for module in {MODULES!r} if importlib.util.find_spec(module)]))
"""
INSTALLED = """
import importlib.metadata, json, re
found = {re.sub("[-_.]+", "-", one.name).lower(): one.version for one in importlib.metadata.distributions()}
print(json.dumps(found))
"""
FILES = """
import hashlib, json, pathlib, sys
package = next(pathlib.Path(place) / "{module}" for place in sys.path if (pathlib.Path(place) / "{module}").is_dir())
files = [path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"]
print(json.dumps({{str(path.relative_to(package)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}}))
"""
WITHOUT_BYTECODE = """
import importlib.util, json, pathlib, sys
files = [path for place in sys.path if place.endswith("site-packages") for path in pathlib.Path(place).rglob("*.py")]
print(json.dumps([str(path) for path in files if not pathlib.Path(importlib.util.cache_from_source(path)).exists()]))
"""


def member(image: Image) -> tuple[str, str, Path]:
    """Distribution, module and source of what the image is for."""
    if image.service == "cli":
        return "bridge-cli", "bridge", ROOT / "bridge/src/bridge"
    module = image.service.replace("-", "_")
    return image.service, module, ROOT / f"services/{image.service}/src/{module}"


def locked(image: Image) -> dict[str, str]:
    """What the lock of the image says, by name."""
    entries = ENTRY.finditer((ROOT / f"deploy/locks/{image.service}.lock").read_text())
    return {
        one["name"]: one["version"] for one in entries if one["marker"] is None or Marker(one["marker"]).evaluate(LINUX)
    }


def test_an_image_holds_what_its_lock_names_and_ours_and_nothing_else(image: Image) -> None:
    installed = image.python(INSTALLED)

    ours = {name: installed.pop(name, None) for name in installed.keys() & OURS}
    assert installed == locked(image)
    assert ours.keys() == {"bridge-contracts", "bridge-chassis", member(image)[0]}


def test_no_other_service_and_no_devstack_can_be_imported(image: Image) -> None:
    assert set(image.python(IMPORTABLE)) == {"contracts", "chassis", member(image)[1]}


def test_every_file_of_the_source_is_there_unchanged(image: Image) -> None:
    _, module, source = member(image)
    ours = {
        str(path.relative_to(source)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert image.python(FILES.format(module=module)) == ours


def test_all_bytecode_is_there_so_that_nothing_is_compiled_at_every_start(image: Image) -> None:
    assert image.python(WITHOUT_BYTECODE) == []


def test_the_bill_of_materials_lists_exactly_what_is_installed(image: Image) -> None:
    bill = json.loads((ROOT / f"build/sbom/{image.service}.cdx.json").read_text())
    format_ = "${Package} ${Version} ${Architecture}\n"
    debian = image.run("--show", "--showformat", format_, options=["--entrypoint", "dpkg-query"]).out.splitlines()
    others = [one for one in bill["components"] if not is_debians(one)]
    python = {canonicalize_name(one["name"]): one["version"] for one in others if one["type"] == "library"}

    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == member(image)[0]
    assert python | {member(image)[0]: VERSION} == image.python(INSTALLED)
    assert sorted(debian_line(one) for one in bill["components"] if is_debians(one)) == sorted(debian)
    assert len(debian) > 50
    assert [one["name"] for one in others if one["type"] != "library"] == ["cpython", "debian"]
    assert [one["name"] for one in others if one["type"] == "library" and not known_to_scanners(one)] == []
    assert image.python('print(open("/opt/bridge/sbom.cdx.json").read())') == bill


def is_debians(component: dict[str, Any]) -> bool:
    """Whether it is one of Debian's packages."""
    return str(component.get("purl")).startswith("pkg:deb/")


def debian_line(component: dict[str, Any]) -> str:
    """Give a component as dpkg-query says it, from what a scanner reads: its package URL."""
    found = re.fullmatch(r"pkg:deb/debian/([^@]+)@([^?]+)\?arch=(\w+)&distro=debian-12", component["purl"])
    assert found is not None, component["purl"]
    return " ".join(map(unquote, found.groups()))


def known_to_scanners(component: dict[str, Any]) -> bool:
    """Whether its package URL says what it is; ours are in no index."""
    purl = f"pkg:pypi/{canonicalize_name(component['name'])}@{component['version']}"
    return component["name"] in OURS or component["purl"] == purl


def test_an_image_says_what_it_is(image: Image) -> None:
    labels = image.config["Labels"]
    said = {
        name: labels.get(f"org.opencontainers.image.{name}", "")
        for name in ("title", "description", "version", "revision", "created", "licenses", "base.name")
    }

    assert (said["title"], said["licenses"], said["version"]) == (f"bridge/{image.service}", "Apache-2.0", VERSION)
    assert re.fullmatch(r"[0-9a-f]{40}(-changed)?", said["revision"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT.*", said["created"])
    assert "" not in said.values()


def test_an_image_runs_as_a_numeric_user_and_starts_without_a_shell(image: Image) -> None:
    module = member(image)[1]

    assert image.config["User"] == "65532:65532"
    assert image.config["Entrypoint"] == (["bridge"] if image.service == "cli" else ["python", "-m", module])


def test_any_other_user_of_the_root_group_may_run_it_too(image: Image) -> None:
    script = f"import {member(image)[1]}, os; open('view', 'w').close(); print(os.getuid())"

    assert image.python(script, "--user", "1000650000:0") == 1000650000  # as OpenShift chooses them


def test_nothing_is_imported_from_the_working_directory(image: Image) -> None:
    assert image.python("import json, sys; print(json.dumps('' in sys.path))") is False


@pytest.mark.parametrize("image", ["cli"], indirect=True)
def test_the_demo_is_asked_for_elsewhere(image: Image) -> None:
    ended = image.run("demo")

    assert (ended.code, ended.out) == (2, "")
    assert "make demo" in ended.err
    assert image.run("--help").code == 0
