"""Judging Jira's answers: what is data, what a refusal, what an outage."""

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from jira_actor.errors import JiraRefused, JiraUnavailable, PermissionLost, SignatureRefused
from jira_actor.http import Answer

LONGEST_WAIT = timedelta(minutes=15)

_OAUTH_PROBLEM = re.compile(r'oauth_problem="?([a-z_]+)')
_LOST = {"token_rejected", "token_expired", "token_revoked", "permission_denied", "permission_unknown"}
_CODES = {400: "invalid", 401: "forbidden", 403: "forbidden", 404: "not_found", 409: "conflict", 413: "too_large"}
_DEFAULTS = {
    "forbidden": "Jira says that you may not do this.",
    "not_found": "Jira does not have this, or you may not see it.",
    "too_large": "Jira says that this is too large.",
}


class ErrorCollection(BaseModel):
    """Jira's own words for what is wrong."""

    errorMessages: list[str] = []  # noqa: N815 - Jira's spelling
    errors: dict[str, Any] = {}

    def text(self) -> str:
        """Join the sentences; empty when Jira gave none."""
        sentences = [*self.errorMessages, *(str(text) for text in self.errors.values())]
        return " ".join(sentence.strip() for sentence in sentences if sentence.strip())[:1000]


def data(answer: Answer) -> Any:
    """Give the answer's JSON (None for an empty body); raise a `JiraError` for everything that is not data."""
    if answer.status >= 300:
        raise_for(answer)
    if not answer.body:
        return None
    if not answer.is_json:
        raise JiraRefused(
            "Jira answered with a web page instead of data.",
            "not_jira",
            "This is often a login page or a proxy in front of Jira. Please tell your Jira administrator.",
        )
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise JiraUnavailable("Jira's JSON is broken") from error


def raise_for(answer: Answer) -> None:
    """Raise what an answer that is no success means."""
    status = answer.status
    if status == 429 or status >= 500:
        raise JiraUnavailable(f"Jira answered {status}", retry_after(answer.headers.get("retry-after")))
    if 300 <= status < 400:
        raise JiraRefused(
            "Jira's address redirects somewhere else.",
            "redirected",
            "Please tell your Jira administrator: the registered address must be Jira's own.",
        )
    if status == 401 and (problem := oauth_problem(answer)):
        raise_for_oauth(problem)
    code = _CODES.get(status, "refused")
    said = jiras_words(answer)
    raise JiraRefused(said or _DEFAULTS.get(code, f"Jira refused this ({status})."), code)


def raise_for_oauth(problem: str) -> None:
    """Raise what an `oauth_problem` means."""
    if problem in _LOST:
        raise PermissionLost(problem)
    if problem == "nonce_used":
        raise JiraUnavailable("Jira saw a nonce twice; a new signature is needed")
    raise SignatureRefused(problem)


def oauth_problem(answer: Answer) -> str | None:
    """Find `oauth_problem` in the header, or in the form that some servers send instead."""
    form = answer.body[:2000].decode(errors="replace") if not answer.is_json else ""
    found = _OAUTH_PROBLEM.search(answer.headers.get("www-authenticate", "") + "\n" + form)
    return found.group(1) if found else None


def jiras_words(answer: Answer) -> str:
    """Give the texts of Jira's ErrorCollection; empty when the body is something else."""
    if not answer.is_json:
        return ""
    try:
        return ErrorCollection.model_validate_json(answer.body).text()
    except ValidationError:
        return ""


def retry_after(value: str | None) -> timedelta | None:
    """Read `Retry-After`: seconds or a date, held within bounds."""
    if value is None:
        return None
    if value.strip().isdigit():
        return min(timedelta(seconds=int(value[:9])), LONGEST_WAIT)
    try:
        due = parsedate_to_datetime(value)
    except ValueError:
        return None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return min(max(due - datetime.now(UTC), timedelta()), LONGEST_WAIT)
