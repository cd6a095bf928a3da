"""The pages that a browser sees: log in, Allow or Deny, one issue."""

from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from devstack.jira.call import Services
from devstack.jira.catalogue import STATUSES
from devstack.jira.model import REQUEST_TOKEN_LIFETIME, RequestToken, User
from devstack.jira.oauth import FORM, SERVLET, OAuthError, SentRequest, challenge, sent_request
from devstack.jira.state import State

COOKIE = "simulated_user"


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    """A small HTML page; `body` is HTML already."""
    head = f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)} - Jira</title></head>"
    return HTMLResponse(f"{head}<body><h1>{escape(title)}</h1>{body}</body></html>", status)


def user_at_browser(request: Request, state: State) -> User | None:
    """Who is logged in."""
    return state.world.users.get(request.cookies.get(COOKIE, ""))


def sent_to_log_in(state: State, back: str) -> Response:
    """To the login page, and from there to `back`, a path of this Jira."""
    return RedirectResponse(f"{state.base_url}/login?{urlencode({'os_destination': back})}", status_code=302)


class Pages:
    """The OAuth servlet and the few pages around it."""

    def __init__(self, services: Services) -> None:
        self._state = services.state
        self._provider = services.provider

    def routes(self) -> list[Route]:
        return [
            Route(f"{SERVLET}/request-token", self.request_token, methods=["POST"]),
            Route(f"{SERVLET}/access-token", self.access_token, methods=["POST"]),
            Route(f"{SERVLET}/authorize", self.ask, methods=["GET"]),
            Route(f"{SERVLET}/authorize", self.decide, methods=["POST"]),
            Route("/login", self.login, methods=["GET"]),
            Route("/browse/{issue}", self.browse, methods=["GET"]),
        ]

    async def request_token(self, request: Request) -> Response:
        return self._token(self._provider.request_token, await sent_request(request, self._state))

    async def access_token(self, request: Request) -> Response:
        return self._token(self._provider.access_token, await sent_request(request, self._state))

    async def ask(self, request: Request) -> Response:
        """The Allow/Deny page; a browser that is not logged in is sent to the login page first."""
        token = self._pending(request.query_params.get("oauth_token"))
        if token is None:
            return page("OAuth", "<p id='problem'>This request is unknown, used or expired.</p>", 400)
        user = user_at_browser(request, self._state)
        if user is None:
            return sent_to_log_in(self._state, f"{SERVLET}/authorize?{urlencode({'oauth_token': token.token})}")
        consumer = escape(self._state.world.consumers[token.consumer].name)
        return page(
            "Welcome to Jira",
            f"<p>The application <b id='consumer'>{consumer}</b> would like to have read and write access to your data "
            f"on your behalf. You are logged in as <b id='user'>{escape(user.display_name)}</b>.</p>"
            f"<form method='post' action='{escape(self._state.base_url)}{SERVLET}/authorize'>"
            f"<input type='hidden' name='oauth_token' value='{escape(token.token)}'>"
            "<input type='submit' name='approve' value='Allow'><input type='submit' name='deny' value='Deny'></form>",
        )

    async def decide(self, request: Request) -> Response:
        """What the form sends: `approve` or `deny`. The browser goes back to the consumer either way."""
        form = await request.form()
        token, user = self._pending(str(form.get("oauth_token", ""))), user_at_browser(request, self._state)
        if token is None or user is None or ("approve" in form) == ("deny" in form):
            return page("OAuth", "<p id='problem'>This request is unknown, used or expired.</p>", 400)
        if "deny" in form:
            token.denied = True
            target = "denied" if token.callback == "oob" else with_parameters(token.callback, denied(token))
        else:
            target = self._provider.allow(token.token, user.name)
        if token.callback == "oob":
            return page("Access", f"<p>Your verification code is <b id='verifier'>{escape(target)}</b>.</p>")
        return RedirectResponse(target, status_code=302)

    async def login(self, request: Request) -> Response:
        """Choose who sits at the browser; `?user=` does at once what a click on a name does."""
        destination = request.query_params.get("os_destination", "/")
        if not destination.startswith("/") or destination.startswith("//"):
            destination = "/"
        chosen = self._state.world.users.get(request.query_params.get("user", ""))
        if chosen is None:
            links = "".join(
                f"<li><a href='?{escape(urlencode({'user': user.name, 'os_destination': destination}))}'>"
                f"{escape(user.display_name)}</a></li>"
                for user in self._state.world.users.values()
            )
            return page("Log in", f"<p>Who are you?</p><ul id='users'>{links}</ul>")
        response = RedirectResponse(f"{self._state.base_url}{destination}", status_code=302)
        response.set_cookie(COOKIE, chosen.name, httponly=True, samesite="lax")
        return response

    async def browse(self, request: Request) -> Response:
        """One issue, small; open to everybody, for this Jira is on nobody's network."""
        issue = self._state.world.issues.get(request.path_params["issue"].upper())
        if issue is None:
            return page("Issue not found", "<p>The issue you are trying to view does not exist.</p>", 404)
        assignee = self._state.world.users[issue.assignee].display_name if issue.assignee else "Unassigned"
        comments = "".join(
            f"<li><b>{escape(self._state.world.users[comment.author].display_name)}</b>: {escape(comment.body)}</li>"
            for comment in issue.comments
        )
        return page(
            f"{issue.key} {issue.summary}",
            f"<p>{escape(STATUSES[issue.status_id].name)} · {escape(assignee)}</p>"
            f"<pre>{escape(issue.description or '')}</pre><ol id='comments'>{comments}</ol>",
        )

    def _token(self, issue: Callable[[SentRequest], str], sent: SentRequest) -> Response:
        try:
            return Response(issue(sent), media_type=FORM)
        except OAuthError as error:
            headers = {"WWW-Authenticate": challenge(self._state.base_url, error.problem)}
            return Response(f"oauth_problem={error.problem}", 401, headers, FORM)

    def _pending(self, token: str | None) -> RequestToken | None:
        found = self._state.world.request_tokens.get(token or "")
        if found is None or found.user is not None or found.denied:
            return None
        return found if self._state.now() - found.issued <= REQUEST_TOKEN_LIFETIME else None


def denied(token: RequestToken) -> dict[str, str]:
    return {"oauth_token": token.token, "oauth_verifier": "denied"}


def with_parameters(url: str, parameters: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"
