"""Docker or Podman, as its command line shows it."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

HARDENED = (
    *("--rm", "--network", "host", "--user", "65532", "--read-only", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges", "--tmpfs", "/tmp:mode=1777", "--volume", "/var/lib/bridge"),  # noqa: S108 - in the container
)
"""How every container of the tests runs."""


@dataclass(frozen=True)
class Ended:
    """How a command in a container ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Image:
    """One of our images, and the engine that has it."""

    engine: str
    service: str
    name: str

    def argv(self, *options: str, command: Sequence[str] = ()) -> list[str]:
        """What runs it in the foreground, hardened."""
        return [self.engine, "run", *HARDENED, *options, self.name, *command]

    def run(self, *command: str, options: Sequence[str] = ()) -> Ended:
        """Run it to its end with these arguments."""
        return ended(self.argv(*options, command=command))

    def python(self, script: str, *options: str) -> Any:
        """Run a script with the image's Python; gives what it prints, read as JSON."""
        done = self.run("-c", script, options=["--entrypoint", "python", *options])
        assert done.code == 0, done.err
        return json.loads(done.out)

    @property
    def config(self) -> dict[str, Any]:
        """What the image says of itself: User, Entrypoint, Labels, Env."""
        return dict(self._inspected["Config"])

    @property
    def size(self) -> int:
        """Bytes, with all its layers."""
        return int(self._inspected["Size"])

    @property
    def _inspected(self) -> dict[str, Any]:
        found = ended([self.engine, "image", "inspect", self.name])
        assert found.code == 0, found.err
        return dict(json.loads(found.out)[0])


def engine_here() -> str | None:
    """Docker's or Podman's command, whichever answers; None when neither does."""
    for candidate in ("docker", "podman"):
        if shutil.which(candidate) and ended([candidate, "info"]).code == 0:
            return candidate
    return None


def remove(engine: str, container: str) -> None:
    """End and remove a container, if it is there."""
    ended([engine, "rm", "--force", container])


def ended(argv: Sequence[str]) -> Ended:
    """Run a command of the engine to its end."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 - our own words
    return Ended(done.returncode, done.stdout, done.stderr)
