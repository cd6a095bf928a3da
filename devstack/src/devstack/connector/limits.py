"""The Connector's documented rate limits: per bot, per conversation, per kind of call."""

import time
from collections import defaultdict, deque
from collections.abc import Callable

WRITING = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
READING = ((14, 1.0), (16, 2.0), (120, 30.0), (3600, 3600.0))
WINDOWS = {"send": WRITING, "create": WRITING, "members": READING}


class Limits:
    """Sliding windows over the calls that were let through; `enforced` switches them off."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self.enforced = True

    def wait(self, operation: str, thread: str) -> float:
        """Count this call and answer 0.0, or answer in how many seconds it may come again."""
        windows = WINDOWS.get(operation)
        if windows is None or not self.enforced:
            return 0.0
        calls, now = self._calls[operation, thread], self._clock()
        while calls and calls[0] <= now - windows[-1][1]:
            calls.popleft()
        wait = max(_wait(calls, now, allowed, seconds) for allowed, seconds in windows)
        if wait == 0.0:
            calls.append(now)
        return wait


def _wait(calls: deque[float], now: float, allowed: int, seconds: float) -> float:
    """How long until fewer than `allowed` calls lie within the last `seconds`."""
    if len(calls) < allowed:
        return 0.0
    return max(0.0, calls[-allowed] + seconds - now)
