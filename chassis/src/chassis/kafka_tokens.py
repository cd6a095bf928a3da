"""Tokens for Kafka, by OAuth 2.0's client credentials: the one file of the chassis that knows httpx."""

import asyncio
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
import structlog
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError

from chassis.settings import ServiceSettings

log = structlog.get_logger()
WITHIN = timedelta(seconds=5)
QUIET_AFTER_FAILURE = timedelta(seconds=1)
"""aiokafka connects again ten times a second; the authorization server is not asked as often."""
USED_UP = 0.8
"""Of its life: a token is not used longer, so that none expires on its way."""
KNOWN_REFUSALS = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
}
"""Of RFC 6749, section 5.2; what else a server says of its refusal is not repeated."""


class NoToken(Exception):
    """The answer holds no token; the text is ours alone."""


class KafkaTokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Gives aiokafka a token at each connection: the one that it has, or a new one shortly before that expires.

    Where there is none, its error is one of Kafka's that can be retried: aiokafka then tries again.
    """

    def __init__(self, settings: ServiceSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._trust = ssl.create_default_context(cafile=settings.kafka_oauth_ca_file)
        self._clock = clock
        self._asking = asyncio.Lock()
        self._token, self._good_until = "", 0.0
        self._failure, self._quiet_until = "", 0.0

    async def token(self) -> str:
        """Give a token that is good for a while. Raises KafkaConnectionError."""
        async with self._asking:
            if self._clock() >= self._good_until:
                await self._renew()
            return self._token

    async def _renew(self) -> None:
        if self._clock() < self._quiet_until:
            raise KafkaConnectionError(self._failure)
        began = self._clock()
        try:
            token, lives = _read(await self._ask())
        except (httpx.HTTPError, NoToken) as error:
            why = str(error) if isinstance(error, NoToken) else type(error).__name__
            self._failure = f"no token for Kafka from {urlsplit(self._settings.kafka_oauth_token_url).netloc}: {why}"
            self._quiet_until = self._clock() + QUIET_AFTER_FAILURE.total_seconds()
            log.warning("kafka_login_impossible", why=self._failure)
            raise KafkaConnectionError(self._failure) from None  # what httpx raises knows the request, secret and all
        self._token, self._good_until = token, began + lives * USED_UP

    async def _ask(self) -> httpx.Response:
        own = self._settings
        asked = {"grant_type": "client_credentials"}
        if own.kafka_oauth_scope:
            asked["scope"] = own.kafka_oauth_scope
        # RFC 6749, section 2.3.1: both are form-encoded before they become Basic.
        who = quote_plus(own.kafka_oauth_client_id), quote_plus(own.kafka_oauth_client_secret.get_secret_value())
        async with httpx.AsyncClient(verify=self._trust, timeout=WITHIN.total_seconds(), trust_env=False) as http:
            return await http.post(own.kafka_oauth_token_url, data=asked, auth=who)


def _read(answer: httpx.Response) -> tuple[str, float]:
    """Give the token and the seconds that it lives. Raises NoToken."""
    try:
        said: Any = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise NoToken(f"status {answer.status_code} without a JSON object")
    if answer.status_code != httpx.codes.OK:
        refusal = said.get("error")
        raise NoToken(f"status {answer.status_code}{f', {refusal}' if refusal in KNOWN_REFUSALS else ''}")
    token, lives = said.get("access_token"), said.get("expires_in", 60)
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise NoToken("an answer without an access token")
    if isinstance(lives, bool) or not isinstance(lives, int | float):
        raise NoToken("an answer whose expires_in is no number")
    return token, float(lives)
