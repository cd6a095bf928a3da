"""What the guard checked is what the real HTTP adapter connects to: names that change, several answers, redirects."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from tests.jira_actor.fakes import REACH, TLS

from jira_actor import probes
from jira_actor.guard import Reach, TargetRefused, checked_target
from jira_actor.http import Http, Limits, NoAnswer, Request

SECRET = "OAuth oauth_signature=canary"
METADATA = "http://169.254.169.254/latest/meta-data/"
JIRA = "jira.example.com"
STRICT = Reach(allow_http=True)


class WatchedLoop(asyncio.SelectorEventLoop):
    """An event loop with a name server of its own, which notes who asks for what and who connects to where."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, list[list[str]]] = {}
        """The answers to come, by name; the last one stays."""
        self.asked: list[str] = []
        self.connected: list[str] = []

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> Any:
        self.asked.append(host)
        answers = self.names.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in answer
        ]

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        self.connected.append(address[0])
        await super().sock_connect(sock, address)


def watched(play: Callable[[WatchedLoop], Awaitable[None]]) -> WatchedLoop:
    """Play a scene in such a loop."""
    loop = WatchedLoop()

    async def scene() -> None:
        await play(loop)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(scene())
    return loop


class Server:
    """Answers as told on a free port of 127.0.0.1, and notes what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.heard: list[str] = []
        """The methods."""
        self.secrets: list[str] = []
        self.status = 200
        self.headers: dict[str, str] = {}

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
                await reader.readexactly(int(headers.get("content-length", "0")))
                self.heard.append(head[0].split(" ")[0])
                self.secrets.append(headers.get("authorization", ""))
                answer = {"content-length": "2", "content-type": "application/json"} | self.headers
                lines = [f"HTTP/1.1 {self.status} So", *(f"{name}: {value}" for name, value in answer.items())]
                writer.write("\r\n".join([*lines, "", "{}"]).encode())
        writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    async with await asyncio.start_server(server.talk, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


@asynccontextmanager
async def client(reach: Reach) -> AsyncIterator[Http]:
    http = Http(reach, Limits(), TLS)
    try:
        yield http
    finally:
        await http.aclose()


def test_a_name_is_asked_once_and_its_checked_address_is_the_one_that_is_connected_to() -> None:
    async def play(loop: WatchedLoop) -> None:
        loop.names[JIRA] = [["127.0.0.1"], ["169.254.169.254"]]
        async with serving() as server, client(REACH) as http:
            target = checked_target(f"http://{JIRA}:{server.port}", REACH)
            assert (await http.exchange(target, Request("GET", "/"))).status == 200

    loop = watched(play)
    assert loop.asked == [JIRA]
    assert loop.connected == ["127.0.0.1"]


def test_a_name_that_turns_to_another_address_is_refused_when_it_is_asked_again() -> None:
    async def play(loop: WatchedLoop) -> None:
        loop.names[JIRA] = [["127.0.0.1"], ["169.254.169.254"]]
        async with serving() as server:
            target = checked_target(f"http://{JIRA}:{server.port}", REACH)
            async with client(REACH) as http:
                await http.exchange(target, Request("GET", "/"))
            async with client(REACH) as later:
                with pytest.raises(TargetRefused, match="metadata"):
                    await later.exchange(target, Request("GET", "/"), SECRET)
            assert server.heard == ["GET"]

    assert watched(play).connected == ["127.0.0.1"]


def test_a_name_that_turns_between_the_checks_and_the_call_is_refused_by_the_call() -> None:
    async def play(loop: WatchedLoop) -> None:
        loop.names[JIRA] = [["127.0.0.1"], ["127.0.0.1", "10.0.0.1"]]
        async with serving() as server, client(REACH) as http:
            target = checked_target(f"http://{JIRA}:{server.port}", REACH)
            found = await probes.resolve(target, REACH)
            assert str(await probes.connect(found, target.port)) == "127.0.0.1"
            with pytest.raises(TargetRefused, match="private"):
                await http.exchange(target, Request("GET", "/"))
            assert server.heard == []

    loop = watched(play)
    assert loop.asked == [JIRA, JIRA]
    assert loop.connected == ["127.0.0.1"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(["127.0.0.1"], id="loopback"),
        pytest.param(["::1"], id="IPv6 loopback"),
        pytest.param(["10.0.0.1"], id="private"),
        pytest.param(["169.254.169.254"], id="metadata"),
        pytest.param(["::ffff:169.254.169.254"], id="mapped metadata"),
        pytest.param(["64:ff9b::a9fe:a9fe"], id="translated metadata"),
        pytest.param(["2002:7f00:1::"], id="tunnelled loopback"),
        pytest.param(["fe80::1%lo"], id="link-local"),
        pytest.param(["0.0.0.0"], id="all interfaces"),
        pytest.param(["8.8.8.8", "127.0.0.1"], id="a bad one after a good one"),
        pytest.param(["127.0.0.1", "8.8.8.8"], id="a bad one before a good one"),
        pytest.param(["2606:4700::1111", "8.8.8.8", "fd00:ec2::254"], id="a bad one of three"),
    ],
)
def test_a_name_with_one_closed_address_is_not_connected_to_at_all(answer: list[str]) -> None:
    async def play(loop: WatchedLoop) -> None:
        loop.names[JIRA] = [answer]
        async with serving() as server, client(STRICT) as http:
            target = checked_target(f"http://{JIRA}:{server.port}", STRICT)
            with pytest.raises(TargetRefused):
                await http.exchange(target, Request("GET", "/"), SECRET)
            assert server.heard == []

    assert watched(play).connected == []


def test_in_development_only_the_loopback_opens_to_names_too() -> None:
    async def play(loop: WatchedLoop) -> None:
        loop.names[JIRA] = [["127.0.0.1", "169.254.169.254"]]
        async with client(REACH) as http:
            with pytest.raises(TargetRefused, match="metadata"):
                await http.exchange(checked_target(f"http://{JIRA}", REACH), Request("GET", "/"))

    assert watched(play).connected == []


def test_a_name_outside_of_the_tenants_own_destinations_is_not_connected_to() -> None:
    async def play(loop: WatchedLoop) -> None:
        loop.names[JIRA] = [["127.0.0.1"]]
        elsewhere, here = REACH.narrowed(["8.8.8.0/24"]), REACH.narrowed(["127.0.0.0/8"])
        async with serving() as server, client(elsewhere) as closed, client(here) as open_:
            url = f"http://{JIRA}:{server.port}"
            with pytest.raises(TargetRefused, match="not among the destinations"):
                await closed.exchange(checked_target(url, elsewhere), Request("GET", "/"))
            assert (await open_.exchange(checked_target(url, here), Request("GET", "/"))).status == 200

    assert watched(play).connected == ["127.0.0.1"]


def test_a_name_that_is_not_known_is_no_answer() -> None:
    async def play(loop: WatchedLoop) -> None:
        async with client(STRICT) as http:
            with pytest.raises(NoAnswer):
                await http.exchange(checked_target(f"http://{JIRA}", STRICT), Request("GET", "/"))

    assert watched(play).connected == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "name", "value"),
    [
        pytest.param(301, "location", METADATA, id="301 to metadata"),
        pytest.param(302, "location", METADATA, id="302 to metadata"),
        pytest.param(303, "location", METADATA, id="303 to metadata"),
        pytest.param(307, "location", METADATA, id="307 to metadata"),
        pytest.param(308, "location", METADATA, id="308 to metadata"),
        pytest.param(300, "location", METADATA, id="300 to metadata"),
        pytest.param(305, "location", "http://127.0.0.1:{bait}", id="305 to a proxy"),
        pytest.param(302, "location", "http://[::ffff:169.254.169.254]/", id="302 to mapped metadata"),
        pytest.param(302, "location", "http://127.0.0.1:{bait}/", id="302 to this machine"),
        pytest.param(307, "location", "http://127.0.0.1:{bait}/", id="307 to this machine"),
        pytest.param(302, "location", "//127.0.0.1:{bait}/", id="302 without a scheme"),
        pytest.param(302, "location", "http://metadata.google.internal/", id="302 to a name"),
        pytest.param(302, "location", "https://2852039166/", id="302 to a number"),
        pytest.param(302, "location", "file:///etc/passwd", id="302 to a file"),
        pytest.param(302, "location", "gopher://127.0.0.1:{bait}/_x", id="302 to another scheme"),
        pytest.param(302, "location", "/elsewhere", id="302 on the same host"),
        pytest.param(302, "location", "http://[", id="302 to nonsense"),
        pytest.param(200, "refresh", "0; url=http://127.0.0.1:{bait}/", id="a refresh header"),
        pytest.param(200, "alt-svc", 'h2="127.0.0.1:{bait}"; ma=60', id="an alternative service"),
        pytest.param(401, "www-authenticate", 'Negotiate realm="http://127.0.0.1:{bait}/"', id="a challenge"),
    ],
)
def test_nothing_that_a_server_answers_leads_elsewhere(method: str, status: int, name: str, value: str) -> None:
    async def play(loop: WatchedLoop) -> None:
        async with serving() as server, serving() as bait, client(REACH) as http:
            server.status, server.headers = status, {name: value.replace("{bait}", str(bait.port))}
            target = checked_target(f"http://127.0.0.1:{server.port}", REACH)
            body = {"body": "x"} if method == "POST" else None
            for _ in range(2):
                answer = await http.exchange(target, Request(method, "/rest", body), SECRET)
                assert answer.status == status
            assert server.heard == [method, method]
            assert bait.heard == []

    loop = watched(play)
    assert loop.asked == []
    assert set(loop.connected) == {"127.0.0.1"}


def test_the_bait_would_have_told() -> None:
    async def play(loop: WatchedLoop) -> None:
        async with serving() as server, client(REACH) as http:
            target = checked_target(f"http://127.0.0.1:{server.port}", REACH)
            assert (await http.exchange(target, Request("GET", "/"), SECRET)).body == b"{}"
            assert server.secrets == [SECRET]

    watched(play)
