"""Microsoft Teams through the Bot Connector: REST calls, retry rules, limits, the bot's token, the public keys."""

import asyncio
import itertools
import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import structlog
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749 import OAuth2Token
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from pydantic import SecretStr

from bot_gateway.http import Answer, BadAddress, Http, NoAnswer
from bot_gateway.service_urls import ServiceUrls
from bot_gateway.teams_errors import TeamsRefused, TeamsUnavailable
from bot_gateway.throttle import Throttle
from contracts.event import Conversation, Origin

log = structlog.get_logger()
RETRIED = (412, 429, 502, 504)
"""Teams documentation, rate-limit: try these again with exponential back-off and jitter."""
RENEW_BEFORE_EXPIRY = timedelta(minutes=5)
KEYS_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True)
class BotAccount:
    """The bot's registration, and the cloud it lives in."""

    app_id: str
    secret: SecretStr
    token_url: str
    scope: str
    issuer: str
    openid_metadata_url: str


@dataclass(frozen=True)
class Patience:
    """How often a call is made, and how long is waited in between."""

    attempts: int = 3
    first: timedelta = timedelta(milliseconds=500)
    longest: timedelta = timedelta(seconds=5)
    """What takes longer is left to the caller, who can do something else meanwhile."""

    def pause(self, attempt: int) -> float:
        """Give the seconds to wait after this attempt: doubling, with full jitter."""
        doubled = min(self.first * 2 ** (attempt - 1), self.longest)
        return random.uniform(0, doubled.total_seconds())  # noqa: S311 - spreads load, guards nothing


