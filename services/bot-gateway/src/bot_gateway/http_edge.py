"""`POST /api/messages`: what the Bot Connector calls."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot_gateway.activity import Activity
from bot_gateway.decide import Heard
from bot_gateway.registration_codes import RegistrationCodes
from bot_gateway.token_validation import Admission, TokenRefused, TokenValidation
from chassis.errors import Poison, Unavailable

log = structlog.get_logger()
Hear = Callable[[Heard], Awaitable[Mapping[str, Any]]]
BODY_PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True)
class Door:
    """Who may come in, and with how much."""

    tokens: TokenValidation
    admission: Admission
    codes: RegistrationCodes
    body_limit: int = 256 * 1024


class BodyRefused(Exception):
    """The body is too large, or takes too long."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def messages_app(door: Door, hear: Hear) -> Starlette:
    """Give the edge as an ASGI application."""

    async def messages(request: Request) -> Response:
        try:
            return JSONResponse(await hear(await _heard(request, door)))
        except TokenRefused as refusal:
            log.info("request_refused", status=refusal.status, why=str(refusal))
            return _problem(refusal.status, str(refusal), {"WWW-Authenticate": "Bearer"})
        except BodyRefused as refusal:
            return _problem(refusal.status, str(refusal), {"Connection": "close"})
        except ValidationError:
            return _problem(400, "The body is not an activity.")
        except ClientDisconnect:
            return _problem(400, "The body did not arrive.")
        except Poison:
            return _problem(413, "The activity is larger than what Bridge can pass on.")
        except Unavailable as error:
            log.warning("request_put_off", error=str(error))
            return _problem(503, "Bridge cannot take this now; please try again.", {"Retry-After": "2"})

    return Starlette(routes=[Route("/api/messages", messages, methods=["POST"])])


async def _heard(request: Request, door: Door) -> Heard:
    """Let an activity in: first the token, then the body, then what it says of itself."""
    token = await door.tokens.verify(request.headers.get("authorization"))
    activity = Activity.model_validate_json(await _body(request, door.body_limit))
    return Heard(activity, door.admission.admit(activity, token), datetime.now(UTC), door.codes)


async def _body(request: Request, limit: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_PATIENCE.total_seconds()):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise BodyRefused(413, f"The body is larger than {limit} bytes.")
    except TimeoutError:
        raise BodyRefused(408, "The body took too long.") from None
    return bytes(body)


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
