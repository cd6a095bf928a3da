"""Everything outside of Bridge, in the measuring process: Jira, the Bot Connector and Entra with ready answers.

The simulated ones of the devstack check and remember everything, which takes longer than Bridge does.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench import web
from bench.jira_answers import JiraAnswers
from bench.people import People
from devstack.connector.keys import ISSUER

MARK = re.compile(rb"mark-\d+")
POSTED = re.compile(r"/v3/conversations/[^/]+/activities$")


@dataclass
class Seen:
    """When what came of one command was seen, and with which signature."""

    call: float | None = None
    """The first call to Jira."""
    write: float | None = None
    written: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Outside:
    """One server for all; what happens to a command is found by the mark in its text and by its activity."""

    people: People
    jira: JiraAnswers
    url: str
    commands: dict[bytes, Seen] = field(default_factory=dict)
    by_activity: dict[str, Seen] = field(default_factory=dict)
    by_issue: dict[str, Seen] = field(default_factory=dict)
    last_write: web.Request | None = None
    clock: Callable[[], float] = time.perf_counter

    def respond(self, request: web.Request) -> bytes:
        """Answer any of them."""
        if request.path.startswith("/rest/"):
            return self._jira(request)
        if POSTED.search(request.path):
            return self._posted(request)
        if request.path.endswith("/openidconfiguration"):
            return _json({"issuer": ISSUER, "jwks_uri": f"{self.url}/v1/.well-known/keys"})
        if request.path.endswith("/.well-known/keys"):
            return _json(self.people.keys.jwks())
        if request.path.endswith("/oauth2/v2.0/token"):
            return _json({"token_type": "Bearer", "expires_in": 86_400, "access_token": "of-the-bench"})
        return web.answer(b"{}", 404)

    def _jira(self, request: web.Request) -> bytes:
        if request.method == "POST":
            self.last_write = request
            found = MARK.search(request.body)
            seen = self.commands.get(found[0]) if found else None
            if seen and seen.write is None:
                seen.write = self.clock()
                seen.written.set()
            return web.answer(self.jira.comment, 201)
        key = request.path.partition("?")[0].rpartition("/")[2]
        seen = self.by_issue.get(key)
        if seen and seen.call is None:
            seen.call = self.clock()
        return web.answer(self.jira.issue(key))

    def _posted(self, request: web.Request) -> bytes:
        seen = self.by_activity.get(str(json.loads(request.body).get("replyToId")))
        if seen:
            seen.answered.set()
        return web.answer(b'{"id": "1"}', 201)


def _json(value: object) -> bytes:
    return web.answer(json.dumps(value).encode())
