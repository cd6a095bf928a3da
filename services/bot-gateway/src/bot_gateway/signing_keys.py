"""Bot Framework's public keys: fetched when needed, kept for a day, asked for anew no more often than agreed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from chassis.errors import Unavailable

log = structlog.get_logger()


@dataclass(frozen=True)
class SigningKey:
    """A public key, and the channels whose activities it may sign."""

    key: RSAKey
    endorsements: frozenset[str]


@dataclass(frozen=True)
class KeysPolicy:
    """How often keys are fetched."""

    refresh: timedelta = timedelta(hours=24)
    unknown_refresh: timedelta = timedelta(hours=1)
    """For a key id that is not known: at most once in this time."""
    failure_pause: timedelta = timedelta(seconds=5)
    """After a fetch that failed."""


class KeySource(Protocol):
    """Where the keys are published."""

    async def signing_keys(self) -> list[dict[str, Any]]:
        """Fetch the JSON Web Keys; raises Unavailable."""
        ...


class SigningKeys:
    """The keys by their id."""

    def __init__(self, source: KeySource, policy: KeysPolicy, clock: Callable[[], float]) -> None:
        self._source = source
        self._policy = policy
        self._clock = clock
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched: float | None = None
        self._paused_until = clock()
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> SigningKey | None:
        """Give the key of that id; raises Unavailable only while no keys could be fetched at all."""
        key = self._keys.get(key_id)
        if self._due(key_id) and not (key and self._fetching.locked()):
            async with self._fetching:
                if self._due(key_id):
                    await self._fetch()
        if self._fetched is None:
            raise Unavailable("Bot Framework's public keys could not be fetched yet")
        return self._keys.get(key_id)

    def _due(self, key_id: str) -> bool:
        now = self._clock()
        if now < self._paused_until:
            return False
        if self._fetched is None:
            return True
        longest = self._policy.refresh if key_id in self._keys else self._policy.unknown_refresh
        return now - self._fetched >= longest.total_seconds()

    async def _fetch(self) -> None:
        """Fetch; after a failure the keys at hand stay in use."""
        try:
            published = await self._source.signing_keys()
        except Unavailable as error:
            log.warning("signing_keys_not_fetched", error=str(error), known=len(self._keys))
            self._paused_until = self._clock() + self._policy.failure_pause.total_seconds()
            return
        keys = {str(jwk.get("kid")): key for jwk in published if (key := _read(jwk))}
        log.info("signing_keys_fetched", keys=len(keys), left_out=len(published) - len(keys))
        self._keys = keys
        self._fetched = self._clock()


def _read(jwk: Mapping[str, Any]) -> SigningKey | None:
    """Read one key; what is no RSA key for signatures is none of ours."""
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig":
        return None
    endorsements = jwk.get("endorsements")
    names = endorsements if isinstance(endorsements, list) else []
    try:
        key = RSAKey.import_key({part: jwk[part] for part in ("kty", "n", "e")})
    except (JoseError, KeyError, ValueError, TypeError):
        return None
    return SigningKey(key, frozenset(name for name in names if isinstance(name, str)))
