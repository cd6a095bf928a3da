"""One service process: what it handles, what it looks at, what it serves, and how it starts and ends."""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import structlog
import uvicorn
import uvloop
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

from chassis import logs
from chassis.delivery import Delivery
from chassis.edge_metrics import counted_edge
from chassis.handling import Handler, Told
from chassis.health import Check, health_app
from chassis.http_protocol import HttpProtocol
from chassis.inbox import Inbox
from chassis.kafka import Kafka
from chassis.keys import Keys
from chassis.metrics import Metrics
from chassis.settings import ServiceSettings
from chassis.views import View
from contracts.event import Event
from contracts.keys import SealingKey

log = structlog.get_logger()
E = TypeVar("E", bound=Event)
STALLED_AFTER = timedelta(seconds=60)
COLLECTED_AFTER = (20_000, 10, 10)
"""When each generation of objects is looked through; Python's own: 700, 10, 10."""


class Server(uvicorn.Server):
    """uvicorn, without its own signal handling: the service decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the service."""
        yield


class Service:
    """What all services have; `app.py` adds handlers, views and HTTP edges, then it runs until it is told to stop."""

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        self.name = name
        self.settings = settings
        self.metrics = Metrics()
        loop = asyncio.get_running_loop()
        self.metrics.tasks.set_function(lambda: len(asyncio.all_tasks(loop)))
        self.kafka = Kafka(name, settings, self.metrics)
        self.ready: dict[str, Check] = {}
        """Readiness checks by the name of what would be missing."""
        self._delivery = Delivery(self.kafka, settings, self.metrics)
        self._views: list[View[Any]] = []
        self._inbox: Inbox | None = None
        self._edges: list[Server] = []
        self._serving: list[asyncio.Task[None]] = []
        self._background: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._started = False

    def on(self, kind: type[E], handler: Handler) -> None:
        """Handle events of this kind: event in, event, several or none out."""
        self._delivery.on(kind, handler)

    def tell(self, delayed: Told, given_up: Told) -> None:
        """Have something said when a message must wait longer, and when it is given up; None: nothing."""
        self._delivery.tell(delayed, given_up)

    def view(self, kind: type[E], found_by: Callable[[E], str] | None = None) -> View[E]:
        """Keep a local view of a compacted topic; handlers start once it is complete."""
        directory = self.settings.data_dir
        view = View(kind, found_by, directory / f"{self.name}.{kind.topic}.sqlite" if directory else None)
        self._views.append(view)
        self.ready[f"view of {kind.topic}"] = view.ready.is_set
        self.metrics.view_rows.labels(kind.topic).set_function(view.__len__)
        return view

    def keys(self) -> Keys:
        """Give key-vault as seen from here."""
        self._inbox = Inbox(self.kafka, self.settings.ask_timeout)
        self.ready["inbox"] = self._inbox.ready.is_set
        return Keys(self._inbox, self.view(SealingKey))

    def serve(self, app: Any, host: str, port: int) -> None:
        """Serve HTTP once handlers run."""
        self._edges.append(_server(counted_edge(app, self.metrics), host, port))

    def background(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run this beside the handlers; its end by an error ends the process."""
        self._background.append(work)

    def on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Call this at the very end, last registered first."""
        self._closing.append(close)

    async def run(self) -> None:
        """Start everything, work until SIGTERM or a failure, drain, stop. Raises what failed."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        self.ready["started"] = lambda: self._started and not stop.is_set()
        for what, check in self.ready.items():
            self.metrics.ready.labels(what).set_function(check)
        health = _server(
            health_app(self._alive, self.ready, self.metrics), self.settings.health_host, self.settings.health_port
        )
        health_task = asyncio.create_task(health.serve())
        work = asyncio.create_task(self._work())
        told = asyncio.create_task(stop.wait())
        try:
            ends: set[asyncio.Future[Any]] = {work, told, self.kafka.failed, health_task}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            if self.kafka.failed.done():
                self.kafka.failed.result()
        finally:
            log.info("stopping")
            told.cancel()
            await self._stop(work)
            health.should_exit = True
            await health_task
            log.info("stopped")

    async def _work(self) -> None:
        await self.kafka.start()
        self.metrics.kafka_reachable.set(1)
        async with asyncio.TaskGroup() as group:
            for view in self._views:
                await view.start(self.kafka)
                group.create_task(view.run())
            if self._inbox:
                await self._inbox.start()
                group.create_task(self._inbox.run())
            for view in self._views:
                await view.ready.wait()
            for work in self._background:
                group.create_task(work())
            self._serving = [group.create_task(edge.serve()) for edge in self._edges]
            if self._delivery.topics:
                await self._delivery.start()
                group.create_task(self._delivery.run())
            _collect_less()
            self._started = True
            log.info("started", topics=self._delivery.topics)

    async def _stop(self, work: asyncio.Task[None]) -> None:
        for edge in self._edges:
            edge.should_exit = True
        await asyncio.gather(self._delivery.stop(self.settings.drain), _ended(self._serving, self.settings.drain))
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        for view in self._views:
            await view.stop()
        if self._inbox:
            await self._inbox.stop()
        for close in reversed(self._closing):
            await close()
        await self.kafka.stop()

    def _alive(self) -> bool:
        """Progress, not a broker's ping: the reading loop came round lately, or has not begun."""
        return not self._started or time.monotonic() - self._delivery.last_poll < STALLED_AFTER.total_seconds()


def _collect_less() -> None:
    """Have the garbage collector leave alone what lives as long as the process, and look less often at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


async def _ended(tasks: list[asyncio.Task[None]], patience: timedelta) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=patience.total_seconds())


def _server(app: Any, host: str, port: int) -> Server:
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=HttpProtocol,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # who may speak for whom is decided at each edge
        )
    )


def main(name: str, settings: ServiceSettings, connect: Callable[[Service], Awaitable[None]]) -> None:
    """Run a service as a process: `connect` is its table of contents."""
    logs.configure(name, settings.log_level)
    trace.set_tracer_provider(TracerProvider(sampler=ParentBasedTraceIdRatio(settings.trace_sample)))

    async def run() -> None:
        service = Service(name, settings)
        await connect(service)
        await service.run()

    try:
        uvloop.run(run())
    except BaseExceptionGroup as group:
        log.error("failed", errors=[f"{type(error).__name__}: {error}" for error in group.exceptions])  # noqa: TRY400
        sys.exit(1)
