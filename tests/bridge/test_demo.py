"""The whole demo, as a newcomer runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

STEPS = [
    *("start", "install", "register", "connect", "create", "show", "comment", "assign", "transition"),
    *("subscribe", "webhook", "disconnect"),
]


@pytest.mark.engines
def test_the_story_runs_to_its_end_and_each_comment_stands_under_its_authors_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge.main", "demo", "-o", "json", "--directory", str(tmp_path / "demo")]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)

    told = json.loads(ended.stdout)
    assert (ended.returncode, told["failure"]) == (0, None)
    assert [step["name"] for step in told["steps"]] == STEPS
    assert [comment["author"] for comment in told["jira"]["comments"]] == ["ada", "grace"]
    assert (told["jira"]["status"], told["jira"]["assignee"]) == ("In Progress", "ada")
