"""Errors as problem+json (RFC 9457): every one has a sentence that says what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from chassis.errors import Unavailable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "5"


class Problem(BaseModel):
    """The body of every error."""

    type: str
    """`urn:bridge:problem:` and a word for programs."""
    title: str
    status: int
    detail: str
    """For people: what is wrong and what to do."""


class Refusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers

    def response(self) -> JSONResponse:
        """Give the answer."""
        body = Problem(
            type=f"urn:bridge:problem:{self.code}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
        )
        return JSONResponse(body.model_dump(), self.status, self.headers, MEDIA_TYPE)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe a route's errors for the OpenAPI document; what does not fit (422) is always among them."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in (*statuses, 422)}


def pages(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the pages that a browser gets instead, for the OpenAPI document."""
    return {status: {"description": HTTPStatus(status).phrase, "content": {"text/html": {}}} for status in statuses}


SENTENCES = {
    404: ("not-found", "There is nothing at this address: see /openapi.json for what there is."),
    405: ("method-not-allowed", "This address does not take this method: the Allow header says which it takes."),
}


def unavailable() -> Refusal:
    """Say that something we need is out of order."""
    detail = "Bridge cannot do this right now and nothing was changed: try again in a moment."
    return Refusal(503, "unavailable", detail, {"Retry-After": RETRY_AFTER})


def explain(app: FastAPI) -> None:
    """Answer every error with a problem."""

    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> JSONResponse:
        return refusal.response()

    @app.exception_handler(Unavailable)
    async def outage(_: Request, __: Unavailable) -> JSONResponse:
        return unavailable().response()

    @app.exception_handler(HTTPException)
    async def general(_: Request, error: HTTPException) -> JSONResponse:
        code, detail = SENTENCES.get(error.status_code, ("refused", "The request was refused: see /openapi.json."))
        return Refusal(error.status_code, code, detail, error.headers).response()

    @app.exception_handler(RequestValidationError)
    async def misfit(_: Request, error: RequestValidationError) -> JSONResponse:
        return _misfit(error).response()

    @app.exception_handler(Exception)
    async def bug(_: Request, __: Exception) -> JSONResponse:
        return Refusal(500, "internal", "This is a mistake in Bridge: please report it with the time.").response()


def _misfit(error: RequestValidationError) -> Refusal:
    """Say where a request does not fit; never what it said there, which may be a secret."""
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return Refusal(400, "bad-json", "The body is not valid JSON: send a JSON object as /openapi.json describes it.")
    where = "; ".join(f"{_place(one['loc'])}: {one['msg']}" for one in found[:10])
    return Refusal(422, "invalid", f"The request does not fit. {where}. See /openapi.json for what is expected.")


def _place(loc: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in loc[1:]) or str(loc[0])
