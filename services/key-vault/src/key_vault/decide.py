"""What may be asked of key-vault, and what has to be opened for it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from contracts.keys import Call, CallsAuthorizationAsked
from contracts.registry import AccountLink, Tenant

TENANT_ID = re.compile(r"[A-Za-z0-9]{1,64}")
NAME = re.compile(r"[A-Za-z0-9:._@-]{1,256}")
METHOD = re.compile(r"[A-Z]{1,16}")
URL_TEXT = re.compile(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2}){1,8192}")


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
    """What has to be opened before calls can be signed."""

    at_rest: tuple[Bound, ...]
    """The consumer key, and the access token where a person's calls are signed."""
    sealed: tuple[str, ...]
    """Token and verifier of each call made before there is a link, in the order of the calls."""


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


def plan(asked: CallsAuthorizationAsked, tenant: Tenant | None, link: AccountLink | None) -> Plan:
    """Decide whether these calls may be signed, and what is needed for it; raises Refusal."""
    if tenant is None:
        raise Refusal("unknown_tenant", "no such tenant is registered")
    at_rest = [bound(tenant.tenant_id, tenant.tenant_id, "consumer_key", tenant.consumer_key)]
    if asked.link_id is not None:
        if link is None or link.tenant_id != tenant.tenant_id:
            raise Refusal("not_linked", "the person has not connected an account")
        at_rest.append(bound(tenant.tenant_id, link.link_id, "access_token", link.access_token))
    for call in asked.calls:
        _check(call, linked=link is not None)
    return Plan(tuple(at_rest), _sealed(asked.calls))


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
