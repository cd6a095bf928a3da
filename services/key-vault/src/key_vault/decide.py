"""What may be asked of key-vault, and what has to be opened for it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from contracts.keys import Call, CallsOf
from contracts.registry import AccountLink, Tenant

TENANT_ID = re.compile(r"[A-Za-z0-9]{1,64}")
NAME = re.compile(r"[A-Za-z0-9:._@-]{1,256}")
METHOD = re.compile(r"[A-Z]{1,16}")
URL_TEXT = re.compile(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2}){1,8192}")
BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What a header can carry (RFC 6750, section 2.1)."""
AS_GOOD_AS_OVER = timedelta(minutes=1)
"""Before its end an access token is used no more: the call would arrive too late."""


class Refusal(Exception):
    """It will not be done, however often it is asked; `code` is for programs, `why` holds no secret."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


@dataclass(frozen=True)
class Bound:
    """A text (plain or ciphertext) and what it is bound to: it opens only together with the same `to`."""

    text: str = field(repr=False)
    to: str


@dataclass(frozen=True)
class Plan:
    """What has to be opened before calls can be authorized."""

    at_rest: tuple[Bound, ...]
    """The consumer key where calls are signed, and the access token where they are a person's."""
    sealed: tuple[str, ...]
    """Token and verifier of each call made before there is a link, in the order of the calls."""
    bearer: bool = False
    """Whether tokens are borne as they are; else calls are signed with them."""
    until: datetime | None = None
    """When what is borne ends."""


def tenant_id(given: str) -> str:
    """Let a tenant id pass that can name a key in Vault and nothing else there."""
    if not TENANT_ID.fullmatch(given):
        raise Refusal("bad_request", "the tenant id has the wrong shape")
    return given


def bound(tenant: str, row: str, name: str, text: str) -> Bound:
    """Bind a text to its place: tenant, row and field."""
    if not (NAME.fullmatch(row) and NAME.fullmatch(name)):
        raise Refusal("bad_request", "a row or field has the wrong shape")
    return Bound(text, f"{tenant}|{row}|{name}")


def plan(asked: CallsOf, tenant: Tenant | None, link: AccountLink | None, at: datetime) -> Plan:
    """Decide whether these calls may be authorized, and what is needed for it; raises Refusal."""
    tenant = _in_use(tenant)
    token: tuple[Bound, ...] = ()
    if asked.link_id is not None:
        link = _usable(link, tenant, at)
        token = (bound(tenant.tenant_id, link.link_id, "access_token", link.access_token),)
    for call in asked.calls:
        _check(call, linked=bool(token))
    if tenant.auth_mode == "oauth1":
        consumer_key = bound(tenant.tenant_id, tenant.tenant_id, "consumer_key", tenant.consumer_key)
        return Plan((consumer_key, *token), _sealed(asked.calls))
    for call in asked.calls:
        _check_borne(call, linked=bool(token))
    return Plan(token, _sealed(asked.calls), bearer=True, until=link.expires_at if link else None)


def bearer(token: str) -> str:
    """Give the `Authorization` value that bears a token; raises Refusal where a header could not carry it."""
    if not BEARER_TOKEN.fullmatch(token):
        raise Refusal("bad_token", "a token has characters that no token has")
    return f"Bearer {token}"


def _in_use(tenant: Tenant | None) -> Tenant:
    if tenant is None:
        raise Refusal("unknown_tenant", "no such tenant is registered")
    if tenant.state == "suspended":
        raise Refusal("suspended", "the tenant is suspended")
    return tenant


def _usable(link: AccountLink | None, tenant: Tenant, at: datetime) -> AccountLink:
    """Let a link pass that is this tenant's, of the way in which its people act now, and not at its end."""
    if link is None or (link.tenant_id, link.auth_mode) != (tenant.tenant_id, tenant.auth_mode):
        raise Refusal("not_linked", "the person has not connected an account")
    borne = link.auth_mode != "oauth1"
    if borne and link.expires_at is not None and at >= link.expires_at - AS_GOOD_AS_OVER:
        raise Refusal("token_expired", "the person's access token has ended")
    return link


def _sealed(calls: Sequence[Call]) -> tuple[str, ...]:
    return tuple(text for call in calls for text in (call.token, call.verifier) if text is not None)


def _check(call: Call, *, linked: bool) -> None:
    if call.verifier is not None and call.token is None:
        raise Refusal("bad_request", "a verifier comes with its token")
    kinds = (linked, call.callback is not None, call.token is not None)
    if kinds.count(True) > 1:
        raise Refusal("bad_request", "a call is a person's, or a step of connecting one")
    if not METHOD.fullmatch(call.method) or not _signable(call.url):
        raise Refusal("bad_request", "a call's method or URL is not as HTTP sends it")


def _check_borne(call: Call, *, linked: bool) -> None:
    if call.callback is not None or call.verifier is not None:
        raise Refusal("bad_request", "a step of OAuth 1.0a, and the tenant's people act with bearer tokens")
    if not linked and call.token is None:
        raise Refusal("bad_request", "a call without a person's token: the tenant cannot act by itself")


def _signable(url: str) -> bool:
    """Tell whether the URL is absolute and percent-encoded: what is signed must be what is sent, byte for byte."""
    if not URL_TEXT.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        unquote(parts.query, errors="strict")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "@" not in parts.netloc and _names_a_host(parts.netloc)


@lru_cache(maxsize=1000)
def _names_a_host(authority: str) -> bool:
    """Tell whether it is a host with or without a port; nearly all calls of a tenant go to the same one."""
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.hostname)
