"""One log line per request: never its address as sent, which may hold a token, and never a query."""

import structlog
from starlette.types import ASGIApp, Scope

from chassis.edge_answers import HeardEdge

log = structlog.get_logger()


def logged(app: ASGIApp) -> HeardEdge:
    """Give an ASGI app around this one that logs method, route, status and time."""
    return HeardEdge(app, _log)


def _log(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "none")
    log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
