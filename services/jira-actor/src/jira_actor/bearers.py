"""Bearer tokens of people's links: in memory alone, until they end or the link changes."""

import asyncio
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol
from weakref import WeakValueDictionary

from chassis.bounded import Recent
from chassis.errors import Unavailable
from contracts.event import Origin
from contracts.registry import AccountLink, Tenant
from jira_actor import requests
from jira_actor.errors import GrantInvalid, Lost, NotLinked, PermissionLost, TokenExpired
from jira_actor.key_vault import Keys, authorized
from jira_actor.site import Site

HELD = 10_000
BEFORE_THE_END = timedelta(minutes=1)
SETTLED = timedelta(seconds=10)
"""A link is not given up before: until then key-vault may still use the one that was here before it."""
REFRESHED_ELSEWHERE = timedelta(seconds=1)
"""How long we wait to hear that another replica refreshed a link before us."""
REFRESH_TOKENS_LIVE = timedelta(days=89)
"""Jira's own ninety days, but for the hour in which they were used."""


class Links(Protocol):
    """The local view of account links."""

    def get(self, key: str) -> AccountLink | None: ...

    async def fresh(self, key: str) -> AccountLink | None: ...


@dataclass(frozen=True)
class Caller:
    """In whose name calls are made, where, and for which intent."""

    tenant: Tenant
    site: Site
    link_id: str
    origin: Origin


@dataclass(frozen=True)
class Bearer:
    """The value of an `Authorization` header, when it ends (None: it does not), and the link as it was then."""

    value: str = field(repr=False)
    until: datetime | None
    link: AccountLink = field(repr=False)


class Refreshing(Protocol):
    """Exchanges a link's refresh token for new tokens, and has them stored; raises `GrantInvalid`."""

    def is_unfinished(self, link: AccountLink) -> bool: ...

    async def refresh(self, link: AccountLink, caller: Caller) -> Bearer: ...


class Bearers:
    """One value per link; asking, refreshing and giving up are done by one at a time."""

    def __init__(self, links: Links, keys: Keys, refreshing: Refreshing) -> None:
        self._links = links
        self._keys = keys
        self._refreshing = refreshing
        self._held: Recent[str, Bearer] = Recent(HELD)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, caller: Caller) -> Bearer:
        """Give the value for a person's calls; raise `NotLinked`, another `JiraError` or `Unavailable`."""
        async with self._lock(caller):
            return await self._of(caller)

    async def instead_of(self, refused: Bearer, caller: Caller) -> Bearer:
        """Give another value than one that Jira does not accept; raise `PermissionLost` where there is none."""
        async with self._lock(caller):
            self._drop(caller.link_id, refused)
            bearer = await self._of(caller)
            if not hmac.compare_digest(bearer.value.encode(), refused.value.encode()):
                return bearer
            self._held.drop(caller.link_id)
            return await self._refreshed(bearer.link, caller)

    def link_changed(self, link_id: str) -> None:
        """Forget the value of a link that went, or that is newer than the value."""
        if (held := self._held.get(link_id)) is None:
            return
        link = self._links.get(link_id)
        if link is None or link.generation > held.link.generation:
            self._held.drop(link_id)

    async def _of(self, caller: Caller) -> Bearer:
        link = await self._newest(caller)
        held = self._held.get(caller.link_id)
        if held is not None and held.link.generation == link.generation and not _is_over(held):
            return held
        if self._refreshing.is_unfinished(link):
            return await self._refreshed(link, caller)
        call = caller.site.call(requests.myself())
        try:
            [found] = await authorized(self._keys, caller.tenant.tenant_id, caller.link_id, [call])
        except TokenExpired:
            return await self._refreshed(link, caller)
        if not found.reusable:
            raise Unavailable("key-vault does not know yet how this tenant's people authenticate")
        bearer = Bearer(found.value, found.until, link)
        self._held.put(caller.link_id, bearer)
        return bearer

    async def _newest(self, caller: Caller) -> AccountLink:
        """Give the link as the view has it, or as we refreshed it, while the view does not know of that yet."""
        link = await self._links.fresh(caller.link_id)
        if link is None or link.tenant_id != caller.tenant.tenant_id or link.auth_mode != caller.tenant.auth_mode:
            self._held.drop(caller.link_id)
            raise NotLinked
        held = self._held.get(caller.link_id)
        return held.link if held is not None and held.link.generation > link.generation else link

    async def _refreshed(self, link: AccountLink, caller: Caller) -> Bearer:
        if link.auth_mode != "oauth2" or link.refresh_token is None:
            raise lost(link, "revoked")
        try:
            bearer = await self._refreshing.refresh(link, caller)
        except GrantInvalid as error:
            if await self._is_newer(link):
                raise Unavailable("another replica has refreshed this link") from error
            raise lost(link, _why(link)) from error
        self._held.put(caller.link_id, bearer)
        return bearer

    async def _is_newer(self, link: AccountLink) -> bool:
        """Look again whether the view has a newer link, or none; it may be a moment behind."""
        ends = asyncio.get_running_loop().time() + REFRESHED_ELSEWHERE.total_seconds()
        while True:
            now = self._links.get(link.link_id)
            if now is None or now.generation > link.generation:
                return True
            if asyncio.get_running_loop().time() > ends:
                return False
            await asyncio.sleep(0.05)

    def _drop(self, link_id: str, refused: Bearer) -> None:
        held = self._held.get(link_id)
        if held is not None and hmac.compare_digest(held.value.encode(), refused.value.encode()):
            self._held.drop(link_id)

    def _lock(self, caller: Caller) -> asyncio.Lock:
        return self._locks.setdefault(caller.link_id, asyncio.Lock())


def lost(link: AccountLink, why: Literal["revoked", "expired"]) -> PermissionLost:
    """Say that Jira accepts this link no more; one that was just made is kept, for that may be said of its elder."""
    settled = datetime.now(UTC) - link.linked_at >= SETTLED
    return PermissionLost(why, Lost(link.link_id, link.generation, why) if settled else None)


def _why(link: AccountLink) -> Literal["revoked", "expired"]:
    ended = link.expires_at
    return "expired" if ended is not None and datetime.now(UTC) - ended > REFRESH_TOKENS_LIVE else "revoked"


def _is_over(held: Bearer) -> bool:
    return held.until is not None and datetime.now(UTC) >= held.until - BEFORE_THE_END
