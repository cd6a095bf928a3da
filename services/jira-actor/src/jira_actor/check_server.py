"""Is what answers at a tenant's address a Jira? What it is instead, and what to do."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pydantic import ValidationError

from jira_actor.answers import data
from jira_actor.guard import Target
from jira_actor.http import Answer
from jira_actor.jira_wire import ServerInfo
from jira_actor.probes import CheckFailed

_BASE_URL = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~-]+)*/?")
_PLACE = re.compile(
    r"(?P<base>https?://(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?)([/?#].*)?"
)
_CHECK_THE_ADDRESS = "Check the address; a Jira in a path needs it, as in https://example.com/jira."


def server_info_in(answer: Answer, target: Target) -> ServerInfo:
    """Read what a Jira says about itself; raise `CheckFailed` or `JiraError`."""
    if 300 <= answer.status < 400:
        raise _redirected(answer, target)
    if answer.status == 404:
        raise CheckFailed("There is no Jira at this address.", _CHECK_THE_ADDRESS)
    try:
        info = ServerInfo.model_validate(data(answer))
    except ValidationError as error:
        raise CheckFailed("What answers at this address is not a Jira.", _CHECK_THE_ADDRESS) from error
    if not _BASE_URL.fullmatch(info.base_url):
        raise CheckFailed("Jira's own base URL is not valid.", "Correct it in Jira's general settings.")
    return info


def clock_off(info: ServerInfo, answer: Answer) -> timedelta:
    """Measure how far Jira's clock is from ours; zero where it does not tell."""
    try:
        theirs = info.server_time or parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return timedelta()
    return abs(datetime.now(UTC) - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)))


def _redirected(answer: Answer, target: Target) -> CheckFailed:
    place = _PLACE.fullmatch(answer.headers.get("location", ""))
    if place is None:
        return CheckFailed(
            "This address redirects somewhere else.", "Register the address at which people end up when they open Jira."
        )
    same_host = place["host"].strip("[]").lower() == target.host
    if same_host and target.scheme == "http" and place["base"].startswith("https://"):
        advice = f"Register it with https: {place['base']}{target.path}"
        return CheckFailed("This address redirects from http to https, which Bridge does not follow.", advice)
    return CheckFailed(
        f"This address redirects to {place['base']}, where Bridge does not follow.",
        "If Jira is there, register that address. If it is a login page, a proxy in front of Jira asks everybody to "
        "log in: let Bridge pass to /rest and /plugins/servlet/oauth.",
    )
