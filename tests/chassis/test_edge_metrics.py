"""What an HTTP edge answers is counted by class of status; paths, which callers choose, are no labels."""

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.edge_answers import HeardEdge
from chassis.edge_metrics import counted_edge
from chassis.metrics import Metrics


async def teapot(request: Request) -> Response:
    return Response(status_code=int(request.path_params["status"]))


async def bug(*_: object) -> None:
    raise RuntimeError("a bug")


def answered(metrics: Metrics, status: str) -> float | None:
    return metrics.registry.get_sample_value("bridge_http_requests_total", {"status": status})


ANSWERS = [("/is/204", "2xx"), ("/is/302", "3xx"), ("/nowhere", "4xx"), ("/is/503", "5xx")]


async def get(app: HeardEdge, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        return await client.get(path)


@pytest.mark.parametrize(("path", "status"), ANSWERS)
async def test_an_answer_is_counted_by_its_class_and_timed(path: str, status: str) -> None:
    metrics = Metrics()

    await get(counted_edge(Starlette(routes=[Route("/is/{status}", teapot)]), metrics), path)

    assert answered(metrics, status) == 1
    assert metrics.registry.get_sample_value("bridge_http_seconds_count") == 1


async def test_a_failure_without_an_answer_is_a_500() -> None:
    metrics = Metrics()

    answer = await get(counted_edge(bug, metrics), "/")

    assert answer.status_code == 500
    assert answered(metrics, "5xx") == 1


async def nothing(*_: object) -> Any:
    """Answer nobody, as where the caller went away in the midst of the body."""


async def test_who_goes_away_before_there_is_an_answer_is_no_failure_of_ours() -> None:
    metrics = Metrics()

    await counted_edge(nothing, metrics)({"type": "http"}, nothing, nothing)

    assert (answered(metrics, "4xx"), answered(metrics, "5xx")) == (1, 0)


def test_what_can_happen_is_0_from_the_start_so_that_the_first_time_shows_as_an_increase() -> None:
    metrics = Metrics()

    assert [answered(metrics, status) for status in ("2xx", "3xx", "4xx", "5xx")] == [0, 0, 0, 0]
    assert metrics.registry.get_sample_value("bridge_dead_letters_total", {"reason": "handler_failed"}) == 0
