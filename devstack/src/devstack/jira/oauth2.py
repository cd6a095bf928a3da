"""OAuth 2.0 as Jira provides it to incoming links, with every check done by authlib's authorization server."""

import logging
from typing import Any
from uuid import uuid4

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, RedirectResponse, Response

from devstack.jira.model import Json, OAuth2Client, OAuth2Token, User
from devstack.jira.oauth2_grants import Asked, Client, CodeGrant, Pkce, RefreshGrant
from devstack.jira.state import State
from devstack.jira.tokens import digest, new_token

AUTHORIZE = "/rest/oauth2/latest/authorize"
TOKEN = "/rest/oauth2/latest/token"
OFFERED_SINCE = [8, 22]


class ConsentRefused(Exception):
    """The person is not asked; `answer` is where the browser goes instead, or None for a page that says `why`."""

    def __init__(self, why: str, answer: Response | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.answer = answer


class OAuth2Provider:
    """Asks people, and gives tokens for codes and for refresh tokens."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._server = _Server(state)
        # authlib writes the tokens that it issues into its debug log.
        logging.getLogger("authlib.oauth2.rfc6749.grants").setLevel(logging.INFO)

    @property
    def offered(self) -> bool:
        return self._state.version_numbers >= OFFERED_SINCE

    def client_asking(self, fields: QueryParams) -> OAuth2Client:
        """Whose request this is, for the page; raises ConsentRefused."""
        client: Client = self._consent(Asked("GET", AUTHORIZE, fields)).request.client
        return client.link

    def decide(self, fields: QueryParams, user: User | None) -> Response:
        """Send the browser back: with a code if there is a user who allows it; raises ConsentRefused."""
        asked = Asked("POST", AUTHORIZE, fields)
        answer: Response = self._server.create_authorization_response(asked, user, self._consent(asked))
        return answer

    def token(self, fields: QueryParams) -> Response:
        """Answer the client at the token endpoint; refusals are answers too."""
        answer: Response = self._server.create_token_response(Asked("POST", TOKEN, fields))
        return answer

    def _consent(self, asked: Asked) -> Any:
        try:
            return self._server.get_consent_grant(asked)
        except OAuth2Error as error:
            sent_back = self._server.handle_error_response(asked, error) if error.redirect_uri else None
            raise ConsentRefused(error.get_error_description() or error.error, sent_back) from error
        except ValueError as error:  # authlib cannot put every character of what was sent into its own words
            raise ConsentRefused("The request holds characters that it may not hold.") from error


class _Server(AuthorizationServer):  # type: ignore[misc] # authlib is not typed
    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.register_grant(CodeGrant, [Pkce(required=False)])
        self.register_grant(RefreshGrant)
        self.register_token_generator("default", self._draw)

    def query_client(self, client_id: str) -> Client | None:
        link = self.state.world.oauth2_clients.get(client_id)
        return None if link is None else Client(link)

    def save_token(self, token: Json, request: Any) -> None:
        """Keep a pair; one that was refreshed belongs to the grant of the old one."""
        old = None if request.refresh_token is None else request.refresh_token.kept
        allowed = old or request.authorization_code.kept
        now = self.state.now()
        self.state.world.oauth2_tokens[digest(token["refresh_token"])] = OAuth2Token(
            grant=old.grant if old else str(uuid4()),
            client=request.client.link.id,
            user=allowed.user,
            scope=allowed.scope,
            issued=now,
            access_digest=digest(token["access_token"]),
            access_expires=now + self.state.oauth2.access_lifetime,
            refresh_expires=now + self.state.oauth2.refresh_lifetime,
        )

    def send_signal(self, name: str, *_args: Any, **_more: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        sent = dict(headers)
        if "Location" in sent:
            return RedirectResponse(sent["Location"], 302)
        return JSONResponse(body, status, {name: value for name, value in sent.items() if name != "Content-Type"})

    def _draw(self, **_asked: Any) -> Json:
        """The answer in Jira's shape: no scope, `created_at` in seconds."""
        return {
            "access_token": new_token(),
            "token_type": "bearer",
            "expires_in": int(self.state.oauth2.access_lifetime.total_seconds()),
            "refresh_token": new_token(),
            "created_at": int(self.state.now().timestamp()),
        }
