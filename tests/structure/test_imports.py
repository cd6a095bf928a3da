"""Who may import whom, and what importing may not do."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {
    "contracts": ROOT / "contracts/src/contracts",
    "chassis": ROOT / "chassis/src/chassis",
    "bot_gateway": ROOT / "services/bot-gateway/src/bot_gateway",
    "tenant_registry": ROOT / "services/tenant-registry/src/tenant_registry",
    "jira_actor": ROOT / "services/jira-actor/src/jira_actor",
    "key_vault": ROOT / "services/key-vault/src/key_vault",
    "devstack": ROOT / "devstack/src/devstack",
    "bridge": ROOT / "bridge/src/bridge",
}
SERVICES = ("bot_gateway", "tenant_registry", "jira_actor", "key_vault")
MAY_IMPORT = {
    "contracts": set(),
    "chassis": {"contracts"},
    **{service: {"contracts", "chassis"} for service in SERVICES},
    "devstack": {"contracts"},
    "bridge": {"contracts", "chassis", "devstack"},
}
ONE_FILE = {  # a library with a successor stays behind one file, so that changing is an import
    ("motor", "tenant_registry"),
    ("httpx", "jira_actor"),
    ("httpx", "bot_gateway"),
    ("httpx", "chassis"),
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("package", SOURCES)
def test_a_package_imports_only_itself_and_what_it_may(package: str) -> None:
    for path in SOURCES[package].rglob("*.py"):
        ours = {name.split(".")[0] for name in imported(path)} & set(SOURCES)
        assert ours <= MAY_IMPORT[package] | {package}, path


@pytest.mark.parametrize("service", SERVICES)
def test_decisions_are_pure(service: str) -> None:
    path = SOURCES[service] / "decide.py"
    impure = {"asyncio", "time", "random", "secrets", "socket", "os", "logging"}

    for name in imported(path):
        top = name.split(".")[0]
        assert top in {"contracts", service} or top in sys.stdlib_module_names - impure, f"{path} imports {name}"
    assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(ast.parse(path.read_text())))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files(service: str) -> None:
    for name in ("settings.py", "decide.py", "app.py", "__main__.py"):
        assert (SOURCES[service] / name).exists()
    assert (SOURCES[service] / "handlers.py").exists() or (SOURCES[service] / "handlers").is_dir()


@pytest.mark.parametrize(("library", "service"), sorted(ONE_FILE))
def test_a_library_with_a_successor_stands_in_one_file(library: str, service: str) -> None:
    users = [path for path in SOURCES[service].rglob("*.py") if any(n.split(".")[0] == library for n in imported(path))]

    assert len(users) == 1, users


@pytest.mark.parametrize("package", SOURCES)
def test_importing_has_no_effect_on_the_environment_or_the_screen(package: str) -> None:
    modules = [
        ".".join((package, *path.relative_to(SOURCES[package]).with_suffix("").parts)).removesuffix(".__init__")
        for path in sorted(SOURCES[package].rglob("*.py"))
        if path.name != "__main__.py"
    ]
    script = (
        "import importlib, logging, os, threading\n"
        "before = (dict(os.environ), logging.getLogger().handlers[:], threading.active_count())\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "assert before == (dict(os.environ), logging.getLogger().handlers[:], threading.active_count())\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
