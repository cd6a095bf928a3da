"""What jira-actor asks of key-vault, and what its refusals mean here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from chassis.errors import Unavailable
from chassis.keys import Authorization, KeysRefusal
from contracts.keys import Call, ProtectedSecret, SealedSecret
from jira_actor.errors import JiraRefused, NotLinked, TokenExpired


class Keys(Protocol):
    """The part of key-vault that is needed here; every method but `seal` raises KeysRefusal or Unavailable."""

    async def authorize(self, tenant_id: str, link_id: str | None, calls: Sequence[Call]) -> list[Authorization]: ...

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[str, str, str]]) -> tuple[str, ...]: ...

    async def protect_sealed(self, tenant_id: str, secrets: Sequence[SealedSecret]) -> tuple[str, ...]: ...

    async def open(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> list[str]: ...

    def seal(self, secret: str, tenant_id: str) -> str: ...


@contextmanager
def key_vault_asked() -> Iterator[None]:
    """Raise what key-vault's refusals mean: `NotLinked`, `TokenExpired`, `JiraRefused` or `Unavailable`."""
    try:
        yield
    except KeysRefusal as refusal:
        match refusal.code:
            case "not_linked":
                raise NotLinked from refusal
            case "token_expired":
                raise TokenExpired from refusal
            case "keys_destroyed":
                said = "This Jira's keys were destroyed: Bridge can no longer act in it."
                raise JiraRefused(said, refusal.code) from refusal
            case "suspended":
                said = "This Jira is suspended: Bridge does nothing there for now."
                advice = "Whoever runs Bridge for you can say why, and resume it."
                raise JiraRefused(said, refusal.code, advice) from refusal
            case "unknown_tenant":
                raise Unavailable("key-vault does not know this tenant yet") from refusal
        raise


async def authorized(keys: Keys, tenant_id: str, link_id: str | None, calls: Sequence[Call]) -> list[Authorization]:
    """Have calls authorized, as the link's person or as the consumer alone."""
    with key_vault_asked():
        return await keys.authorize(tenant_id, link_id, calls)
