"""The parts of the demo, each without the rest."""

import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console, RenderableType

from bridge.demo.browser import Browser, Page
from bridge.demo.chat import Chat
from bridge.demo.failure import StepFailed
from bridge.demo.report import issue_table, steps_table
from bridge.demo.run import NotPossible, prepare
from bridge.demo.transcript import Step, Transcript
from devstack.connector.posts import Post
from devstack.connector.remote import RemoteTeams
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World

LOGIN = "<ul id='users'><li><a href='?user=ada&amp;back=%2Fallow'>Ada Lovelace</a></li></ul>"
ALLOW = (
    "<form method='post' action='/allow'><input type='hidden' name='oauth_token' value='t'>"
    "<input type='submit' name='approve' value='Allow'><input type='submit' name='deny' value='Deny'></form>"
)
CODE = '<!doctype html><meta charset=utf-8><p>Bring this:<br></p><p id="code">12345678</p>'


def jira(request: httpx.Request) -> httpx.Response:
    """Bridge's connect address, Jira's log-in and Allow pages, Bridge's page with the code."""
    answers: dict[str, Callable[[], httpx.Response]] = {
        "/connect": lambda: httpx.Response(302, headers={"Location": "/login"}),
        "/login": lambda: httpx.Response(200, html=ALLOW if request.url.params.get("user") == "ada" else LOGIN),
        "/allow": lambda: httpx.Response(302, headers={"Location": f"/code?{request.content.decode()}"}),
        "/code": lambda: httpx.Response(200, html=CODE if b"approve=Allow" in request.url.query else "<p>Denied</p>"),
    }
    return answers.get(request.url.path, lambda: httpx.Response(410))()


def browser(person: str = "Ada Lovelace") -> Browser:
    return Browser(person, httpx.AsyncClient(transport=httpx.MockTransport(jira), follow_redirects=True))


async def test_the_browser_logs_in_presses_allow_and_reads_the_code() -> None:
    assert await browser().allow("http://bridge.test/connect?oauth_token=t") == "12345678"


async def test_the_browser_says_where_it_was_stuck_and_not_with_what_token() -> None:
    with pytest.raises(StepFailed, match=r"no Allow button at http://bridge\.test/login") as stuck:
        await browser("Nobody").allow("http://bridge.test/connect?oauth_token=secret-token")
    with pytest.raises(StepFailed, match=r"http://bridge\.test/gone answered the browser with HTTP 410"):
        await browser().allow("http://bridge.test/gone?oauth_token=secret-token")

    assert "secret-token" not in str(stuck.value)


def test_a_page_is_read_as_a_person_would_use_it() -> None:
    page = Page(LOGIN + ALLOW + CODE)

    assert page.links == {"Ada Lovelace": "?user=ada&back=%2Fallow"}
    assert page.forms[0].fields == {"oauth_token": "t"}
    assert page.forms[0].buttons == {"approve": "Allow", "deny": "Deny"}
    assert page.texts["code"] == "12345678"


class FakeTeams(RemoteTeams):
    """Has posts in store; the first call gives all but the last, the next calls the last."""

    def __init__(self, *texts: str) -> None:
        self.stored = [
            Post(number, "posted", str(number), WORLD.conversation("ada").id, {"type": "message", "text": text})
            for number, text in enumerate(texts, start=1)
        ]

    async def posts(self, conversation: str | None = None, *, since: int = 0, wait: float = 0) -> list[Post]:
        visible = self.stored if since else self.stored[:-1]
        return [post for post in visible if post.seq > since]


WORLD = World(ConnectorSettings())


def chat(*texts: str) -> Chat:
    transcript = Transcript(Console(file=io.StringIO()))
    return Chat(FakeTeams(*texts), WORLD, transcript, deadline=timedelta(milliseconds=50))


async def test_the_chat_shows_all_posts_up_to_the_one_that_was_waited_for() -> None:
    talk = chat("Hello!", "Working on it", "Created OPS-8")

    post = await talk.hear("ada", "created", "OPS-8")

    assert post.seq == 3
    assert [line.text for line in talk.transcript.lines] == ["Hello!", "Working on it", "Created OPS-8"]


async def test_what_does_not_come_in_time_is_named_with_what_came_instead_and_whose_log_to_read() -> None:
    with pytest.raises(StepFailed, match="Last heard: You may not") as missed:
        await chat("Hello!", "You may not").hear("ada", "Created", culprit="jira-actor")

    assert missed.value.process == "jira-actor"


async def test_only_a_step_that_ended_well_is_done() -> None:
    transcript = Transcript(Console(file=io.StringIO()))

    async with transcript.step("register"):
        transcript.tell("The code was taken")
    with pytest.raises(StepFailed):
        async with transcript.step("connect"):
            raise StepFailed("no card", "jira-actor")

    assert [(step.name, step.done) for step in transcript.steps] == [("register", True), ("connect", False)]
    assert [(line.step, line.text) for line in transcript.lines] == [("register", "The code was taken")]


def drawn(renderable: RenderableType) -> str:
    console = Console(width=80, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_the_ending_names_times_and_the_author_of_each_comment() -> None:
    issue: dict[str, Any] = {"key": "OPS-8", "summary": "Fire", "status": "Done", "reporter": "ada", "assignee": None}
    comments = [{"author": "ada", "body": "It burns"}, {"author": "grace", "body": "On our way"}]

    told = drawn(issue_table({**issue, "comments": comments})) + drawn(
        steps_table([Step("create", 0.25, done=True), Step("show", 1, done=False)])
    )

    for part in ("ada: It burns", "grace: On our way", "nobody", "0.25", "failed", "1.25"):
        assert part in told


def test_the_run_directory_of_a_running_demo_is_left_alone(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / ".bridge-demo").write_text(str(os.getppid()))

    with pytest.raises(NotPossible, match="A demo runs in"):
        prepare(tmp_path)


def test_the_run_directory_is_emptied_only_where_a_demo_made_it(tmp_path: Path) -> None:
    run = tmp_path / "demo"
    prepare(run)
    (run / "jira.log").write_text("old")
    prepare(run)
    (tmp_path / "notes.txt").write_text("mine")

    assert not (run / "jira.log").exists()
    with pytest.raises(NotPossible, match="holds other files"):
        prepare(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
