"""Answers in Jira's shapes and sizes, taken once from the simulated Jira."""

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from devstack.jira.app import create_app
from devstack.jira.state import State
from jira_actor import requests

KEY, TEXT = "OPS-2", "It burns on the second floor, too"


@dataclass(frozen=True)
class JiraAnswers:
    """The answers to what `comment` asks, for any issue."""

    issue_pattern: bytes
    comment: bytes

    def issue(self, key: str) -> bytes:
        """The issue, as if it had this key."""
        return self.issue_pattern.replace(KEY.encode(), key.encode())


async def recorded(base_url: str) -> JiraAnswers:
    """Ask the simulated Jira as the actor would."""
    state = State(base_url, now=lambda: datetime.now(UTC))
    state.world.users["ada"].personal_access_token = "of-the-bench"  # noqa: S105 - of no worth
    headers = {"Authorization": "Bearer of-the-bench", "X-Atlassian-Token": "no-check"}
    transport = httpx.ASGITransport(create_app(state))
    async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as jira:
        issue = await jira.get(requests.issue(KEY).path)
        asked = requests.comment(KEY, TEXT, "0" * 32)
        comment = await jira.post(asked.path, json=asked.body)
    return JiraAnswers(issue.raise_for_status().content, comment.raise_for_status().content)
