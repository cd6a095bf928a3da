"""The HTTP adapter against servers that really listen."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Received
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.jira_actor.fakes import REACH, TLS, listening

from jira_actor.guard import Reach, Target, TargetRefused, checked_target
from jira_actor.http import POOLS, AnswerTooLarge, CheckedResolver, Http, Limits, NoAnswer, Request

SHORT = Limits(read=timedelta(seconds=0.3), total=timedelta(seconds=0.6), body_bytes=100_000)


async def echo(request: Received) -> Response:
    response = JSONResponse({"headers": dict(request.headers), "url": str(request.url), "port": request.client.port})  # type: ignore[union-attr]
    response.set_cookie("JSESSIONID", "somebody")
    return response


async def large(_: Received) -> Response:
    return Response(b"x" * 200_000)


async def slow(_: Received) -> Response:
    await asyncio.sleep(1)
    return Response(b"late")


async def dripping(_: Received) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x"
            await asyncio.sleep(0.2)

    return StreamingResponse(drops())


async def elsewhere(_: Received) -> Response:
    return RedirectResponse("/echo")


async def damaged(_: Received) -> Response:
    return Response(b"this is not gzip", headers={"content-encoding": "gzip"})


async def packed(_: Received) -> Response:
    return Response(gzip.compress(b'{"a": 1}'), headers={"content-encoding": "gzip"}, media_type="application/json")


async def blown_up(_: Received) -> Response:
    return Response(gzip.compress(b"x" * 200_000), headers={"content-encoding": "gzip"})


async def form(received: Received) -> Response:
    return JSONResponse(dict(await received.form()))


PAGES = (echo, large, slow, dripping, elsewhere, damaged, packed, blown_up)
APP = Starlette(routes=[Route(f"/{page.__name__}", page) for page in PAGES] + [Route("/form", form, methods=["POST"])])


@asynccontextmanager
async def server(limits: Limits = SHORT) -> AsyncIterator[tuple[Http, Target]]:
    async with listening(APP) as port:
        http = Http(REACH, limits, TLS)
        try:
            yield http, checked_target(f"http://localhost:{port}", REACH)
        finally:
            await http.aclose()


def heard(body: bytes) -> Any:
    return json.loads(body)


async def test_a_request_carries_the_headers_that_jira_wants_and_no_others_of_note() -> None:
    async with server() as (http, target):
        answer = await http.exchange(target, Request("GET", "/echo?a=b%20c&d=%C3%BC"), "OAuth x")

    got = heard(answer.body)
    assert got["url"].endswith("/echo?a=b%20c&d=%C3%BC")
    assert got["headers"]["authorization"] == "OAuth x"
    assert got["headers"]["x-atlassian-token"] == "no-check"
    assert got["headers"]["accept"] == "application/json"


async def test_a_cookie_of_one_answer_is_not_sent_with_the_next_request() -> None:
    async with server() as (http, target):
        first = await http.exchange(target, Request("GET", "/echo"))
        second = await http.exchange(target, Request("GET", "/echo"))

    assert "set-cookie" in first.headers
    assert "cookie" not in heard(second.body)["headers"]


async def test_connections_are_used_again() -> None:
    async with server() as (http, target):
        ports = [heard((await http.exchange(target, Request("GET", "/echo"))).body)["port"] for _ in range(3)]

    assert len(set(ports)) == 1


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with server() as (http, target):
        answer = await http.exchange(target, Request("GET", "/elsewhere"))

    assert answer.status == 307


async def test_a_compressed_answer_is_unpacked() -> None:
    async with server() as (http, target):
        answer = await http.exchange(target, Request("GET", "/packed"))

    assert answer.is_json
    assert heard(answer.body) == {"a": 1}


@pytest.mark.parametrize("path", ["/large", "/blown_up"])
async def test_a_body_over_the_limit_is_not_read_to_its_end(path: str) -> None:
    async with server() as (http, target):
        with pytest.raises(AnswerTooLarge):
            await http.exchange(target, Request("GET", path))


@pytest.mark.parametrize("path", ["/slow", "/dripping", "/damaged"])
async def test_a_server_that_is_slow_or_broken_is_given_up(path: str) -> None:
    async with server() as (http, target):
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            await http.exchange(target, Request("GET", path))
        took = time.monotonic() - began

    assert took < 1


async def test_a_closed_port_is_no_answer() -> None:
    http = Http(REACH, SHORT, TLS)
    with pytest.raises(NoAnswer):
        await http.exchange(checked_target("http://127.0.0.1:1", REACH), Request("GET", "/"))
    await http.aclose()


async def test_garbage_instead_of_http_is_no_answer() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"\x00\x01\x02 what?\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as odd:
        http = Http(REACH, SHORT, TLS)
        target = checked_target(f"http://127.0.0.1:{odd.sockets[0].getsockname()[1]}", REACH)
        with pytest.raises(NoAnswer):
            await http.exchange(target, Request("GET", "/"))
        await http.aclose()


async def test_the_resolver_gives_addresses_so_that_no_name_is_resolved_a_second_time() -> None:
    found = await CheckedResolver(REACH).resolve("localhost", 80)

    assert {entry["host"] for entry in found} <= {"127.0.0.1", "::1"}


async def test_an_address_that_is_written_in_the_url_is_checked_at_the_socket_too() -> None:
    async with listening(APP) as port:
        http = Http(Reach(allow_http=True), SHORT, TLS)
        with pytest.raises(TargetRefused, match="loopback"):
            await http.exchange(checked_target(f"http://127.0.0.1:{port}", REACH), Request("GET", "/echo"))
        await http.aclose()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_connection_of_one_tenant_is_not_used_by_another_that_may_not_go_there(host: str) -> None:
    async with listening(APP) as port:
        http, url = Http(REACH, SHORT, TLS), f"http://{host}:{port}"
        narrow = replace(checked_target(url, REACH), only=(ip_network("10.0.0.0/8"),))
        fitting = replace(narrow, only=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
        await http.exchange(checked_target(url, REACH), Request("GET", "/echo"))

        with pytest.raises(TargetRefused, match="not among the destinations"):
            await http.exchange(narrow, Request("GET", "/echo"))
        assert (await http.exchange(fitting, Request("GET", "/echo"))).status == 200
        await http.aclose()


async def test_pools_are_bounded_and_one_in_use_is_not_closed() -> None:
    async with listening(APP) as port:
        http, target = Http(REACH, Limits(), TLS), checked_target(f"http://127.0.0.1:{port}", REACH)
        slow = asyncio.create_task(http.exchange(target, Request("GET", "/slow")))
        await asyncio.sleep(0.1)
        for number in range(POOLS + 20):
            only = (ip_network("127.0.0.0/8"), ip_network(f"10.{number % 256}.{number // 256}.0/24"))
            await http.exchange(replace(target, only=only), Request("GET", "/packed"))
        assert (await slow).body == b"late"
        assert http.pools <= POOLS
        await http.aclose()


async def test_a_form_is_sent_as_one_and_shows_in_no_log() -> None:
    async with server() as (http, target):
        request = Request("POST", "/form", form={"code": "ä& =+", "client_secret": "canary"})
        answer = await http.exchange(target, request)

    assert heard(answer.body) == {"code": "ä& =+", "client_secret": "canary"}
    assert "canary" not in repr(request) + repr(answer)
