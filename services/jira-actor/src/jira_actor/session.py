"""Calls to one tenant's Jira in one person's name: each signed for itself, or all with one bearer token."""

from collections import defaultdict, deque
from typing import Any, Protocol

from pydantic import ValidationError

from jira_actor import requests
from jira_actor.answers import data
from jira_actor.bearers import Bearers, Caller
from jira_actor.errors import JiraRefused, JiraUnavailable
from jira_actor.guard import Target
from jira_actor.http import Http, Request
from jira_actor.jira_wire import ServerInfo
from jira_actor.key_vault import Keys, authorized
from jira_actor.site import Site, exchange


class Session(Protocol):
    """One person's calls."""

    @property
    def site(self) -> Site: ...

    async def sign_ahead(self, *foreseen: Request) -> None: ...

    async def send(self, request: Request) -> Any: ...


class SignedSession:
    """OAuth 1.0a: each call is signed for itself, several can be signed ahead with one question."""

    def __init__(self, site: Site, link_id: str, keys: Keys, http: Http) -> None:
        self.site = site
        self._link_id = link_id
        self._keys = keys
        self._http = http
        self._ahead: defaultdict[Request, deque[str]] = defaultdict(deque)

    async def sign_ahead(self, *foreseen: Request) -> None:
        """Have requests signed that will be sent in the next seconds."""
        calls = [self.site.call(request) for request in foreseen]
        signed = await authorized(self._keys, self.site.tenant_id, self._link_id, calls)
        for request, authorization in zip(foreseen, signed, strict=True):
            self._ahead[_signature_of(request)].append(authorization.value)

    async def send(self, request: Request) -> Any:
        """Send one request and give its JSON; raise a `JiraError`."""
        ahead = self._ahead[_signature_of(request)]
        if not ahead:
            await self.sign_ahead(request)
        return data(await exchange(self._http, self.site.target, request, ahead.popleft()))


class BearerSession:
    """OAuth 2.0 and personal access tokens: one value for all calls; one that is refused is replaced once."""

    def __init__(self, caller: Caller, bearers: Bearers, http: Http) -> None:
        self.site = caller.site
        self._caller = caller
        self._bearers = bearers
        self._http = http

    async def sign_ahead(self, *foreseen: Request) -> None:
        """Do nothing: a bearer token serves every call."""

    async def send(self, request: Request) -> Any:
        """Send one request and give its JSON; raise a `JiraError`."""
        bearer = await self._bearers.of(self._caller)
        answer = await exchange(self._http, self.site.target, request, bearer.value)
        if answer.status == 401 and await is_refused(bearer.value, self.site.target, self._http):
            bearer = await self._bearers.instead_of(bearer, self._caller)
            answer = await exchange(self._http, self.site.target, request, bearer.value)
        return data(answer)


async def is_refused(bearer: str, target: Target, http: Http) -> bool:
    """Tell a token that is worth nothing from a call that is not allowed, and from a proxy that lets nobody in.

    A link may be given up for it, so it has to be Jira itself that does not know the token; raises `JiraUnavailable`
    where that cannot be told.
    """
    if (await exchange(http, target, requests.myself(), bearer)).status != 401:
        return False
    try:
        ServerInfo.model_validate(data(await exchange(http, target, requests.server_info())))
    except (JiraRefused, ValidationError) as error:
        raise JiraUnavailable("something in front of Jira answers 401 to everything") from error
    return True


def _signature_of(request: Request) -> Request:
    """Leave out the body: OAuth 1.0a does not sign JSON."""
    return Request(request.method, request.path)
