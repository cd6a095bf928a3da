"""Webhooks out, in the bodies that Jira Server and Data Center send."""

import asyncio
import hmac
import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from devstack.jira.catalogue import FIELDS
from devstack.jira.issue_shapes import IssueShapes, change_item
from devstack.jira.jql import Query, parse
from devstack.jira.jql_fields import FieldMeanings
from devstack.jira.model import Change, Comment, Issue, Json, User, Webhook
from devstack.jira.state import State

BETWEEN_TWINS = timedelta(milliseconds=10)
TIMEOUT = timedelta(seconds=10)
SIGNED_SINCE = 10
EVERY_FIELD = set(FIELDS)


@dataclass(frozen=True)
class Happened:
    """What a webhook body is drawn from."""

    actor: User
    issue: Issue
    at: datetime


class Webhooks:
    """Draws a body when something happens and posts it later, in order, once."""

    def __init__(self, state: State, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._state = state
        self._shapes = IssueShapes(state)
        self._client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT.total_seconds(), trust_env=False)
        self._in_order = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()

    def issue_created(self, what: Happened, change: Change) -> None:
        self._post([self._issue_body(what, "jira:issue_created", "issue_created") | self._changelog(change)], what)

    def issue_updated(self, what: Happened, event_type: str, change: Change) -> None:
        self._post([self._issue_body(what, "jira:issue_updated", event_type) | self._changelog(change)], what)

    def commented(self, what: Happened, comment: Comment) -> None:
        """One comment makes two deliveries, the first of which does not name its issue."""
        drawn = {"comment": self._shapes.comment(what.issue, comment)}
        alone: Json = {"timestamp": milliseconds(what.at), "webhookEvent": "comment_created", **drawn}
        later = Happened(what.actor, what.issue, what.at + BETWEEN_TWINS)
        self._post([alone, self._issue_body(later, "jira:issue_updated", "issue_commented") | drawn], what)

    async def settle(self) -> None:
        """Wait until everything that was due has been posted."""
        while self._running:
            await asyncio.gather(*self._running)

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await self._client.aclose()

    def _issue_body(self, what: Happened, event: str, event_type: str) -> Json:
        return {
            "timestamp": milliseconds(what.at),
            "webhookEvent": event,
            "issue_event_type_name": event_type,
            "user": self._shapes.user(what.actor.name),
            "issue": {
                "id": what.issue.id,
                "self": self._shapes.rest(f"/issue/{what.issue.id}"),
                "key": what.issue.key,
                "fields": self._shapes.fields(what.issue),
            },
        }

    def _changelog(self, change: Change) -> Json:
        return {"changelog": {"id": change.id, "items": [change_item(item) for item in change.items]}}

    def _post(self, bodies: list[Json], what: Happened) -> None:
        hooks = [hook for hook in self._state.world.webhooks.values() if self._concerns(hook, what.issue)]
        if hooks:
            task = asyncio.create_task(self._post_all(hooks, bodies, what.actor))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _concerns(self, hook: Webhook, issue: Issue) -> bool:
        return hook.active and (not hook.jql or _issues(self._state, hook.jql).matches(issue))

    async def _post_all(self, hooks: list[Webhook], bodies: list[Json], actor: User) -> None:
        async with self._in_order:
            for number, body in enumerate(bodies):
                if number:
                    await asyncio.sleep(BETWEEN_TWINS.total_seconds())
                wanted = [hook for hook in hooks if not hook.events or body["webhookEvent"] in hook.events]
                await asyncio.gather(*(self._deliver(hook, body, actor) for hook in wanted))

    async def _deliver(self, hook: Webhook, body: Json, actor: User) -> None:
        """Post once; Jira does not retry, and only its log knows of a failure."""
        raw = b"" if hook.exclude_body else json.dumps(body, ensure_ascii=False).encode()
        delivery: Json = {"url": hook.url, "event": body["webhookEvent"], "at": self._state.now().isoformat()}
        delivery |= {"status": None, "error": None, "body": body}
        self._state.deliveries.append(delivery)
        started = time.perf_counter()
        try:
            answer = await self._client.post(
                _with_actor(hook.url, actor), content=raw, headers=self._headers(hook, raw, delivery)
            )
            delivery |= {"status": answer.status_code, "answer": answer.text[:2_000]}
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            delivery["error"] = repr(error)
        delivery["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)

    def _headers(self, hook: Webhook, raw: bytes, delivery: Json) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": f"Atlassian HttpClient unknown / JIRA-{self._state.version} ({self._state.build_number})",
        }
        if self._state.webhook_identifiers:
            delivery["identifier"] = headers["X-Atlassian-Webhook-Identifier"] = str(uuid4())
        if hook.secret and self._state.version_numbers[0] >= SIGNED_SINCE:
            headers["X-Hub-Signature"] = "sha256=" + hmac.new(hook.secret.encode(), raw, sha256).hexdigest()
        return headers


def check_jql(state: State, jql: str) -> None:
    """Raise JqlError if this query, which may be empty, is not understood."""
    _issues(state, jql)


def _issues(state: State, jql: str) -> Query:
    """A filter sees all projects."""
    return parse(jql, FieldMeanings(state.world, list(state.world.projects.values()), "", state.now()))


def _with_actor(url: str, actor: User) -> str:
    """Jira Server appends who did it to the URL of every webhook."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'user_id': actor.name, 'user_key': actor.key})}"


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
