"""An office per test; what it sent to Jira is held against Jira's OpenAPI document, where that is at hand."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.jira_actor import openapi
from tests.jira_actor.fakes import Office, office

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("BRIDGE_REFERENCE_DATA", ROOT.parent / "shared/reference/data"))
DOCUMENT = REFERENCE / "jira-openapi/jira-software-dc-10.3-openapi.json"


@pytest.fixture
def reference() -> Path:
    if not REFERENCE.is_dir():
        pytest.skip(f"no reference data at {REFERENCE}")
    return REFERENCE


@pytest.fixture
async def desk() -> AsyncIterator[Office]:
    """An office where nobody is connected yet."""
    async with office() as opened:
        yield opened
        check_what_was_sent(opened)


@pytest.fixture
async def linked(desk: Office) -> Office:
    """An office where Ada is connected."""
    desk.connect()
    return desk


def check_what_was_sent(opened: Office) -> None:
    for sent in opened.state.requests:
        if sent["path"].endswith(("/login", "/oauth/authorize", "/latest/authorize")) or "_control" in sent["path"]:
            continue  # a person's browser
        assert sent["headers"]["x-atlassian-token"] == "no-check"
        assert sent["headers"]["user-agent"] == "Bridge"
        assert "cookie" not in sent["headers"]
        if DOCUMENT.exists() and "/rest/api/2/" in sent["path"]:
            openapi.load(DOCUMENT).check(sent)
