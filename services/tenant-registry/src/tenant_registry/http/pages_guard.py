"""Who sent a form: a page of ours in the same browser; and the token of a registration as that browser keeps it."""

import hmac
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.security import HTTPAuthorizationCredentials
from starlette.responses import Response

from tenant_registry.http.problem import Refusal

FORM_FIELD = "form"
STAYS = timedelta(hours=8)
NOT_OURS = "This form did not come from a page of Bridge: open the page again and fill it in there."
NO_COOKIE = "Your browser did not send this form's cookie: allow cookies for this address, then send the form again."


class Guard:
    """Cookies that go nowhere but here, and the check that a form is ours."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._root = parts.path
        self._secure = parts.scheme == "https"
        self._form_cookie = "__Host-bridge-form" if self._secure else "bridge-form"
        self._tenant_cookie = "__Secure-bridge-registration" if self._secure else "bridge-registration"

    def form_token(self, request: Request) -> str:
        """Give the value that a form carries besides its cookie: the one that the browser has, or a new one."""
        return request.cookies.get(self._form_cookie) or secrets.token_urlsafe(32)

    def keep_form(self, response: Response, token: str) -> None:
        """Have the browser send it with the form."""
        # A name with __Host- needs the path /; no page of another path reads it, for no script may.
        self._set(response, self._form_cookie, token, "/")

    def check(self, request: Request, form: dict[str, str]) -> None:
        """Refuse what another site may have made the browser send."""
        fetched, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if fetched not in (None, "same-origin") or origin not in (None, "null", self._origin):
            raise Refusal(403, "other-site", NOT_OURS)  # our own pages name no referrer, so their origin is null
        kept, sent = request.cookies.get(self._form_cookie, ""), form.get(FORM_FIELD, "")
        if not kept:
            raise Refusal(403, "no-cookie", NO_COOKIE)
        if not hmac.compare_digest(kept.encode(), sent.encode()):
            raise Refusal(403, "other-site", NOT_OURS)

    def bearer(self, request: Request) -> HTTPAuthorizationCredentials | None:
        """Give the registration token that the browser keeps for this page."""
        token = request.cookies.get(self._tenant_cookie)
        return HTTPAuthorizationCredentials(scheme="Bearer", credentials=token) if token else None

    def keep_token(self, response: Response, tenant_id: str, token: str) -> None:
        """Have the browser keep it, for the pages of this registration alone."""
        self._set(response, self._tenant_cookie, token, self._page(tenant_id))

    def forget_token(self, response: Response, tenant_id: str) -> None:
        """Have the browser forget it."""
        path = self._page(tenant_id)
        response.delete_cookie(self._tenant_cookie, path, secure=self._secure, httponly=True, samesite="strict")

    def _page(self, tenant_id: str) -> str:
        return f"{self._root}/register/{tenant_id}"

    def _set(self, response: Response, name: str, value: str, path: str) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(STAYS.total_seconds()),
            path=path,
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
