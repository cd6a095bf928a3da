"""The page of a person's profile on which he sees and ends what applications may do in his name."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from devstack.jira.call import Services
from devstack.jira.model import World
from devstack.jira.oauth import SERVLET
from devstack.jira.pages import page, sent_to_log_in, user_at_browser

PAGE = f"{SERVLET}/users/access-tokens"


class AuthorizedApplications:
    def __init__(self, services: Services) -> None:
        self._state = services.state

    def routes(self) -> list[Route]:
        return [Route(PAGE, self.show, methods=["GET"]), Route(PAGE, self.revoke, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        user = user_at_browser(request, self._state)
        if user is None:
            return sent_to_log_in(self._state, PAGE)
        rows = "".join(
            f"<li><b>{escape(name)}</b><form method='post' action='{escape(self._state.base_url)}{PAGE}'>"
            f"<input type='hidden' name='application' value='{escape(key)}'>"
            "<input type='submit' name='revoke' value='Revoke access'></form></li>"
            for key, name in sorted(_applications(self._state.world, user.name).items())
        )
        return page("Authorized applications", f"<ul id='applications'>{rows}</ul>")

    async def revoke(self, request: Request) -> Response:
        """End all that `application`, a consumer key or client id, may do in this person's name."""
        user = user_at_browser(request, self._state)
        if user is None:
            return sent_to_log_in(self._state, PAGE)
        revoke(self._state.world, user.name, str((await request.form()).get("application", "")))
        return RedirectResponse(f"{self._state.base_url}{PAGE}", 302)


def revoke(world: World, user: str | None = None, application: str | None = None) -> int:
    """Take the tokens of a user, or of all, from an application, or from all; returns how many there were."""
    kept_1 = {
        key: token
        for key, token in world.access_tokens.items()
        if user not in (None, token.user) or application not in (None, token.consumer)
    }
    kept_2 = {
        key: pair
        for key, pair in world.oauth2_tokens.items()
        if user not in (None, pair.user) or application not in (None, pair.client)
    }
    grants = {pair.grant for pair in world.oauth2_tokens.values()} - {pair.grant for pair in kept_2.values()}
    revoked = len(world.access_tokens) - len(kept_1) + len(grants)
    world.access_tokens, world.oauth2_tokens = kept_1, kept_2
    return revoked


def _applications(world: World, user: str) -> dict[str, str]:
    """The name of every application that may act for this user, by its consumer key or client id."""
    consumers = {token.consumer for token in world.access_tokens.values() if token.user == user}
    clients = {pair.client for pair in world.oauth2_tokens.values() if pair.user == user}
    return {key: world.consumers[key].name for key in consumers & world.consumers.keys()} | {
        key: world.oauth2_clients[key].name for key in clients & world.oauth2_clients.keys()
    }
