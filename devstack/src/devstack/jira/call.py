"""One authenticated REST call: who calls, what for, and how Jira refuses."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from devstack.jira.caller import Caller, authenticated
from devstack.jira.issue_shapes import IssueShapes
from devstack.jira.model import Issue, Json, Project, User
from devstack.jira.oauth import OAuthError, Provider, challenge
from devstack.jira.oauth2 import OAuth2Provider
from devstack.jira.scopes import includes
from devstack.jira.state import State
from devstack.jira.webhooks import Webhooks

RATE_LIMIT = 50
RATE_LIMIT_HEADERS = {
    "X-RateLimit-Limit": str(RATE_LIMIT),
    "X-RateLimit-Remaining": str(RATE_LIMIT - 1),
    "X-RateLimit-FillRate": str(RATE_LIMIT),
    "X-RateLimit-Interval-Seconds": "1",
    "Retry-After": "0",
}
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class JiraError(Exception):
    """What Jira answers instead of doing as asked: an ErrorCollection."""

    def __init__(self, status: int, message: str | None = None, **errors: str) -> None:
        super().__init__(message or str(errors))
        self.status = status
        self.collection: Json = {"errorMessages": [message] if message else [], "errors": errors}


@dataclass(frozen=True)
class Services:
    """What every endpoint works with."""

    state: State
    provider: Provider
    oauth2: OAuth2Provider
    webhooks: Webhooks


@dataclass(frozen=True)
class Call:
    request: Request
    caller: Caller
    state: State
    webhooks: Webhooks

    @property
    def user(self) -> User:
        return self.caller.user

    @property
    def may_administer(self) -> bool:
        return self.user.administrator and includes(self.caller.scope, "ADMIN")

    def check_scope(self, wanted: str) -> None:
        """403 if the caller's OAuth 2.0 link was allowed less than this."""
        if not includes(self.caller.scope, wanted):
            raise JiraError(403, f"The scope of this access token does not include {wanted}.")

    @property
    def shapes(self) -> IssueShapes:
        return IssueShapes(self.state)

    def project(self, key_or_id: str) -> Project:
        """A project that this user may see, or 404."""
        for project in self.state.world.projects.values():
            if key_or_id in (project.key, project.id) and project.visible_to(self.user.name):
                return project
        raise JiraError(404, f"No project could be found with key '{key_or_id}'.")

    def visible_projects(self) -> list[Project]:
        return [project for project in self.state.world.projects.values() if project.visible_to(self.user.name)]

    def issue(self, key_or_id: str | None = None) -> Issue:
        """The issue of the path (or the one named) if this user may see it, or 404."""
        wanted = key_or_id or self.request.path_params["issue"]
        for issue in self.state.world.issues.values():
            if wanted.upper() == issue.key or wanted == issue.id:
                if self.state.world.projects[issue.project].visible_to(self.user.name):
                    return issue
                break
        raise JiraError(404, "Issue Does Not Exist")

    async def body(self) -> Json:
        """The JSON object that was sent, or 400."""
        sent = await self.value()
        if not isinstance(sent, dict):
            raise JiraError(400, "Can not deserialize instance: the request body must be a JSON object.")
        return sent

    async def value(self) -> Any:
        """The JSON value that was sent, or 400."""
        try:
            sent = json.loads(await self.request.body(), parse_constant=_refuse_constant)
        except ValueError as error:
            raise JiraError(400, f"Unexpected character in the request body: {error}") from error
        # Half of a surrogate pair cannot be sent back: like Java, keep a question mark.
        return json.loads(json.dumps(sent, ensure_ascii=False).encode("utf-8", "replace"))

    def names(self, parameter: str) -> set[str]:
        """A comma separated query parameter, which may also be repeated."""
        given = ",".join(self.request.query_params.getlist(parameter))
        return {name.strip() for name in given.split(",") if name.strip()}

    def number(self, parameter: str, default: int) -> int:
        text = self.request.query_params.get(parameter)
        if text is None:
            return default
        try:
            return max(0, int(text))
        except ValueError as error:
            raise JiraError(400, f"'{text}' is not a number for '{parameter}'.") from error

    def page(self, items: list[Any], default: int = 50) -> Json:
        """One page of a list in the shape that createmeta has had since 8.4."""
        start, size = self.number("startAt", 0), self.number("maxResults", default)
        values = items[start : start + size]
        last = start + size >= len(items)
        return {"maxResults": size, "startAt": start, "total": len(items), "isLast": last, "values": values}


Handler = Callable[[Call], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def rest(services: Services, handler: Handler) -> Endpoint:
    """Make an endpoint of a handler: authenticate, check XSRF, call it, draw refusals as Jira does."""

    async def endpoint(request: Request) -> Response:
        try:
            caller = await authenticated(request, services.provider, services.state)
            if not _passes_xsrf_check(request):
                return PlainTextResponse("XSRF check failed", 403)
            call = Call(request, caller, services.state, services.webhooks)
            call.check_scope("READ" if request.method in SAFE_METHODS else "WRITE")
            response = await handler(call)
        except OAuthError as error:
            return _unauthorized(services.state.base_url, error.problem)
        except JiraError as error:
            response = JSONResponse(error.collection, error.status)
        response.headers.update(
            RATE_LIMIT_HEADERS | {"X-AUSERNAME": quote(caller.user.name), "X-Seraph-LoginReason": "OK"}
        )
        return response

    return endpoint


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _passes_xsrf_check(request: Request) -> bool:
    """Jira lets a changing call pass only with its header, and never from what looks like a browser."""
    if request.method in SAFE_METHODS:
        return True
    excused = request.headers.get("x-atlassian-token", "") in ("no-check", "nocheck")
    return excused and "Mozilla" not in request.headers.get("user-agent", "")


def _unauthorized(base_url: str, problem: str | None = None) -> Response:
    message = "You are not authenticated. Authentication required to perform this operation."
    headers = {"WWW-Authenticate": challenge(base_url, problem), "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    return JSONResponse({"errorMessages": [message], "errors": {}}, 401, headers)
