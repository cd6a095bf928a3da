"""REST below /rest/pat/latest: a person's own personal access tokens."""

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import JSONResponse, Response

from devstack.jira.call import Call, JiraError
from devstack.jira.model import Json, PersonalAccessToken
from devstack.jira.shapes import instant
from devstack.jira.state import State
from devstack.jira.tokens import digest

OFFERED_SINCE = [8, 14]


@dataclass(frozen=True)
class NewToken:
    user: str
    name: str
    lifetime: timedelta | None = None
    raw: str | None = None
    """What the token shall be; None lets Jira draw one."""


def create(state: State, wanted: NewToken) -> tuple[PersonalAccessToken, str]:
    """Make a token; the second value is the token itself, which is told only now."""
    raw, now = wanted.raw or _drawn(), state.now()
    made = PersonalAccessToken(
        id=state.world.next_id("personal access token"),
        name=wanted.name,
        user=wanted.user,
        digest=digest(raw),
        created=now,
        expires=None if wanted.lifetime is None else now + wanted.lifetime,
    )
    state.world.personal_access_tokens[made.id] = made
    return made, raw


def _drawn() -> str:
    """44 characters of Base64 as Jira's are: a number, a colon, 20 random bytes; `+` and `/` occur in it."""
    return base64.b64encode(b"%012d:" % secrets.randbelow(10**12) + secrets.token_bytes(20)).decode()


async def list_tokens(call: Call) -> Response:
    _check_offered(call)
    return JSONResponse([_shape(made) for made in _own(call)])


async def create_token(call: Call) -> Response:
    """`name`, and `expirationDuration` in days (none: it lives for ever)."""
    _check_offered(call)
    sent = await call.body()
    name, days = sent.get("name"), sent.get("expirationDuration")
    if not isinstance(name, str) or not name.strip():
        raise JiraError(400, name="Token name is required.")
    if days is not None and (not isinstance(days, int) or not 0 < days <= 36_500):
        raise JiraError(400, expirationDuration="The number of days must be positive.")
    lifetime = None if days is None else timedelta(days=days)
    made, raw = create(call.state, NewToken(call.user.name, name, lifetime))
    return JSONResponse(_shape(made) | {"rawToken": raw}, 201)


async def delete_token(call: Call) -> Response:
    _check_offered(call)
    wanted = call.request.path_params["token"]
    if wanted not in {made.id for made in _own(call)}:
        raise JiraError(404, "Token not found.")
    del call.state.world.personal_access_tokens[wanted]
    return Response(status_code=204)


def _own(call: Call) -> list[PersonalAccessToken]:
    return [made for made in call.state.world.personal_access_tokens.values() if made.user == call.user.name]


def _check_offered(call: Call) -> None:
    if call.state.version_numbers < OFFERED_SINCE:
        raise JiraError(404, "null for uri")


def _shape(made: PersonalAccessToken) -> Json:
    shape: Json = {"id": int(made.id), "name": made.name, "createdAt": instant(made.created)}
    return shape if made.expires is None else shape | {"expiringAt": instant(made.expires)}
