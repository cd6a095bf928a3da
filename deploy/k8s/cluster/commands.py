"""kubectl and helm as people call them."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 180


class CommandRefused(Exception):
    """A command failed; the text is what it printed."""


@dataclass(frozen=True)
class Printed:
    """What a command printed; `said` (stderr) holds the API server's warnings."""

    out: str
    said: str


@dataclass(frozen=True)
class Command:
    """A program that acts on the cluster of this kubeconfig; `home` is where it may keep caches."""

    program: Path
    kubeconfig: Path
    home: Path

    def __call__(self, *arguments: str | Path, given: str | None = None) -> Printed:
        """Run it, with `given` on its input; raises CommandRefused unless it ends with 0."""
        argv = [str(self.program), *map(str, arguments)]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig)}
        ran = subprocess.run(argv, input=given, env=env, text=True, capture_output=True, timeout=TIMEOUT_SECONDS)
        if ran.returncode:
            raise CommandRefused(f"{' '.join(argv[1:])}: {ran.stderr}{ran.stdout}")
        return Printed(ran.stdout, ran.stderr)


@dataclass(frozen=True)
class Kubectl:
    """kubectl, and the few answers that tests ask it for as objects."""

    run: Command

    def apply(self, *objects: dict[str, Any]) -> Printed:
        """Apply these as the API server validates them: no unknown field, none given twice."""
        given = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        return self.run("apply", "--server-side", "--validate=strict", "-f", "-", given=given)

    def items(self, kinds: Sequence[str], *arguments: str) -> list[dict[str, Any]]:
        """All objects of these kinds (`pods`, `deployments.apps`), e.g. `"--namespace", "a"`."""
        found = self.run("get", ",".join(kinds), "--output=json", *arguments).out
        items: list[dict[str, Any]] = json.loads(found)["items"] if found else []
        return items

    def may(self, user: str, namespace: str) -> str:
        """The table of all that this user may do there."""
        return self.run("auth", "can-i", "--list", "--as", user, "--namespace", namespace, "--no-headers").out

    def server_version(self) -> str:
        version: str = json.loads(self.run("version", "--output=json").out)["serverVersion"]["gitVersion"]
        return version
