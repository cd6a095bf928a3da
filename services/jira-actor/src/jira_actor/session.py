"""Signed calls to one tenant's Jira in one person's name."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.keys import Call
from contracts.registry import Tenant
from jira_actor.answers import data
from jira_actor.errors import JiraRefused, JiraUnavailable, NotLinked
from jira_actor.guard import Reach, Target, TargetRefused, checked_target
from jira_actor.http import Answer, AnswerTooLarge, Http, NoAnswer, Request


class Keys(Protocol):
    """The part of key-vault that these sessions need."""

    async def authorize(self, tenant_id: str, link_id: str | None, calls: Sequence[Call]) -> list[str]: ...

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[str, str, str]]) -> tuple[str, ...]: ...

    def seal(self, secret: str) -> str: ...


@dataclass(frozen=True)
class Site:
    """Where one tenant's Jira is, and by which base URL it knows itself."""

    tenant_id: str
    target: Target
    signing_base_url: str

    @property
    def url(self) -> str:
        """Give the base URL for people's browsers."""
        return self.target.url

    def signed(self, request: Request, **oauth: str) -> Call:
        """Give the request as it is to be signed."""
        return Call(method=request.method, url=self.signing_base_url + request.path, **oauth)


@lru_cache(maxsize=1000)  # every command asks for its tenant's
def site_of(tenant: Tenant, reach: Reach) -> Site:
    """Take a tenant's address, checked; raise `JiraRefused` where Bridge may not go."""
    try:
        target = checked_target(tenant.base_url, reach)
    except TargetRefused as refusal:
        raise address_refused(refusal) from refusal
    return Site(tenant.tenant_id, target, (tenant.signing_base_url or target.url).rstrip("/"))


async def authorized(keys: Keys, tenant_id: str, link_id: str | None, calls: Sequence[Call]) -> list[str]:
    """Have calls signed; raise `NotLinked`, `JiraRefused` or `Unavailable` where key-vault does not."""
    try:
        return await keys.authorize(tenant_id, link_id, calls)
    except KeysRefusal as refusal:
        if refusal.code == "not_linked":
            raise NotLinked from refusal
        if refusal.code == "keys_destroyed":
            raise JiraRefused(
                "This Jira's keys were destroyed: Bridge can no longer act in it.", refusal.code
            ) from refusal
        if refusal.code == "unknown_tenant":
            raise Unavailable("key-vault does not know this tenant yet") from refusal
        raise


async def exchange(http: Http, target: Target, request: Request, authorization: str | None = None) -> Answer:
    """Send one request; raise a `JiraError` when no whole answer came."""
    try:
        return await http.exchange(target, request, authorization)
    except TargetRefused as refusal:
        raise address_refused(refusal) from refusal
    except AnswerTooLarge as error:
        raise JiraRefused("Jira's answer is larger than Bridge reads.", "too_large") from error
    except NoAnswer as error:
        raise JiraUnavailable(f"no answer from Jira: {error}") from error


def address_refused(refusal: TargetRefused) -> JiraRefused:
    """Say that the operator's rules forbid this address."""
    return JiraRefused(str(refusal), "address_refused", "Bridge's operator decides which networks it may reach.")


class Session:
    """One person's calls: each is signed for itself, several can be signed ahead with one question."""

    def __init__(self, site: Site, link_id: str, keys: Keys, http: Http) -> None:
        self.site = site
        self._link_id = link_id
        self._keys = keys
        self._http = http
        self._ahead: defaultdict[Request, deque[str]] = defaultdict(deque)

    async def sign_ahead(self, *requests: Request) -> None:
        """Have requests signed that will be sent in the next seconds."""
        calls = [self.site.signed(request) for request in requests]
        values = await authorized(self._keys, self.site.tenant_id, self._link_id, calls)
        for request, value in zip(requests, values, strict=True):
            self._ahead[_signature_of(request)].append(value)

    async def send(self, request: Request) -> Any:
        """Send one request and give its JSON; raise a `JiraError`."""
        ahead = self._ahead[_signature_of(request)]
        if not ahead:
            await self.sign_ahead(request)
        return data(await exchange(self._http, self.site.target, request, ahead.popleft()))


def _signature_of(request: Request) -> Request:
    """Leave out the body: OAuth 1.0a does not sign JSON."""
    return Request(request.method, request.path)
