"""Jira's webhooks as its administrators see them: two resources of two shapes, before Jira 10 and since."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts.hooks import EVENTS
from jira_actor.http import Request
from jira_actor.jira_wire import WebhookWire
from jira_actor.readings import not_understood
from jira_actor.session import Session

BEFORE_10 = "/rest/webhooks/1.0/webhook"
SINCE_10 = "/rest/jira-webhook/1.0/webhooks"
SIGNED_SINCE = 10
NAME = "Bridge"
_LISTED = TypeAdapter(tuple[WebhookWire, ...])
_ID = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"


@dataclass(frozen=True)
class Wanted:
    """Bridge's webhook in one Jira."""

    url: str
    """Without the secret."""
    secret: str = field(repr=False)
    signed: bool
    """Whether this Jira signs what it sends; one that does not proves itself by the address."""

    @property
    def resource(self) -> str:
        """Give where this Jira keeps its webhooks."""
        return SINCE_10 if self.signed else BEFORE_10

    def body(self) -> dict[str, Any]:
        """Give it as this Jira takes it; a secret beside `configuration` would be ignored without a word."""
        if self.signed:
            return {
                "name": NAME,
                "url": self.url,
                "events": list(EVENTS),
                "configuration": {"SECRET": self.secret, "EXCLUDE_BODY": "false"},
                "sslVerificationRequired": True,
                "active": True,
            }
        return {
            "name": NAME,
            "url": f"{self.url}/{self.secret}",
            "events": list(EVENTS),
            "filters": {"issue-related-events-section": ""},
            "excludeBody": False,
            "enabled": True,
        }


def signs(version: str) -> bool:
    """Tell whether a Jira of this version signs its webhooks."""
    first = version.strip().partition(".")[0]
    return first.isdigit() and len(first) < 5 and int(first) >= SIGNED_SINCE


async def put(wanted: Wanted, session: Session) -> str:
    """Create the webhook, or bring the one that is there up to date; give its id. Raises `JiraError`."""
    there = await _there(wanted, session)
    if there is None:
        made = _read(await session.send(Request("POST", wanted.resource, wanted.body())))
        return made.key
    await session.send(Request("PUT", f"{wanted.resource}/{there}", wanted.body()))
    return there


async def _there(wanted: Wanted, session: Session) -> str | None:
    """Find the webhook that leads to us, by its address with or without a secret."""
    try:
        listed = _LISTED.validate_python(await session.send(Request("GET", wanted.resource)))
    except ValidationError as error:
        raise not_understood() from error
    ours = [hook.key for hook in listed if hook.url == wanted.url or hook.url.startswith(f"{wanted.url}/")]
    return next((key for key in ours if key and set(key) <= set(_ID)), None)


def _read(answer: Any) -> WebhookWire:
    try:
        return WebhookWire.model_validate(answer)
    except ValidationError as error:
        raise not_understood() from error
