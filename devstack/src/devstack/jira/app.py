"""The simulated Jira as an ASGI application."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from devstack.jira import comments, issues, lookups, pats, search
from devstack.jira.authorized import AuthorizedApplications
from devstack.jira.call import Handler, Services, rest
from devstack.jira.control import Control
from devstack.jira.create_issue import create_issue
from devstack.jira.faults import Faulty
from devstack.jira.issue_shapes import IssueShapes
from devstack.jira.oauth import Provider
from devstack.jira.oauth2 import OAuth2Provider
from devstack.jira.oauth2_pages import OAuth2Pages
from devstack.jira.pages import Pages
from devstack.jira.recording import Recorder
from devstack.jira.state import State
from devstack.jira.webhook_admin import BEFORE_10, SINCE_10
from devstack.jira.webhooks import Webhooks

CONTROL = "/_control"
HANDLERS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/myself", lookups.show_myself),
    ("GET", "/project", lookups.list_projects),
    ("GET", "/project/{project}", lookups.show_project),
    ("GET", "/priority", lookups.list_priorities),
    ("GET", "/status", lookups.list_statuses),
    ("GET", "/field", lookups.list_fields),
    ("GET", "/mypermissions", lookups.show_permissions),
    ("GET", "/user/search", lookups.search_users),
    ("GET", "/user/assignable/search", lookups.search_assignable_users),
    ("GET", "/search", search.search_by_query),
    ("POST", "/search", search.search_by_body),
    ("POST", "/issue", create_issue),
    ("GET", "/issue/createmeta", lookups.show_old_createmeta),
    ("GET", "/issue/createmeta/{project}/issuetypes", lookups.list_create_types),
    ("GET", "/issue/createmeta/{project}/issuetypes/{type}", lookups.list_create_fields),
    ("GET", "/issue/{issue}", issues.show_issue),
    ("PUT", "/issue/{issue}/assignee", issues.put_assignee),
    ("GET", "/issue/{issue}/transitions", issues.list_transitions),
    ("POST", "/issue/{issue}/transitions", issues.do_transition),
    ("GET", "/issue/{issue}/properties", issues.list_properties),
    ("GET", "/issue/{issue}/properties/{property}", issues.show_property),
    ("PUT", "/issue/{issue}/properties/{property}", issues.put_property),
    ("DELETE", "/issue/{issue}/properties/{property}", issues.delete_property),
    ("GET", "/issue/{issue}/comment", comments.list_comments),
    ("POST", "/issue/{issue}/comment", comments.create_comment),
    ("GET", "/issue/{issue}/comment/{comment}", comments.show_comment),
)
PERSONAL_ACCESS_TOKENS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/tokens", pats.list_tokens),
    ("POST", "/tokens", pats.create_token),
    ("DELETE", "/tokens/{token}", pats.delete_token),
)


def create_app(state: State, webhook_transport: httpx.AsyncBaseTransport | None = None) -> ASGIApp:
    """Serve this state; `webhook_transport` lets tests receive webhooks without a socket."""
    services = Services(state, Provider(state), OAuth2Provider(state), Webhooks(state, webhook_transport))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await services.webhooks.close()

    routes = [
        Mount(CONTROL, routes=Control(services).routes()),
        Mount(state.context_path, routes=_jira_routes(services)),
    ]
    return _Outermost(Starlette(routes=routes, lifespan=lifespan), state)


class _Outermost:
    """Jira proper is recorded and suffers faults, the control API is not and does not; both save what they changed."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._watched = Recorder(Faulty(app, state.faults), state)
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watched = not scope["path"].startswith(CONTROL)
        try:
            await (self._watched if watched else self._app)(scope, receive, send)
        finally:
            if scope["method"] != "GET":
                self._state.save()


def _jira_routes(services: Services) -> list[BaseRoute]:
    async def server_info(_request: Request) -> Response:
        return JSONResponse(IssueShapes(services.state).server_info())

    async def status(_request: Request) -> Response:
        return JSONResponse({"state": "RUNNING"})

    info = Route("/serverInfo", server_info)

    def calls(handlers: Iterable[tuple[str, str, Handler]]) -> list[Route]:
        return [Route(path, rest(services, handler), methods=[method]) for method, path, handler in handlers]

    return [
        Route("/status", status),
        *(Mount(f"/rest/api/{version}", routes=[info, *calls(HANDLERS)]) for version in ("2", "latest")),
        *(Mount(f"/rest/pat/{version}", routes=calls(PERSONAL_ACCESS_TOKENS)) for version in ("1.0", "latest")),
        *calls([*BEFORE_10.handlers(), *SINCE_10.handlers()]),
        *OAuth2Pages(services).routes(),
        *AuthorizedApplications(services).routes(),
        *Pages(services).routes(),
    ]