class Teams:
    """The Connector REST API, as this bot."""

    def __init__(self, account: BotAccount, urls: ServiceUrls, http: Http, patience: Patience | None = None) -> None:
        self._account = account
        self._urls = urls
        self._http = http
        self._patience = patience or Patience()
        self._throttle = Throttle()
        self._token: OAuth2Token | None = None
        self._token_lock = asyncio.Lock()

    async def post(self, place: Conversation, message: Mapping[str, Any], reply_to: str | None = None) -> str:
        """Post a message, where `reply_to` is a message's id as a reply to it, and give the new message's id."""
        path = f"{_quoted(place.conversation_id)}/activities"
        said = await self._send(place, path, {**message, **({"replyToId": reply_to} if reply_to else {})})
        return str(said.get("id", ""))

    async def start_thread(self, channel: Conversation, message: Mapping[str, Any]) -> str:
        """Begin a new thread in a channel with this message, and give the message's id."""
        channel_id = channel.conversation_id.partition(";")[0]
        said = await self._send(
            channel,
            "",
            {
                "isGroup": True,
                "activity": message,
                "channelData": {"channel": {"id": channel_id}},
                "tenantId": channel.teams_tenant,
            },
        )
        return str(said.get("activityId", ""))

    async def open_chat(self, origin: Origin) -> Conversation:
        """Give the one-to-one chat with the person who asked; asking twice gives the same chat."""
        asked_in = origin.conversation
        members = [{"id": origin.user_mri}]
        said = await self._send(
            asked_in, "", {"isGroup": False, "members": members, "tenantId": origin.teams_tenant}, origin.user_mri
        )
        if not said.get("id"):
            raise TeamsRefused(200, "NoConversationId")
        return asked_in.model_copy(update={"conversation_id": str(said["id"]), "kind": "personal", "name": None})

    async def signing_keys(self) -> list[dict[str, Any]]:
        """Fetch the public keys that sign what the Connector sends to bots."""
        metadata = await self._fetch(self._account.openid_metadata_url)
        if metadata.get("issuer") != self._account.issuer:
            raise TeamsUnavailable("the OpenID metadata names another issuer than the settings")
        jwks_uri, scheme = str(metadata.get("jwks_uri")), self._account.openid_metadata_url.partition("//")[0]
        if not jwks_uri.startswith(f"{scheme}//"):
            raise TeamsUnavailable("the OpenID metadata names no address of the key set")
        keys = (await self._fetch(jwks_uri)).get("keys")
        if not isinstance(keys, list) or not keys:
            raise TeamsUnavailable("the published key set is empty")
        return [key for key in keys if isinstance(key, dict)]

    async def _send(
        self, place: Conversation, path: str, body: Mapping[str, Any], thread: str | None = None
    ) -> dict[str, Any]:
        """POST below `/v3/conversations`, and again where that is agreed."""
        if not self._urls.allows(place.service_url):
            raise TeamsRefused(0, "ServiceUrlNotAllowed")
        url = f"{place.service_url.rstrip('/')}/v3/conversations{'/' + path if path else ''}"
        thread = thread or place.conversation_id.partition(";")[0]
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        for attempt in itertools.count(1):
            await self._turn(thread)
            answer = await self._call(url, content)
            if answer.status not in RETRIED or attempt >= self._patience.attempts:
                break
            wait = max(self._patience.pause(attempt), _retry_after(answer).total_seconds())
            if wait > self._patience.longest.total_seconds():
                break
            await asyncio.sleep(wait)
        return _said(answer)

    async def _turn(self, thread: str) -> None:
        """Wait until the conversation may take another message."""
        longest = self._patience.longest.total_seconds()
        wait = self._throttle.reserve(thread, time.monotonic(), longest)
        if wait > longest:
            raise TeamsUnavailable("this conversation has had its share of messages", timedelta(seconds=wait))
        if wait > 0:
            await asyncio.sleep(wait)

    async def _call(self, url: str, content: bytes) -> Answer:
        """POST once; with a new token where the old one is no longer accepted."""
        for renewed in (False, True):
            token = await self._access_token()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            try:
                answer = await self._http.post(url, headers, content)
            except BadAddress as error:
                raise TeamsRefused(0, "BadServiceUrl") from error
            except NoAnswer as error:
                raise TeamsUnavailable(f"the Connector could not be reached: {error}") from error
            if answer.status != 401 or renewed:
                break
            self._forget(token)
        log.debug("connector_called", status=answer.status, ms_cv=answer.headers.get("ms-cv"))
        return answer

    def _forget(self, access_token: str) -> None:
        if self._token and self._token["access_token"] == access_token:
            self._token = None

    async def _access_token(self) -> str:
        """Give the bot's own token, one fetch at a time."""
        async with self._token_lock:
            if self._token is None or self._token.is_expired(leeway=RENEW_BEFORE_EXPIRY.total_seconds()):
                self._token = await self._fetch_token()
            return str(self._token["access_token"])

    async def _fetch_token(self) -> OAuth2Token:
        client = ClientAuth(self._account.app_id, self._account.secret.get_secret_value(), "client_secret_post")
        form = prepare_token_request("client_credentials", scope=self._account.scope)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url, headers, form = client.prepare("POST", self._account.token_url, headers, form)
        try:
            answer = await self._http.post(url, headers, form.encode())
        except (NoAnswer, BadAddress) as error:
            raise TeamsUnavailable(f"the token service could not be reached: {_kind(error)}") from error
        said = answer.json()
        if answer.status != 200 or not said.get("access_token"):
            aadsts = re.search(r"AADSTS\d+", str(said.get("error_description")))
            problem = aadsts[0] if aadsts else str(said.get("error"))[:60]
            raise TeamsUnavailable(f"the token service answered {answer.status} {problem}")
        return OAuth2Token.from_dict(said)

    async def _fetch(self, url: str) -> dict[str, Any]:
        try:
            answer = await self._http.get(url, KEYS_WITHIN)
        except (NoAnswer, BadAddress) as error:
            raise TeamsUnavailable(f"Bot Framework's keys could not be fetched: {_kind(error)}") from error
        if answer.status != 200:
            raise TeamsUnavailable(f"Bot Framework's keys could not be fetched: status {answer.status}")
        return answer.json()


def _quoted(identifier: str) -> str:
    return quote(identifier, safe="")


def _kind(error: Exception) -> str:
    return str(error) or type(error).__name__


def _said(answer: Answer) -> dict[str, Any]:
    """Turn the Connector's answer into its content or into our errors."""
    status = answer.status
    if status < 300:
        return answer.json()
    code = _error_code(answer)
    log.warning("connector_refused", status=status, code=code, ms_cv=answer.headers.get("ms-cv"))
    if status in (401, 408, *RETRIED) or status >= 500:
        raise TeamsUnavailable(f"the Connector answered {status} {code}", _retry_after(answer) or None)
    raise TeamsRefused(status, code)


def _error_code(answer: Answer) -> str:
    """Find the innermost code: Teams wraps JSON in JSON."""
    inner = re.search(r'"subCode\\?"\s*:\s*\\?"(\w{1,60})', answer.body[:4000].decode(errors="replace"))
    if inner:
        return inner[1]
    error = answer.json().get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return str(code)[:60] if code else "unknown"


def _retry_after(answer: Answer) -> timedelta:
    """Read `Retry-After`: seconds, or a date."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return timedelta(seconds=min(int(said[:6]), 86_400))
    try:
        seconds = parsedate_to_datetime(said).timestamp() - time.time()
    except (TypeError, ValueError):
        return timedelta()
    return timedelta(seconds=min(max(seconds, 0.0), 86_400))
