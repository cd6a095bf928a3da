import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from bot_gateway.http import Answer, BadAddress, Http, NoAnswer

URL = "https://smba.example/emea/v3/conversations"


class BrokenOff(httpx.AsyncByteStream):
    """A body that ends too soon."""

    closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"id": '
        raise httpx.ReadError("connection reset")

    async def aclose(self) -> None:
        self.closed = True


def answering(response: httpx.Response) -> tuple[Http, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return response

    return Http(httpx.MockTransport(answer)), asked


async def test_what_is_sent_has_its_length_its_kind_and_a_time_limit() -> None:
    http, asked = answering(httpx.Response(201, json={"id": "1"}, headers={"MS-CV": "x"}))
    answer = await http.post(URL, {"Content-Type": "application/json"}, b'{"a":1}')

    (request,) = asked
    assert (request.content, request.headers["content-length"]) == (b'{"a":1}', "7")
    assert (request.headers["host"], request.headers["content-type"]) == ("smba.example", "application/json")
    assert request.extensions["timeout"] == {"connect": 5, "read": 10, "write": 10, "pool": 10}
    assert (answer.status, answer.json(), answer.headers.get("ms-cv")) == (201, {"id": "1"}, "x")


async def test_an_answer_that_breaks_off_is_no_answer_and_its_connection_is_given_back() -> None:
    stream = BrokenOff()
    http, _ = answering(httpx.Response(200, stream=stream))

    with pytest.raises(NoAnswer, match="ReadError"):
        await http.get(URL)
    assert stream.closed


class RedirectingServer:
    """A real server on this machine: every answer is a redirect that sets a cookie."""

    def __init__(self) -> None:
        self.heads: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
                writer.write(
                    b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
                )
        writer.close()


async def test_over_a_real_connection_no_redirect_is_followed_and_no_cookie_is_sent_back() -> None:
    there, http = RedirectingServer(), Http.connected()
    async with await asyncio.start_server(there.answer, "localhost") as server:
        url = f"http://localhost:{server.sockets[0].getsockname()[1]}/first"
        statuses = [(await http.get(url)).status for _ in range(2)]
        await http.aclose()

    assert statuses == [302, 302]
    assert [head.split(" ")[1] for head in there.heads] == ["/first", "/first"]
    assert [head for head in there.heads if "cookie" in head.lower()] == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"\xff"])
def test_a_body_that_is_no_json_object_says_nothing(body: bytes) -> None:
    assert Answer(200, {}, body).json() == {}


async def test_what_is_no_url_is_told_apart_from_an_outage() -> None:
    http, asked = answering(httpx.Response(200))

    with pytest.raises(BadAddress):
        await http.get("https://[::1/")
    assert asked == []
