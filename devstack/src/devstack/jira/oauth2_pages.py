"""The two resources of the OAuth 2.0 provider: the page that asks a person, and the token endpoint."""

from html import escape
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.jira.call import Services
from devstack.jira.model import OAuth2Client, User
from devstack.jira.oauth import FORM
from devstack.jira.oauth2 import AUTHORIZE, TOKEN, ConsentRefused
from devstack.jira.pages import page, sent_to_log_in, user_at_browser

NO_FORM = "@FormParam is utilized when the content type of the request entity is not application/x-www-form-urlencoded"
BUTTONS = ("approve", "deny")


class OAuth2Pages:
    def __init__(self, services: Services) -> None:
        self._state = services.state
        self._provider = services.oauth2

    def routes(self) -> list[Route]:
        return [
            Route(AUTHORIZE, self.ask, methods=["GET"]),
            Route(AUTHORIZE, self.decide, methods=["POST"]),
            Route(TOKEN, self.token, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The Allow/Deny page; a browser that is not logged in is sent to the login page first."""
        if not self._provider.offered:
            return _too_old()
        try:
            client = self._provider.client_asking(request.query_params)
        except ConsentRefused as refused:
            return _not_asked(refused)
        user = user_at_browser(request, self._state)
        if user is None:
            return sent_to_log_in(self._state, f"{AUTHORIZE}?{urlencode(request.query_params.multi_items())}")
        return self._question(client, user, request.query_params)

    async def decide(self, request: Request) -> Response:
        """What the form sends: the fields of the request, and `approve` or `deny`."""
        form = await _fields(request)
        user = user_at_browser(request, self._state)
        if not self._provider.offered:
            return _too_old()
        if user is None or ("approve" in form) == ("deny" in form):
            return page("OAuth", "<p id='problem'>This request is unknown, used or expired.</p>", 400)
        asked = QueryParams([field for field in form.multi_items() if field[0] not in BUTTONS])
        try:
            return self._provider.decide(asked, user if "approve" in form else None)
        except ConsentRefused as refused:
            return _not_asked(refused)

    async def token(self, request: Request) -> Response:
        """Tokens for a code or a refresh token; only a form is understood, as by the real one."""
        if not self._provider.offered:
            return _too_old()
        if not request.headers.get("content-type", "").startswith(FORM):
            return JSONResponse({"message": NO_FORM, "status-code": 500}, 500)
        return self._provider.token(await _fields(request))

    def _question(self, client: OAuth2Client, user: User, asked: QueryParams) -> Response:
        hidden = "".join(
            f"<input type='hidden' name='{escape(name)}' value='{escape(value)}'>"
            for name, value in asked.multi_items()
            if name not in BUTTONS
        )
        return page(
            "Welcome to Jira",
            f"<p>The application <b id='consumer'>{escape(client.name)}</b> would like to have "
            f"<b id='scope'>{escape(asked['scope'])}</b> access to your data on your behalf. "
            f"You are logged in as <b id='user'>{escape(user.display_name)}</b>.</p>"
            f"<form method='post' action='{escape(self._state.base_url)}{AUTHORIZE}'>{hidden}"
            "<input type='submit' name='approve' value='Allow'><input type='submit' name='deny' value='Deny'></form>",
        )


async def _fields(request: Request) -> QueryParams:
    return QueryParams([(name, str(value)) for name, value in (await request.form()).multi_items()])


def _not_asked(refused: ConsentRefused) -> Response:
    return refused.answer or page("OAuth", f"<p id='problem'>{escape(refused.why)}</p>", 400)


def _too_old() -> Response:
    return page("OAuth", "<p id='problem'>This Jira knows no OAuth 2.0.</p>", 404)
