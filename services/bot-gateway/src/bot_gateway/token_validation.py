"""Is this request from Bot Framework, and meant for this bot? (Bot Connector authentication, "Connector to bot".)"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from bot_gateway.activity import Activity
from bot_gateway.refusals import Why
from bot_gateway.service_urls import ServiceUrls, same_place
from bot_gateway.signing_keys import SigningKeys
from chassis.bounded import Recent

ALGORITHMS = ("RS256",)
LONGEST_TOKEN = 16_384


class TokenRefused(Exception):
    """The request is not to be trusted; the text is a fixed sentence without any of the token."""

    def __init__(self, status: int, why: str, counted: Why = "token") -> None:
        super().__init__(why)
        self.status = status
        self.counted: Why = counted


@dataclass(frozen=True)
class Expected:
    """What a token must say."""

    issuer: str
    app_id: str
    skew: timedelta = timedelta(minutes=5)

    @property
    def audiences(self) -> list[str]:
        """Give the forms of the app id that Microsoft's libraries accept."""
        return [self.app_id, f"api://{self.app_id}", f"api://botid-{self.app_id}"]


@dataclass(frozen=True)
class Verified:
    """What a token with a good signature says."""

    service_url: str
    endorsements: frozenset[str]
    expires_at: float


class TokenValidation:
    """Checks the bearer token; one that was good is remembered until it expires."""

    def __init__(
        self, expected: Expected, keys: SigningKeys, clock: Callable[[], float], remembered: int = 2000
    ) -> None:
        self._expected = expected
        self._keys = keys
        self._clock = clock
        self._verified: Recent[bytes, Verified] = Recent(remembered)
        self._registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

    async def verify(self, authorization: str | None) -> Verified:
        """Check the `Authorization` header; raises TokenRefused, and Unavailable where no keys can be had."""
        digest = hashlib.sha256((authorization or "").encode()).digest()
        known = self._verified.get(digest)
        if known and self._clock() < known.expires_at:
            return known
        verified = await self._verify(_bearer(authorization))
        self._verified.put(digest, verified)
        return verified

    async def _verify(self, token: str) -> Verified:
        header, claims = _peek(token)
        self._check(claims)  # a token that is not for this bot makes nobody fetch keys
        if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
            raise TokenRefused(401, "The token's algorithm or key id is not accepted.")
        key = await self._keys.find(header["kid"])
        if key is None:
            raise TokenRefused(401, "The token is signed with an unknown key.")
        try:
            claims = jwt.decode(token, key.key, ALGORITHMS, self._registry).claims
        except (JoseError, ValueError) as error:
            raise TokenRefused(401, "The token's signature does not fit.") from error
        self._check(claims)
        service_url = claims.get("serviceurl")
        if not isinstance(service_url, str) or not service_url:
            raise TokenRefused(403, "The token names no service URL.")
        expires_at = float(claims["exp"]) + self._expected.skew.total_seconds()
        return Verified(service_url, key.endorsements, expires_at)

    def _check(self, claims: dict[str, Any]) -> None:
        rules = JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=int(self._expected.skew.total_seconds()),
            iss={"essential": True, "value": self._expected.issuer},
            aud={"essential": True, "values": list(self._expected.audiences)},
            exp={"essential": True},
        )
        try:
            rules.validate(claims)
        except JoseError as error:
            raise TokenRefused(401, "The token is not for this bot, or not valid now.") from error


@dataclass(frozen=True)
class Admission:
    """What an activity must be, beyond a good token."""

    service_urls: ServiceUrls
    teams_tenants: frozenset[str] = frozenset()
    """Empty: every tenant."""

    def admit(self, activity: Activity, token: Verified) -> str:
        """Give the service URL to answer to; raises TokenRefused."""
        if (activity.channel_id or "msteams") not in token.endorsements:
            raise TokenRefused(403, "The token's key is not endorsed for this channel.", "channel")
        service_url = activity.service_url or token.service_url
        if not same_place(service_url, token.service_url):
            raise TokenRefused(403, "The token is for another service URL.", "service_url")
        if not self.service_urls.allows(service_url):
            raise TokenRefused(403, "This service URL is not on the allow-list.", "service_url")
        if activity.names_two_tenants:
            raise TokenRefused(403, "The activity names two Teams tenants.", "teams_tenant")
        if self.teams_tenants and (activity.teams_tenant or "").lower() not in self.teams_tenants:
            raise TokenRefused(403, "This Teams tenant is not served here.", "teams_tenant")
        return service_url


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused(401, "A bearer token is required.")
    if len(token) > LONGEST_TOKEN or not token.isascii() or token.count(".") != 2:
        raise TokenRefused(401, "That is no signed token.")
    return token


def _peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a token without believing it."""
    try:
        header, claims = (json.loads(_decoded(part)) for part in token.split(".")[:2])
    except (ValueError, binascii.Error, RecursionError) as error:
        raise TokenRefused(401, "That is no signed token.") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise TokenRefused(401, "That is no signed token.")
    return header, claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
