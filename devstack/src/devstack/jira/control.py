"""The control API below /_control: what tests and the demo use to look inside and to make trouble."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.jira.call import Services
from devstack.jira.catalogue import ISSUE_TYPES, STATUSES
from devstack.jira.control_tokens import TokenControl
from devstack.jira.faults import Fault
from devstack.jira.model import Issue, Json, Webhook
from devstack.jira.shapes import instant
from devstack.jira.world import add_project, add_user

FAULT = TypeAdapter(Fault)
Answer = Callable[[Json], Any]


class Control:
    """One method per resource; bodies are JSON with camelCase names, answers too."""

    def __init__(self, services: Services) -> None:
        self._state = services.state
        self._webhooks = services.webhooks
        self._tokens = TokenControl(services.state)

    def routes(self) -> list[Route]:
        return [
            _route("GET", "/state", self.show_state),
            _route("GET", "/requests", lambda _: list(self._state.requests)),
            _route("DELETE", "/requests", lambda _: self._forget_requests()),
            _route("GET", "/counters", lambda _: dict(self._state.counters)),
            _route("POST", "/reset", lambda _: self._state.reset()),
            _route("PUT", "/settings", self.put_settings),
            _route("PUT", "/users/{name}", self.put_user),
            _route("PUT", "/projects/{key}", self.put_project),
            _route("PUT", "/consumers/{key}", self._tokens.put_consumer),
            _route("DELETE", "/consumers/{key}", self._tokens.delete_consumer),
            _route("POST", "/oauth2-clients", self._tokens.put_oauth2_client),
            _route("PUT", "/oauth2-clients/{clientId}", self._tokens.put_oauth2_client),
            _route("DELETE", "/oauth2-clients/{clientId}", self._tokens.delete_oauth2_client),
            _route("POST", "/personal-access-tokens", self._tokens.add_personal_access_token),
            _route("POST", "/tokens/revoke", self._tokens.revoke_tokens),
            _route("POST", "/tokens/expire", self._tokens.expire_tokens),
            _route("GET", "/faults", lambda _: [asdict(fault) for fault in self._state.faults]),
            _route("POST", "/faults", self.add_fault),
            _route("DELETE", "/faults", lambda _: self._state.faults.clear()),
            _route("PUT", "/webhooks", self.put_webhook),
            _route("DELETE", "/webhooks", lambda _: self._state.world.webhooks.clear()),
            Route("/webhooks/deliveries", self.list_deliveries, methods=["GET"]),
        ]

    def show_state(self, _given: Json) -> Json:
        """Everything but secrets: no token, no key of a token, no webhook secret."""
        world = self._state.world
        return {
            "baseUrl": self._state.base_url,
            "version": self._state.version,
            "users": [
                {
                    "name": user.name,
                    "key": user.key,
                    "displayName": user.display_name,
                    "active": user.active,
                    "administrator": user.administrator,
                }
                for user in world.users.values()
            ],
            "projects": [
                {"key": project.key, "name": project.name, "members": project.members, "lead": project.lead}
                for project in world.projects.values()
            ],
            "issues": [_issue(issue) for issue in world.issues.values()],
            "consumers": [{"key": known.key, "name": known.name} for known in world.consumers.values()],
            "tokens": [
                {"user": token.user, "consumer": token.consumer, "issued": instant(token.issued)}
                for token in world.access_tokens.values()
            ],
            "oauth2Clients": [
                {"clientId": known.id, "name": known.name, "redirectUrl": known.redirect_url, "scope": known.scope}
                for known in world.oauth2_clients.values()
            ],
            "oauth2Tokens": [
                {"user": pair.user, "clientId": pair.client, "scope": pair.scope, "issued": instant(pair.issued)}
                for pair in world.oauth2_tokens.values()
                if pair.access_digest is not None
            ],
            "personalAccessTokens": [
                {"id": made.id, "name": made.name, "user": made.user, "created": instant(made.created)}
                for made in world.personal_access_tokens.values()
            ],
            "webhooks": [
                {"id": key, "name": hook.name, "url": hook.url, "events": hook.events, "active": hook.active}
                for key, hook in world.webhooks.items()
            ],
        }

    def put_settings(self, given: Json) -> None:
        """`baseUrl` (to play a proxy whose address Jira does not know; the context path stays), `version`,
        `webhookIdentifiers` (see `State`), and those of `TokenControl`.
        """
        version = str(given.get("version", self._state.version))
        if not all(part.isdigit() for part in version.split(".")):
            raise ValueError("version must be numbers with dots between them")
        self._tokens.put_settings(given)
        self._state.base_url = str(given.get("baseUrl", self._state.base_url)).rstrip("/")
        self._state.version = version
        self._state.webhook_identifiers = bool(given.get("webhookIdentifiers", self._state.webhook_identifiers))

    def put_user(self, given: Json) -> None:
        name = given["name"]
        user = self._state.world.users.get(name) or add_user(self._state.world, name, name)
        user.display_name = given.get("displayName", user.display_name)
        user.active = given.get("active", user.active)
        user.administrator = given.get("administrator", user.administrator)
        user.personal_access_token = given.get("personalAccessToken", user.personal_access_token)

    def put_project(self, given: Json) -> None:
        """`name`, `lead`, `members` (null: everybody), `requiredFields`."""
        key, users = given["key"], self._state.world.users
        if unknown := {*(given.get("members") or []), given.get("lead", "admin")} - users.keys():
            raise ValueError(f"unknown users: {sorted(unknown)}")
        project = self._state.world.projects.get(key) or add_project(self._state.world, key, key, "admin")
        project.name = given.get("name", project.name)
        project.lead = given.get("lead", project.lead)
        project.members = given.get("members", project.members)
        project.required_fields = given.get("requiredFields", project.required_fields)

    def add_fault(self, given: Json) -> Json:
        """A `Fault`, see there; `retry_after` and the like as they are called there."""
        fault = FAULT.validate_python(given)
        self._state.faults.append(fault)
        return {"id": fault.id}

    def put_webhook(self, given: Json) -> None:
        """`url`, `events` (none: all), `secret`, `name`; one per URL."""
        url, hooks = given["url"], self._state.world.webhooks
        key = next((key for key, hook in hooks.items() if hook.url == url), None)
        hook = Webhook(url, given.get("events") or [], given.get("secret"), name=given.get("name", "Bridge"))
        hooks[key or self._state.world.next_id("webhook")] = hook

    async def list_deliveries(self, _request: Request) -> Response:
        """What was posted and answered; waits for what is under way."""
        await self._webhooks.settle()
        return _json(list(self._state.deliveries))

    def _forget_requests(self) -> None:
        self._state.requests.clear()
        self._state.counters.clear()


def _json(value: object) -> Response:
    """ASCII only, for what was received may hold text that is no UTF-8."""
    return Response(json.dumps(value), media_type="application/json")


def _route(method: str, path: str, answer: Answer) -> Route:
    """A route whose handler gets the JSON body and the path's parameters as one mapping."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json() if await request.body() else {}
            result = answer({**body, **request.path_params})
        except KeyError as error:
            return JSONResponse({"error": f"missing or unknown: {error}"}, 400)
        except (TypeError, ValueError, ValidationError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204) if result is None else _json(result)

    return Route(path, endpoint, methods=[method])


def _issue(issue: Issue) -> Json:
    return {
        "id": issue.id,
        "key": issue.key,
        "project": issue.project,
        "type": ISSUE_TYPES[issue.type_id].name,
        "summary": issue.summary,
        "description": issue.description,
        "status": STATUSES[issue.status_id].name,
        "assignee": issue.assignee,
        "reporter": issue.reporter,
        "creator": issue.creator,
        "created": instant(issue.created),
        "updated": instant(issue.updated),
        "properties": issue.properties,
        "comments": [
            {
                "id": comment.id,
                "author": comment.author,
                "body": comment.body,
                "created": instant(comment.created),
                "properties": comment.properties,
            }
            for comment in issue.comments
        ],
        "changes": [
            {
                "author": change.author,
                "items": [{"field": item.field, "from": item.old_text, "to": item.new_text} for item in change.items],
            }
            for change in issue.changes
        ],
    }
