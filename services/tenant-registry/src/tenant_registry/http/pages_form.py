"""What the form of a registration said, as the registration call that it is; and what does not fit, by its fields."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import ValidationError

from contracts.base_url import BadBaseUrl
from tenant_registry.base_url import canonical
from tenant_registry.http.calls import RegistrationCall
from tenant_registry.http.problem import Refusal
from tenant_registry.sites import LONGEST

SECRETS = ("clientSecret", "oldToken")
LISTS = ("sourceNetworks", "destinations")
FOR_OAUTH2 = ("clientId", "clientSecret")
MISSING = {
    "code": "Enter the code that the bot gave you in Teams.",
    "baseUrl": "Enter the address at which people open this Jira.",
    "authMode": "Choose how Bridge acts for people.",
}
MISFITS = {
    **MISSING,
    "code": "The code is longer than any code is: copy it from Teams again.",
    "version": "The version is too long, or has no number: write it as Jira shows it, such as 9.12.4.",
    "alias": f"The short name must be letters and digits, with hyphens only between them, at most {LONGEST}.",
    "clientId": "The client ID holds something that none has: copy it from Jira again.",
    "clientSecret": "The client secret holds something that none has: copy it from Jira again.",
}
FIELDS_OF = {
    "bad-code": "code",
    "other-organisation": "code",
    "bad-base-url": "baseUrl",
    "too-old": "authMode",
    "no-client": "clientId",
    "alias-taken": "alias",
    "locked-out": "sourceNetworks",
    "already-registered": "oldToken",
    "bad-proof": "oldToken",
}
WORDS = {
    "too-old": "This way needs a newer Jira than the version that you entered: choose another way.",
    "no-client": "Create the incoming link in Jira first, then enter the client ID and the secret that it shows.",
    "alias-taken": "Another Jira of your organisation has this short name: choose another one, or leave it empty.",
    "already-registered": (
        "This Jira is registered for your organisation already. To register it anew, enter its registration token here."
        " If you do not have it any more, ask whoever runs Bridge to delete the registration first."
    ),
    "bad-proof": "This is not the registration token that this Jira was registered with.",
}


async def read(request: Request) -> dict[str, str]:
    """Read a form that a page of ours sent: the last value of each field, without blanks around it."""
    body = (await request.body()).decode(errors="replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=40)
    except ValueError:
        raise Refusal(422, "invalid", "The form has more fields than any of ours: open the page again.") from None
    return {name: value.strip().replace("\r\n", "\n") for name, value in pairs}


class Misfit(Exception):
    """Some fields do not fit: what is wrong, by field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__()
        self.problems = problems


def call_of(form: Mapping[str, str], *, allow_http: bool) -> RegistrationCall:
    """Give the registration call that a form makes. Raises Misfit."""
    problems = {name: text for name, text in MISSING.items() if not form.get(name)}
    if "baseUrl" not in problems and (wrong := _wrong_url(form["baseUrl"], allow_http=allow_http)):
        problems["baseUrl"] = wrong
    said: dict[str, Any] = {"product": "jira"}
    for name in ("code", "baseUrl", "version", "authMode", "alias", *FOR_OAUTH2):
        if form.get(name) and not (name in FOR_OAUTH2 and form.get("authMode") != "oauth2"):
            said[name] = form[name]
    for name in LISTS:
        if lines := form.get(name, "").replace(",", "\n").split():
            said[name] = lines
    try:
        call = RegistrationCall.model_validate(said)
    except ValidationError as error:
        raise Misfit(_by_field(error) | problems) from None
    if problems:
        raise Misfit(problems)
    return call


def old_token(form: Mapping[str, str]) -> HTTPAuthorizationCredentials | None:
    """Give the token that registers a known Jira anew."""
    token = form.get("oldToken")
    return HTTPAuthorizationCredentials(scheme="Bearer", credentials=token) if token else None


def problems_of(refusal: Refusal) -> dict[str, str]:
    """Say a refusal in the form's words, next to its field."""
    text = WORDS.get(refusal.code, refusal.detail)
    for theirs, ours in (("baseUrl ", "The address "), ("sourceNetworks does", "The list does")):
        if text.startswith(theirs):
            text = ours + text.removeprefix(theirs)
    return {FIELDS_OF.get(refusal.code, ""): text}


def echo(form: Mapping[str, str]) -> dict[str, str]:
    """Give what may be shown again; passwords are typed again."""
    return {name: text for name, text in form.items() if name not in SECRETS}


def _wrong_url(text: str, *, allow_http: bool) -> str | None:
    try:
        canonical(text, allow_http=allow_http)
    except BadBaseUrl as bad:
        return f"The address {bad}."
    return None


def _by_field(error: ValidationError) -> dict[str, str]:
    """Say what does not fit in the form's words; never with what was written."""
    found: dict[str, str] = {}
    for one in error.errors(include_input=False, include_url=False):
        name = str(one["loc"][0]) if one["loc"] else ""
        if name in LISTS:
            message = one["msg"].removeprefix("Value error, ")
            found[name] = f"The list {message}." if one["type"] == "value_error" else "The list is too long."
        else:
            found[name] = MISFITS.get(name, "Something in this form cannot be read: open the page again.")
    return found
