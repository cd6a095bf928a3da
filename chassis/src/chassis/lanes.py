"""Lanes: what has one key runs in order, different keys run at one time, within bounds."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable

Job = Callable[["Slots"], Awaitable[None]]


class Slots:
    """A place to work in, for one tenant: taken for each attempt, given back while waiting for the next."""

    def __init__(self, everyone: asyncio.Semaphore, tenant: asyncio.Semaphore) -> None:
        self.users = 0
        """Jobs that may take the place."""
        self._everyone = everyone
        self._tenant = tenant

    async def __aenter__(self) -> None:
        await self._tenant.acquire()
        try:
            await self._everyone.acquire()
        except asyncio.CancelledError:
            self._tenant.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._everyone.release()
        self._tenant.release()


class Lanes:
    """Runs jobs, one at a time per lane."""

    def __init__(self, limit: int, limit_per_tenant: int) -> None:
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Gets the exception of a job that failed: jobs handle their own failures, so that is a bug."""
        self._everyone = asyncio.Semaphore(limit)
        self._limit_per_tenant = limit_per_tenant
        self._tenants: dict[str, Slots] = {}
        self._waiting: dict[Hashable, deque[tuple[str, Job]]] = {}
        self._running: dict[Hashable, asyncio.Task[None]] = {}

    def add(self, lane: Hashable, tenant: str, job: Job) -> None:
        """Put a job at the end of its lane."""
        self._waiting.setdefault(lane, deque()).append((tenant, job))
        if lane not in self._running:
            task = self._running[lane] = asyncio.create_task(self._run(lane))
            task.add_done_callback(self._ended)

    def __len__(self) -> int:
        """Count the lanes that have work."""
        return len(self._running)

    async def drop(self, mine: Callable[[Hashable], bool], patience: float) -> None:
        """Forget what waits in these lanes, give what runs `patience` seconds to end, then cancel it."""
        lanes = [lane for lane in self._running if mine(lane)]
        for lane in lanes:
            self._waiting[lane].clear()
        tasks = [self._running[lane] for lane in lanes]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=patience)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _run(self, lane: Hashable) -> None:
        queue = self._waiting[lane]
        try:
            while queue:
                tenant, job = queue.popleft()
                slots = self._enter(tenant)
                try:
                    await job(slots)
                finally:
                    self._leave(tenant)
        finally:
            del self._running[lane], self._waiting[lane]

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) and not self.broken.done():
            self.broken.set_exception(error)

    def _enter(self, tenant: str) -> Slots:
        slots = self._tenants.get(tenant)
        if slots is None:
            slots = self._tenants[tenant] = Slots(self._everyone, asyncio.Semaphore(self._limit_per_tenant))
        slots.users += 1
        return slots

    def _leave(self, tenant: str) -> None:
        slots = self._tenants[tenant]
        slots.users -= 1
        if not slots.users:
            del self._tenants[tenant]
