"""Counting what an HTTP edge answers: by class of status, never by path, which callers choose."""

from functools import cache

from starlette.types import ASGIApp, Scope

from chassis.edge_answers import HeardEdge
from chassis.metrics import Metrics


def counted_edge(app: ASGIApp, metrics: Metrics) -> HeardEdge:
    """Give an ASGI app around this one."""
    requests = cache(metrics.http_requests.labels)

    def heard(_: Scope, status: int, seconds: float) -> None:
        requests(f"{status // 100}xx").inc()
        metrics.http_seconds.observe(seconds)

    return HeardEdge(app, heard)
