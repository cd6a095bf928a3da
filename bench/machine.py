"""The machine, and how much of it each process uses."""

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
NAMED = ("aiohttp", "aiokafka", "authlib", "faststream", "hvac", "joserfc", "pydantic", "starlette", "uvicorn")


def facts() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "packages": {name: version(name) for name in NAMED},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int | str = "self") -> tuple[float, float]:
    """Resident memory now, and the most so far."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(lines["VmRSS"].split()[0]) / 1024, int(lines["VmHWM"].split()[0]) / 1024


@dataclass
class Usage:
    """Cores used by named processes between `start` and `stop`."""

    pids: Mapping[str, int]
    _began: float = 0.0
    _before: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Begin to count."""
        self._began, self._before = time.perf_counter(), {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def stop(self) -> dict[str, float]:
        """Cores per process, the busiest first, and what was idle of the machine."""
        seconds = time.perf_counter() - self._began
        used = {name: (cpu_seconds(pid) - self._before[name]) / seconds for name, pid in self.pids.items()}
        return {name: round(cores, 3) for name, cores in sorted(used.items(), key=lambda item: -item[1])}


class Others:
    """What the rest of the machine uses meanwhile: noise in the figures. Counts processes that are not ours."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._busy = _busy_seconds()
        self._ours = _our_seconds()

    def cores(self) -> float:
        """Cores used by others since the beginning."""
        seconds = time.perf_counter() - self._began
        return max(0.0, (_busy_seconds() - self._busy - (_our_seconds() - self._ours)) / seconds)


def _busy_seconds() -> float:
    user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq) / TICKS


def _our_seconds() -> float:
    """Ours, and that of our children as far as they have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
