"""Teams' limits for one conversation: so many messages in so much time, in several windows at once."""

import math
from collections import deque
from collections.abc import Sequence

from chassis.bounded import Recent

PER_THREAD = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
"""Messages, seconds: "per bot per thread", sending (Teams documentation, rate-limit)."""


class Windows:
    """When what was sent to one conversation; sliding, so that no window of a given length holds too many."""

    def __init__(self, limits: Sequence[tuple[int, float]]) -> None:
        self._limits = limits
        self._sent: deque[float] = deque(maxlen=max(count for count, _ in limits))

    def reserve(self, now: float, longest: float = math.inf) -> float:
        """Take the next free instant unless it is more than `longest` seconds away; give the seconds until then."""
        at = max(now, self._sent[-1]) if self._sent else now
        for count, seconds in self._limits:
            if len(self._sent) >= count:
                at = max(at, self._sent[-count] + seconds)
        if at - now <= longest:
            self._sent.append(at)
        return at - now


class Throttle:
    """The windows of all conversations used lately."""

    def __init__(self, limits: Sequence[tuple[int, float]] = PER_THREAD, conversations: int = 5000) -> None:
        self._limits = limits
        self._windows: Recent[str, Windows] = Recent(conversations)

    def reserve(self, conversation: str, now: float, longest: float) -> float:
        """Give the seconds to wait before sending; where they are more than `longest`, nothing is reserved."""
        windows = self._windows.get(conversation)
        if windows is None:
            windows = Windows(self._limits)
            self._windows.put(conversation, windows)
        return windows.reserve(now, longest)
