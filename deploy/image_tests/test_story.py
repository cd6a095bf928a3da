"""The demo's story, told by the images."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
from deploy.image_tests.containers import ContainerStack
from deploy.image_tests.engine import Image, ended
from rich.console import Console

from bridge.demo.chat import Chat
from bridge.demo.jira_side import JiraSide
from bridge.demo.story import Story
from bridge.demo.transcript import Transcript
from contracts.topics import SERVICES
from devstack.connector.remote import RemoteTeams
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World


@pytest.fixture
async def stack(images: Mapping[str, Image], tmp_path: Path) -> AsyncIterator[ContainerStack]:
    """Not started yet."""
    stack = ContainerStack(tmp_path, lambda *_: None, images=images)
    try:
        yield stack
    finally:
        await stack.stop()


async def test_the_story_runs_to_its_end_in_hardened_containers_without_a_shell(stack: ContainerStack) -> None:
    transcript = Transcript(Console(file=io.StringIO()))
    at = await stack.start()
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        chat = Chat(RemoteTeams(at.connector, http), World(ConnectorSettings()), transcript)
        story = Story(chat, JiraSide(http, at.jira, at.registry), transcript)
        await story.play()
        issue = await story.ending()

    assert [comment["author"] for comment in issue["comments"]] == ["ada", "grace"]
    for service in SERVICES:
        await asyncio.to_thread(is_hardened, stack, service, at.engines.vault_token)
    assert stack.ended() == []
    await stack.stop()
    assert {service: code for service, code in stack.codes().items() if code} == {}
    for service in SERVICES:
        assert '"event": "stopped"' in stack.log_of(service).read_text(), service


def is_hardened(stack: ContainerStack, service: str, secret: str) -> None:
    """Look at a running container from outside, as the kernel sees its process."""
    inspected = ended([stack.images[service].engine, "inspect", stack.container(service)]).out
    process = Path("/proc") / str(json.loads(inspected)[0]["State"]["Pid"])
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    mounts = [line.split() for line in (process / "mountinfo").read_text().splitlines()]

    assert status["Uid"].split() == ["65532"] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert [mount[5].split(",")[0] for mount in mounts if mount[4] == "/"] == ["ro"]
    assert secret not in inspected
