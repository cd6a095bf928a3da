"""What Bridge is measured against lives in build/bench-venv, made from bench/requirements.lock when needed."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
VENV = ROOT / "build" / "bench-venv"
LOCK = HERE / "requirements.lock"
PYTHON = VENV / "bin" / "python"


class Failed(Exception):
    """A process of the bench did not do its work; the text ends with what it said."""


async def prepare() -> None:
    """Make the environment unless it is there and of this lock."""
    mark = VENV / ".lock"
    if mark.exists() and mark.read_bytes() == LOCK.read_bytes():
        return
    uv = str(Path(sys.executable).parent / "uv")
    await said([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
    await said([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON), str(LOCK)])
    mark.write_bytes(LOCK.read_bytes())


def versions(*names: str) -> list[str]:
    """Name and version of packages there, as the lock has them."""
    pinned = dict(
        line.split(" ")[0].split("==") for line in LOCK.read_text().splitlines() if "==" in line and line[0].isalnum()
    )
    return [f"{name} {pinned[name]}" for name in names]


def script(name: str) -> str:
    """The path of a script that runs there."""
    return str(HERE / "rivals" / name)


async def said(argv: list[str], given: bytes = b"") -> str:
    """Run a process to its end; give what it printed."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)
    out, err = await child.communicate(given)
    if child.returncode:
        raise Failed(f"{argv[:3]} ended with {child.returncode}: {err.decode(errors='replace')[-2000:]}")
    return out.decode()


async def measured(argv: list[str], given: bytes = b"") -> dict[str, Any]:
    """Run a measuring process, whose last line is JSON."""
    found: dict[str, Any] = json.loads((await said(argv, given)).strip().splitlines()[-1])
    return found
