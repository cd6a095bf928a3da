"""REST for administrators: webhooks, in the shape and at the place of Jira before 10, and of Jira since 10."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from devstack.jira.call import Call, Handler, JiraError
from devstack.jira.jql import JqlError
from devstack.jira.model import Json, Webhook
from devstack.jira.webhooks import SIGNED_SINCE, check_jql, milliseconds

ISSUES = "issue-related-events-section"


@dataclass(frozen=True)
class Generation:
    """One of the two resources: where it is, in which Jira, and in which shape it takes and shows a webhook."""

    path: str
    offered: Callable[[int], bool]
    read: Callable[[Json, Webhook], Webhook]
    show: Callable[[Call, str, Webhook], Json]

    def handlers(self) -> list[tuple[str, str, Handler]]:
        one = f"{self.path}/{{webhook}}"
        return [
            ("GET", self.path, self._list),
            ("POST", self.path, self._create),
            ("GET", one, self._show),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
        ]

    async def _list(self, call: Call) -> Response:
        self._check(call)
        return JSONResponse([self.show(call, key, hook) for key, hook in call.state.world.webhooks.items()])

    async def _create(self, call: Call) -> Response:
        self._check(call)
        hook = await self._sent(call, Webhook(""))
        key = call.state.world.next_id("webhook")
        call.state.world.webhooks[key] = hook
        return JSONResponse(self.show(call, key, hook), 201)

    async def _show(self, call: Call) -> Response:
        self._check(call)
        key = _existing(call)
        return JSONResponse(self.show(call, key, call.state.world.webhooks[key]))

    async def _update(self, call: Call) -> Response:
        self._check(call)
        key = _existing(call)
        hook = await self._sent(call, call.state.world.webhooks[key])
        call.state.world.webhooks[key] = hook
        return JSONResponse(self.show(call, key, hook))

    async def _delete(self, call: Call) -> Response:
        self._check(call)
        del call.state.world.webhooks[_existing(call)]
        return Response(status_code=204)

    def _check(self, call: Call) -> None:
        if not self.offered(call.state.version_numbers[0]):
            raise JiraError(404, "null for uri")
        if not call.may_administer:
            raise JiraError(403, "You do not have permission to administer webhooks.")

    async def _sent(self, call: Call, before: Webhook) -> Webhook:
        """What was sent, laid over what was there, if it is sound."""
        hook = self.read(await call.body(), before)
        parts = urlsplit(hook.url) if isinstance(hook.url, str) else urlsplit("")
        if not isinstance(hook.name, str) or not hook.name.strip():
            raise JiraError(400, name="The name of a webhook must not be empty.")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise JiraError(400, url="The URL of a webhook must be an absolute http or https URL.")
        if not isinstance(hook.events, list) or not all(isinstance(event, str) for event in hook.events):
            raise JiraError(400, events="The events of a webhook must be a list of their names.")
        try:
            check_jql(call.state, hook.jql)
        except JqlError as error:
            raise JiraError(400, filters=str(error)) from error
        now = call.state.now()
        return replace(hook, created=before.created or now, updated=now, updated_by=call.user.name)


def _existing(call: Call) -> str:
    key: str = call.request.path_params["webhook"]
    if key not in call.state.world.webhooks:
        raise JiraError(404, "No webhook with this id exists.")
    return key


def _read_before_10(sent: Json, before: Webhook) -> Webhook:
    return replace(
        before,
        name=sent.get("name", before.name),
        url=sent.get("url", before.url),
        events=sent.get("events", before.events),
        jql=_jql(sent["filters"]) if "filters" in sent else before.jql,
        exclude_body=bool(sent.get("excludeBody", before.exclude_body)),
        active=bool(sent.get("enabled", before.active)),
    )


def _read_since_10(sent: Json, before: Webhook) -> Webhook:
    """A secret counts only within `configuration`; beside it, as in other products, it is silently ignored."""
    configuration = _mapping(sent.get("configuration"))
    return replace(
        before,
        name=sent.get("name", before.name),
        url=sent.get("url", before.url),
        events=sent.get("events", before.events),
        secret=str(configuration["SECRET"]) or None if "SECRET" in configuration else before.secret,
        jql=_jql(configuration["FILTERS"]) if "FILTERS" in configuration else before.jql,
        exclude_body=str(configuration.get("EXCLUDE_BODY", before.exclude_body)).lower() == "true",
        verify_tls=bool(sent.get("sslVerificationRequired", before.verify_tls)),
        active=bool(sent.get("active", before.active)),
    )


def _jql(filters: Any) -> str:
    """The query for issues: of a mapping, or of the text of one."""
    try:
        found = json.loads(filters) if isinstance(filters, str) and filters else filters
    except ValueError as error:
        raise JiraError(400, filters="The filters of a webhook must be JSON.") from error
    return str(_mapping(found).get(ISSUES) or "")


def _mapping(given: Any) -> Json:
    if not isinstance(given or {}, dict):
        raise JiraError(400, "Can not deserialize instance of java.util.LinkedHashMap: an object was expected.")
    return given or {}


def _show_before_10(call: Call, key: str, hook: Webhook) -> Json:
    editor = call.state.world.users.get(hook.updated_by or "")
    return {
        "name": hook.name,
        "url": hook.url,
        "excludeBody": hook.exclude_body,
        "filters": {ISSUES: hook.jql},
        "events": hook.events,
        "enabled": hook.active,
        "self": f"{call.state.base_url}{BEFORE_10.path}/{key}",
        "lastUpdatedUser": editor.key if editor else "",
        "lastUpdatedDisplayName": editor.display_name if editor else "",
        "lastUpdated": milliseconds(hook.updated) if hook.updated else 0,
    }


def _show_since_10(_call: Call, key: str, hook: Webhook) -> Json:
    """The secret is never shown again."""
    return {
        "id": int(key) if key.isdigit() else key,
        "name": hook.name,
        "url": hook.url,
        "events": hook.events,
        "createdDate": milliseconds(hook.created) if hook.created else 0,
        "updatedDate": milliseconds(hook.updated) if hook.updated else 0,
        "configuration": {
            "EXCLUDE_BODY": str(hook.exclude_body).lower(),
            "FILTERS": json.dumps({ISSUES: hook.jql}),
        },
        "active": hook.active,
        "scopeType": "global",
        "sslVerificationRequired": hook.verify_tls,
    }


BEFORE_10 = Generation(
    "/rest/webhooks/1.0/webhook", lambda major: major < SIGNED_SINCE, _read_before_10, _show_before_10
)
SINCE_10 = Generation(
    "/rest/jira-webhook/1.0/webhooks", lambda major: major >= SIGNED_SINCE, _read_since_10, _show_since_10
)
