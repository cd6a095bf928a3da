"""How pages are answered: with the form's cookie; and an error is a page too."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, Response

from chassis.errors import Unavailable
from tenant_registry.http.bearers import Caller, Doors
from tenant_registry.http.pages_desk import Desk
from tenant_registry.http.pages_guard import Guard
from tenant_registry.http.pages_html import Page, Paper
from tenant_registry.http.pages_parts import Said
from tenant_registry.http.pages_tenant import message_page, token_page
from tenant_registry.http.problem import Refusal
from tenant_registry.http.surroundings import Surroundings

NOT_NOW = "Bridge cannot do this right now and nothing was changed. Wait a moment, then try again."
LOCKED = ("no-token", "unknown-tenant")
WRONG_TOKEN = "This is not the registration token of this page, or the registration is gone."  # noqa: S105 - words


class Front:
    """What all pages share."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.root = urlsplit(around.public_url).path.rstrip("/")
        self.paper = Paper(self.root)
        self.guard = Guard(around.public_url)
        self.doors = Doors(around)

    def desk(self, request: Request) -> Desk:
        """Give what a page for this browser needs."""
        if not hasattr(request.state, "form_token"):
            request.state.form_token = self.guard.form_token(request)
        return Desk(self.root, self.around.public_url, request.state.form_token)

    def show(self, page: Page, request: Request) -> HTMLResponse:
        """Answer with a page, and the cookie that its forms need."""
        response = self.paper.response(page)
        self.guard.keep_form(response, self.desk(request).form_token)
        return response

    async def caller(self, tenant_id: str, request: Request) -> Caller:
        """Give the registration that the browser has the token of, as the API does."""
        return await self.doors.seen(tenant_id, self.guard.bearer(request), request)

    async def changing(self, tenant_id: str, request: Request) -> Caller:
        """Give it, where it may be changed."""
        return await self.doors.changing(tenant_id, self.guard.bearer(request), request)

    def refused(self, refusal: Refusal, request: Request) -> Response:
        """Say a refusal on a page; where a token is missing, ask for it."""
        tenant_id = request.path_params.get("tenant_id")
        if tenant_id and refusal.code in LOCKED:
            wrong = {"token": WRONG_TOKEN} if refusal.code == "unknown-tenant" else {}
            return self.show(token_page(tenant_id, self.desk(request), Said({}, wrong), 403), request)
        back = f"{self.root}/register" + (f"/{tenant_id}" if tenant_id else "")
        return self.show(message_page("This was not done", refusal.detail, refusal.status, back), request)

    def unavailable(self, request: Request) -> Response:
        """Say that something we need is out of order."""
        response = self.show(message_page("Not now", NOT_NOW, 503, f"{self.root}/register"), request)
        response.headers["Retry-After"] = "5"
        return response


def routed(front: Front) -> type[APIRoute]:
    """Give routes that answer refusals and outages with a page."""

    class PageRoute(APIRoute):
        """A route to a page."""

        def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # a coroutine is awaitable
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except Refusal as refusal:
                    return front.refused(refusal, request)
                except Unavailable:
                    return front.unavailable(request)

            return handled

    return PageRoute
