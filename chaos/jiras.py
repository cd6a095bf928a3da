"""The simulated Jiras from outside: their control API, and what they hold of our commands."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import httpx

from chaos.ledger import Effect

Json = dict[str, Any]
MARKED = re.compile(r"\bchaos (\d{6})\b")
PROJECT = "OPS"
BOSS = "admin"
BOSS_TOKEN = "pat-of-the-administrator"  # noqa: S105 - of a simulated Jira on this machine


def marked(number: int) -> str:
    """The words by which a command's effect is known again."""
    return f"chaos {number:06}"


class Jira:
    """One of the simulated Jiras."""

    def __init__(self, index: int, url: str, http: httpx.AsyncClient) -> None:
        self.index = index
        self.url = url
        self._http = http

    async def effects(self) -> list[Effect]:
        """What it holds of our commands."""
        state = (await self.control("GET", "/state")).json()
        return list(_effects(self.index, state["issues"]))

    async def add_user(self, name: str, display_name: str) -> None:
        await self.control("PUT", f"/users/{name}", {"displayName": display_name})

    async def add_issues(self, count: int) -> list[str]:
        """Make issues for people to comment on; gives their keys."""
        await self.control("PUT", f"/users/{BOSS}", {"personalAccessToken": BOSS_TOKEN})
        headers = {"Authorization": f"Bearer {BOSS_TOKEN}", "X-Atlassian-Token": "no-check"}
        keys = []
        for number in range(1, count + 1):
            fields = {"project": {"key": PROJECT}, "issuetype": {"name": "Task"}, "summary": f"To comment on {number}"}
            url = f"{self.url}/rest/api/2/issue"
            made = await self._http.post(url, json={"fields": fields}, headers=headers)
            keys.append(str(made.raise_for_status().json()["key"]))
        return keys

    async def add_fault(self, **fault: Any) -> None:
        """Let the simulated Jira fail; see `devstack.jira.faults`."""
        await self.control("POST", "/faults", fault)

    async def faults_left(self) -> int:
        """How many times the faults that are set may still happen."""
        return sum(fault["times"] or 0 for fault in (await self.control("GET", "/faults")).json())

    async def clear_faults(self) -> None:
        await self.control("DELETE", "/faults")

    async def control(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        answer = await self._http.request(method, f"{self.url}/_control{path}", json=body, timeout=60)
        return answer.raise_for_status()


async def look(jiras: Sequence[Jira]) -> list[Effect]:
    """What all of them hold of our commands."""
    return [effect for jira in jiras for effect in await jira.effects()]


def _effects(index: int, issues: Iterable[Json]) -> Iterator[Effect]:
    for issue in issues:
        if found := MARKED.search(issue["summary"]):
            place = int(issue["key"].rpartition("-")[2])
            what = (int(found[1]), index, "create", issue["project"])
            yield Effect(*what, issue["creator"], _intent(issue), _instant(issue["created"]), place)
        for place, comment in enumerate(issue["comments"]):
            if found := MARKED.search(comment["body"]):
                what = (int(found[1]), index, "comment", issue["key"])
                yield Effect(*what, comment["author"], _intent(comment), _instant(comment["created"]), place)


def _intent(held: Json) -> str | None:
    marker = held["properties"].get("bridge.intent")
    return marker.get("id") if isinstance(marker, dict) else None


def _instant(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
