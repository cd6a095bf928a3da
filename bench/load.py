"""A closed loop of HTTP requests: so many clients, each sends its next request when it has the last answer."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.web import Connection

WARM_UP = 0.5


@dataclass
class Load:
    """What came of it."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Requests that were answered well, per second."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300) / self.seconds


async def drive(
    port: int, clients: int, seconds: float, request: Callable[[], bytes], warm_up: float = WARM_UP
) -> Load:
    """Run the loop for so many seconds after a warm-up."""
    load = Load()
    begins = time.perf_counter() + warm_up
    ends = begins + seconds

    async def client() -> None:
        connection = await Connection.to(port)
        while (now := time.perf_counter()) < ends:
            status, _ = await connection.send(request())
            if now >= begins:
                load.statuses[status] += 1
                load.took.append(time.perf_counter() - now)
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    load.seconds = time.perf_counter() - begins
    return load
