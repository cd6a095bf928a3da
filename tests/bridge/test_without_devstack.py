"""The command where no engines and stand-ins are installed, as in its image."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bridge

WITHOUT = "import sys; sys.modules['devstack'] = None; from bridge.main import app; app({words})"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process that finds no devstack."""
    script = WITHOUT.format(words=list(words))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)


def test_the_demo_says_where_it_can_be_had() -> None:
    ended = run("demo")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Run `make demo` in Bridge's source tree" in " ".join(ended.stderr.split())


@pytest.mark.parametrize("words", [("--help",), ("demo", "--help"), ("vault", "policy")])
def test_all_else_works(words: tuple[str, ...]) -> None:
    ended = run(*words)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_only_the_demo_loads_the_devstack() -> None:
    source = Path(bridge.__file__).parent
    users = {
        path.relative_to(source).parts[0]
        for path in source.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("devstack")
    }

    assert users == {"demo"}
