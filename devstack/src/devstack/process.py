"""A child process that we start, watch and stop: an engine, or one of our own services."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

POLL_SECONDS = 0.02


class ProcessFailed(Exception):
    """A process was not ready in time; the text shows the tail of its log."""


class ProcessEnded(ProcessFailed):
    """A process ended before it was ready."""


@dataclass
class Process:
    """One child in a session of its own: Ctrl-C in the terminal reaches us alone, and it is we who stop the child.

    `env` is its whole environment, None inherits ours. Output is appended to `log_path`; with `log_stdout` false only
    stderr is. After it ended it may be started again with the same arguments.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None
    log_path: Path
    log_stdout: bool = True
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _guard: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                self.argv,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log if self.log_stdout else subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._guard = _guard(self._child.pid)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def returncode(self) -> int | None:
        """The exit code, -N after signal N, None while it runs and before it was started."""
        code = self._child.poll() if self._child else None
        if code is not None:
            self._dismiss_guard()  # from now on the number of the process may belong to another
        return code

    @property
    def running(self) -> bool:
        return self._child is not None and self.returncode is None

    def wait_ready(self, ready: Callable[[], bool], within: timedelta) -> None:
        """Return once `ready()` is true; when it ends first, time is up or we are interrupted, kill it and raise."""
        try:
            self._wait_ready(ready, time.monotonic() + within.total_seconds())
        except BaseException:
            self.kill()
            raise

    def stop(self, grace: timedelta = timedelta(seconds=10)) -> None:
        """Ask it to end (SIGTERM); kill it when it has not after `grace`."""
        self._signal(signal.SIGTERM)
        try:
            self._wait(grace.total_seconds())
        finally:
            self.kill()

    def kill(self) -> None:
        """End it and its own children at once (SIGKILL)."""
        self._signal(signal.SIGKILL)
        self._wait(None)

    def tail(self, lines: int = 20) -> str:
        """The end of the log and where it is, for an error message."""
        if not self.log_path.exists():
            return f"(nothing was written to {self.log_path})"
        last = self.log_path.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join([f"The end of {self.log_path}:", *last])

    def _wait_ready(self, ready: Callable[[], bool], deadline: float) -> None:
        while self.running:
            if ready():
                return
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{self.name} did not become ready in time. {self.tail()}")
            time.sleep(POLL_SECONDS)
        raise ProcessEnded(f"{self.name} ended with code {self.returncode} before it was ready. {self.tail()}")

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None and self.running:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)

    def _wait(self, seconds: float | None) -> None:
        if self._child is not None:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(seconds)
                self._dismiss_guard()

    def _dismiss_guard(self) -> None:
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None


def _guard(group: int) -> subprocess.Popen[bytes]:
    """A shell that outlives us: however we end, its input closes, and it kills the group; so nothing is orphaned."""
    script = f"read -r _; kill -KILL -{group} 2>/dev/null"
    return subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True)
