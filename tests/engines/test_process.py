import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from devstack.process import Process, ProcessEnded, ProcessFailed

SOON = timedelta(seconds=10)


def _python(directory: Path, code: str) -> Process:
    return Process("child", [sys.executable, "-u", "-c", code], None, directory / "logs" / "child.log")


def test_a_process_is_ready_when_the_question_says_so(tmp_path: Path) -> None:
    child = _python(tmp_path, "import time; print('up'); time.sleep(60)")
    child.start()

    child.wait_ready(lambda: "up" in child.tail(), SOON)

    assert child.running
    child.stop()
    assert (child.running, child.returncode) == (False, -signal.SIGTERM)


def test_the_error_of_a_process_that_ended_early_shows_what_it_said(tmp_path: Path) -> None:
    child = _python(tmp_path, "raise SystemExit('no port left')")
    child.start()

    with pytest.raises(ProcessEnded, match=r"child ended with code 1 [\s\S]*child\.log[\s\S]*no port left"):
        child.wait_ready(lambda: False, SOON)


def test_a_process_that_is_not_ready_in_time_is_ended(tmp_path: Path) -> None:
    child = _python(tmp_path, "import time; time.sleep(60)")
    child.start()

    with pytest.raises(ProcessFailed, match="not become ready"):
        child.wait_ready(lambda: False, timedelta(milliseconds=50))

    assert not child.running


def test_a_process_that_ignores_the_request_to_end_is_killed_after_the_grace(tmp_path: Path) -> None:
    child = _python(tmp_path, "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(60)")
    child.start()
    child.wait_ready(lambda: "deaf" in child.tail(), SOON)

    child.stop(timedelta(milliseconds=100))

    assert child.returncode == -signal.SIGKILL


def test_a_process_may_be_started_again(tmp_path: Path) -> None:
    child = _python(tmp_path, "import time; print('up'); time.sleep(60)")
    child.start()
    child.kill()
    child.start()

    assert child.running
    child.kill()


def test_a_process_that_was_never_started_can_be_stopped(tmp_path: Path) -> None:
    child = _python(tmp_path, "")
    child.stop()

    assert not child.running


def test_a_process_hears_nothing_of_our_terminal(tmp_path: Path) -> None:
    child = _python(tmp_path, "import time; time.sleep(60)")
    child.start()

    assert child.pid is not None
    assert os.getsid(child.pid) != os.getsid(0)
    child.kill()


def test_no_orphan_is_left_when_we_are_killed(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from devstack.process import Process
child = Process("child", ["sleep", "60"], None, Path({str(tmp_path / "log")!r}))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _alive(child)
        parent.kill()

    deadline = time.monotonic() + SOON.total_seconds()
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody has asked about yet does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")
