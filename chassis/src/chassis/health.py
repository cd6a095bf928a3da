"""`/livez`, `/readyz` and `/metrics`, on a port of their own."""

from collections.abc import Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.metrics import Metrics

Check = Callable[[], bool]


def health_app(alive: Check, ready: Mapping[str, Check], metrics: Metrics) -> Starlette:
    """Liveness is our own progress; readiness names what is missing and never fails liveness."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"alive": True}) if alive() else JSONResponse({"alive": False}, 503)

    async def readyz(_: Request) -> Response:
        missing = sorted(name for name, check in ready.items() if not check())
        return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)

    async def numbers(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", numbers)])
