"""The requests that Bridge sends to Jira's REST API v2, as pure functions; keys in paths are checked before."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from jira_actor.http import Request

API = "/rest/api/2"
PERSONAL_TOKENS = "/rest/pat/latest/tokens"
CARD_FIELDS = (
    "summary",
    "description",
    "project",
    "issuetype",
    "status",
    "priority",
    "assignee",
    "reporter",
    "updated",
)
MARKER = "bridge.intent"
"""The entity property that says which intent made a comment or an issue."""
PAGE = 50
"""Comments that are asked for at one time."""


def server_info() -> Request:
    """Ask who this Jira is; needs no sign-in."""
    return Request("GET", f"{API}/serverInfo")


def myself() -> Request:
    """Ask who we are."""
    return Request("GET", f"{API}/myself")


def project(key: str) -> Request:
    """Ask for a project with its issue types."""
    return Request("GET", f"{API}/project/{key}")


def issue(key: str) -> Request:
    """Ask for what a card shows, what may be done next, and our marker."""
    return Request("GET", f"{API}/issue/{key}?{_FOR_A_CARD}")


def history(key: str) -> Request:
    """Ask for who changed what when."""
    return _get(f"/issue/{key}", fields="status", expand="changelog")


def create(fields: Mapping[str, Any], intent_id: str) -> Request:
    """Make an issue that carries the intent's id."""
    return Request("POST", f"{API}/issue", {"fields": fields, "properties": [marker(intent_id)]})


def comments(key: str, start_at: int = 0) -> Request:
    """Ask for a page of comments, the newest first, with their properties."""
    return _get(f"/issue/{key}/comment", startAt=start_at, maxResults=PAGE, orderBy="-created", expand="properties")


def comment(key: str, text: str, intent_id: str) -> Request:
    """Write a comment that carries the intent's id."""
    return Request("POST", f"{API}/issue/{key}/comment", {"body": text, "properties": [marker(intent_id)]})


def assignable(key: str, name: str) -> Request:
    """Ask who matches a name and may be given an issue."""
    return _get("/user/assignable/search", username=name, issueKey=key, maxResults=20)


def assign(key: str, name: str) -> Request:
    """Give an issue to a user."""
    return Request("PUT", f"{API}/issue/{key}/assignee", {"name": name})


def transition(key: str, transition_id: str) -> Request:
    """Move an issue."""
    return Request("POST", f"{API}/issue/{key}/transitions", {"transition": {"id": transition_id}})


def search(jql: str, size: int) -> Request:
    """Search; a POST, so that no JQL stands in URLs and access logs."""
    body = {"jql": jql, "startAt": 0, "maxResults": size, "fields": list(CARD_FIELDS), "validateQuery": True}
    return Request("POST", f"{API}/search", body)


def request_token() -> Request:
    """Step 1 of OAuth 1.0a."""
    return Request("POST", "/plugins/servlet/oauth/request-token")


def access_token() -> Request:
    """Step 3 of OAuth 1.0a."""
    return Request("POST", "/plugins/servlet/oauth/access-token")


def token(form: Mapping[str, str]) -> Request:
    """Exchange a code or a refresh token (OAuth 2.0)."""
    return Request("POST", "/rest/oauth2/latest/token", form=form)


def own_tokens() -> Request:
    """Ask for the caller's personal access tokens: their ids and names, not their values (since 8.14)."""
    return Request("GET", PERSONAL_TOKENS)


def delete_own_token(token_id: int) -> Request:
    """Delete one of the caller's personal access tokens."""
    return Request("DELETE", f"{PERSONAL_TOKENS}/{token_id}")


def marker(intent_id: str) -> dict[str, Any]:
    """Give the entity property that names an intent."""
    return {"key": MARKER, "value": {"id": intent_id}}


def _get(path: str, **query: str | int) -> Request:
    return Request("GET", f"{API}{path}?{_encoded(**query)}")


def _encoded(**query: str | int) -> str:
    return urlencode(query, quote_via=quote)


_FOR_A_CARD = _encoded(fields=",".join(CARD_FIELDS), expand="transitions", properties=MARKER)
