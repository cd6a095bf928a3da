"""OAuth 1.0a as Jira provides it, with every check done by oauthlib's server side."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, quote, urlencode

from oauthlib.common import Request as Signed
from oauthlib.oauth1 import AccessTokenEndpoint, AuthorizationEndpoint, RequestTokenEndpoint, ResourceEndpoint
from starlette.requests import Request

from devstack.jira.model import ACCESS_TOKEN_LIFETIME, User
from devstack.jira.oauth_rules import OAuthRules
from devstack.jira.state import State

SERVLET = "/plugins/servlet/oauth"
FORM = "application/x-www-form-urlencoded"
SESSION_LIFETIME = ACCESS_TOKEN_LIFETIME + timedelta(days=30)


class OAuthError(Exception):
    """Jira refused the signature or the token; `problem` is the oauth_problem it names, if it names one."""

    def __init__(self, problem: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class SentRequest:
    """What was signed, as oauthlib wants it; the URI is the one Jira believes in, not the one that was called."""

    uri: str
    method: str
    body: str
    headers: dict[str, str]


async def sent_request(request: Request, state: State) -> SentRequest:
    path = request.scope["raw_path"].decode("latin-1").removeprefix(state.context_path)
    query = request.scope["query_string"].decode("latin-1")
    uri = f"{state.base_url}{path}" + (f"?{query}" if query else "")
    is_form = request.headers.get("content-type", "").startswith(FORM)
    body = (await request.body()).decode("utf-8", "replace") if is_form else ""
    return SentRequest(uri, request.method, body, dict(request.headers))


class Provider:
    """The endpoints of the OAuth servlet and the check of signed REST calls."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rules = OAuthRules(state)
        self._request_token = RequestTokenEndpoint(self._rules, _new_token)
        self._authorization = AuthorizationEndpoint(self._rules, _new_token)
        self._access_token = AccessTokenEndpoint(self._rules, _new_token)
        self._resource = ResourceEndpoint(self._rules, _new_token)

    def request_token(self, sent: SentRequest) -> str:
        """Answer the form with a new request token, or raise OAuthError."""
        with self._asking():
            _, body, status = self._request_token.create_request_token_response(*astuple(sent))
        return self._issued(body, status)

    def access_token(self, sent: SentRequest) -> str:
        """Swap an allowed request token; the answer carries Atlassian's extra parameters. Or raise OAuthError."""
        with self._asking():
            _, body, status = self._access_token.create_access_token_response(*astuple(sent), credentials=_extras())
        form = parse_qsl(self._issued(body, status))
        return urlencode([pair for pair in form if pair[0] != "oauth_authorized_realms"])

    def allow(self, token: str, user: str) -> str:
        """Let the consumer act as this user; returns where the browser goes next, or the verifier for `oob`."""
        self._state.world.request_tokens[token].user = user
        uri = f"{self._state.base_url}{SERVLET}/authorize?{urlencode({'oauth_token': token})}"
        headers, body, status = self._authorization.create_authorization_response(uri)
        return str(headers["Location"]) if status == 302 else dict(parse_qsl(body))["oauth_verifier"]

    def caller(self, sent: SentRequest) -> User:
        """The user in whose name a signed REST call comes, or raise OAuthError."""
        with self._asking():
            valid, signed = self._resource.validate_protected_resource_request(*astuple(sent))
        if not valid:
            raise OAuthError(self._rules.problem or _problem(signed))
        return self._state.world.users[self._state.world.access_tokens[signed.resource_owner_key].user]

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._rules.problem = None
        try:
            yield
        except ValueError as error:  # oauthlib: a query or signature that is not encoded as it must be
            raise OAuthError("parameter_rejected") from error

    def _issued(self, body: str | None, status: int) -> str:
        if status == 200 and body is not None:
            return body
        if status == 401:
            raise OAuthError(self._rules.problem or "signature_invalid")
        raise OAuthError("signature_method_rejected" if "signature_method" in (body or "") else "parameter_absent")


def _problem(signed: Signed | None) -> str:
    """Why oauthlib refused a signed call when no rule did."""
    if signed is not None and signed.signature_method not in (None, *OAuthRules.allowed_signature_methods):
        return "signature_method_rejected"
    return "signature_invalid" if signed is not None and signed.validator_log else "parameter_absent"


def _extras() -> dict[str, str]:
    return {
        "oauth_expires_in": str(int(ACCESS_TOKEN_LIFETIME.total_seconds())),
        "oauth_session_handle": _new_token(),
        "oauth_authorization_expires_in": str(int(SESSION_LIFETIME.total_seconds())),
    }


def _new_token() -> str:
    return secrets.token_urlsafe(24)


def challenge(base_url: str, problem: str | None = None) -> str:
    """The WWW-Authenticate value of a 401."""
    named = f', oauth_problem="{problem}"' if problem else ""
    return f'OAuth realm="{quote(base_url, safe="")}"{named}'
