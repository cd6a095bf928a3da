"""`POST /api/messages`: what the Bot Connector calls."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot_gateway.activity import Activity
from bot_gateway.decide import Heard
from bot_gateway.refusals import Refusals
from bot_gateway.registration_codes import RegistrationCodes
from bot_gateway.tickets import Tickets
from bot_gateway.token_validation import Admission, TokenRefused, TokenValidation
from chassis.bodies import BodyBroken, BodyTooLarge, BodyTooSlow, read_body
from chassis.errors import Poison, Unavailable

log = structlog.get_logger()
Hear = Callable[[Heard], Awaitable[Mapping[str, Any] | None]]
PATH = "/api/messages"
NOTHING_TO_SAY = Response()


@dataclass(frozen=True)
class Door:
    """Who may come in, and with how much."""

    tokens: TokenValidation
    admission: Admission
    codes: RegistrationCodes
    tickets: Tickets
    refusals: Refusals
    body_limit: int = 256 * 1024
    body_patience: timedelta = timedelta(seconds=10)


class Messages:
    """The one route that every message takes, as an ASGI application: Starlette's layers would cost as much again."""

    def __init__(self, door: Door, hear: Hear) -> None:
        self._door = door
        self._hear = hear

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hear the activity and answer it."""
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            said = await self._hear(await self._heard(scope, receive))
        except TokenRefused as refusal:
            self._door.refusals.count(refusal.counted)
            log.info("request_refused", status=refusal.status, why=str(refusal))
            return _problem(refusal.status, str(refusal), {"WWW-Authenticate": "Bearer"})
        except BodyTooLarge:
            return _problem(413, f"The body is larger than {self._door.body_limit} bytes.", {"Connection": "close"})
        except BodyTooSlow:
            return _problem(408, "The body took too long.", {"Connection": "close"})
        except ValidationError:
            return _problem(400, "The body is not an activity.")
        except BodyBroken:
            return _problem(400, "The body did not arrive.")
        except Poison:
            return _problem(413, "The activity is larger than what Bridge can pass on.")
        except Unavailable as error:
            log.warning("request_put_off", error=str(error))
            return _problem(503, "Bridge cannot take this now; please try again.", {"Retry-After": "2"})
        return NOTHING_TO_SAY if said is None else JSONResponse(said)

    async def _heard(self, scope: Scope, receive: Receive) -> Heard:
        """Let an activity in: first the token, then the body, then what it says of itself."""
        door = self._door
        token = await door.tokens.verify(_authorization(scope))
        activity = Activity.model_validate_json(await read_body(receive, door.body_limit, door.body_patience))
        return Heard(activity, door.admission.admit(activity, token), datetime.now(UTC), door.codes, door.tickets)


def messages_app(door: Door, hear: Hear) -> ASGIApp:
    """Give the edge as an ASGI application; what is not the one route is answered by Starlette."""
    messages = Messages(door, hear)
    others = Starlette(routes=[Route(PATH, messages, methods=["POST"])])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_message = scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST"
        await (messages if is_message else others)(scope, receive, send)

    return app


def _authorization(scope: Scope) -> str | None:
    """Give the header; ASGI has names in lower case."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value, "latin-1")
    return None


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": _CODES[status], "message": message}}, status, headers)


_CODES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    408: "RequestTimeout",
    413: "RequestTooLarge",
    503: "ServiceUnavailable",
}
