"""The simulated Jira as it runs in the demo: a process of its own, on a socket."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from oauthlib.oauth2 import WebApplicationClient
from tests.devstack.jira_fakes import CALLBACK, CONSUMER, Consumer, Receiver, key_pair


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def process(port: int, file: Path) -> AsyncIterator[httpx.AsyncClient]:
    """`python -m devstack.jira`, ended politely."""
    arguments = ("--port", str(port), "--base-url", f"http://127.0.0.1:{port}", "--state", str(file))
    running = await asyncio.create_subprocess_exec(sys.executable, "-m", "devstack.jira", *arguments)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        try:
            async with asyncio.timeout(20):
                while not await answers(http):  # noqa: ASYNC110 - another process sets no Event
                    await asyncio.sleep(0.05)
            yield http
        finally:
            running.terminate()
            await running.wait()


async def answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/status")).status_code == 200
    except httpx.TransportError:
        return False


async def test_a_process_does_the_dance_breaks_connections_and_remembers_after_a_restart(tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "jira.json"
    async with process(port, file) as http:
        await http.put(f"/_control/consumers/{CONSUMER}", json={"publicKey": key_pair()[1], "name": "Bridge"})
        consumer = Consumer(http, f"http://127.0.0.1:{port}")
        await consumer.connect("linus")
        for kind in ("reset", "lost_answer"):
            await http.post("/_control/faults", json={"match": "comment", "kind": kind})
            with pytest.raises(httpx.TransportError):
                await consumer.call("POST", "/issue/OPS-7/comment", {"body": kind})
        assert (await consumer.post_servlet("request-token", callback_uri=CALLBACK)).status_code == 200

    async with process(port, file) as http:
        again = Consumer(http, consumer.base_url)
        again.token = consumer.token
        comments = (await again.call("GET", "/issue/OPS-7/comment")).json()["comments"]

        assert [(comment["author"]["name"], comment["body"]) for comment in comments] == [("linus", "lost_answer")]


async def test_a_process_keeps_tokens_of_oauth2_and_webhooks_over_a_restart(tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "jira.json"
    url, token_url = "/rest/oauth2/latest/authorize", "/rest/oauth2/latest/token"
    asked = {"client_id": "bridge", "redirect_uri": CALLBACK, "response_type": "code", "scope": "WRITE"}
    async with process(port, file) as http:
        await http.put("/_control/settings", json={"version": "10.3.0"})
        link = {"clientSecret": "shown-once", "redirectUrl": CALLBACK}
        await http.put("/_control/oauth2-clients/bridge", json=link)
        await http.put("/_control/webhooks", json={"url": "http://127.0.0.1:9/hook"})
        client = WebApplicationClient("bridge")
        allowed = await http.post(url, data=asked | {"approve": "Allow"}, headers={"Cookie": "simulated_user=ada"})
        code = client.parse_request_uri_response(allowed.headers["location"])["code"]
        fields = {"client_id": "bridge", "client_secret": "shown-once", "redirect_uri": CALLBACK}
        token = (await http.post(token_url, data=fields | {"grant_type": "authorization_code", "code": code})).json()
        made = (await http.post("/_control/personal-access-tokens", json={"user": "linus"})).json()
        for name in ("access_token", "refresh_token"):
            assert token[name] not in file.read_text()
        assert made["token"] not in file.read_text()

    async with process(port, file) as http:
        await http.put("/_control/settings", json={"version": "10.3.0"})
        for bearer, name in ((token["access_token"], "ada"), (made["token"], "linus")):
            answer = await http.get("/rest/api/2/myself", headers={"Authorization": f"Bearer {bearer}"})
            assert answer.json()["name"] == name
        again = fields | {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
        assert (await http.post(token_url, data=again)).status_code == 200
        (hook,) = (await http.get("/_control/state")).json()["webhooks"]
        assert hook["url"] == "http://127.0.0.1:9/hook"


async def test_a_process_posts_webhooks(tmp_path: Path) -> None:
    receiver, port = Receiver(), free_port()
    server = uvicorn.Server(uvicorn.Config(receiver.app, port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    try:
        async with process(free_port(), tmp_path / "jira.json") as http:
            await http.put("/_control/webhooks", json={"url": f"http://127.0.0.1:{port}/hook"})
            await http.put("/_control/users/ada", json={"personalAccessToken": "pat"})
            headers = {"Authorization": "Bearer pat", "X-Atlassian-Token": "no-check"}
            await http.post("/rest/api/2/issue/OPS-7/comment", json={"body": "from Jira"}, headers=headers)
            deliveries = (await http.get("/_control/webhooks/deliveries")).json()

        assert [delivery["status"] for delivery in deliveries] == [200, 200]
        assert [body["comment"]["body"] for body in receiver.heard] == ["from Jira", "from Jira"]
    finally:
        server.should_exit = True
        await serving
