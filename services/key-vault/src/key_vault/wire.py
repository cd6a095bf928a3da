"""Vault's HTTP API, with its failures turned into ours: by hvac for what is rare, and by aiohttp for what is not."""

import json
import re
import ssl
from datetime import timedelta
from typing import Any

import aiohttp
import requests
from hvac.adapters import RawAdapter

from chassis.errors import Unavailable
from key_vault.settings import Settings

Body = dict[str, Any]
LONG = re.compile(r"[^\s/:,;.]{20,}")
"""In a sentence no word is so long; what is may be a secret."""


class VaultError(Exception):
    """Vault did not do it; the text holds nothing of what was asked or answered."""


class VaultRefused(VaultError):
    """Vault will not do it, however often it is asked; `code` is for programs."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class VaultUnavailable(VaultError, Unavailable):
    """Vault cannot do it now: not reached, sealed, on standby, overloaded, or it does not know us."""


class VaultForbade(VaultUnavailable):
    """Our token is not, or no longer, good for it: log in again, or mend the policy."""


class Wire:
    """The way to one Vault: logging in and keys by hvac, whose calls block, and batches without a thread.

    Both speak with the token that was obtained last; `call` is safe for many threads at once.
    """

    def __init__(self, settings: Settings) -> None:
        session = requests.Session()
        session.trust_env = False  # a proxy from the environment must not see tokens
        session.mount("http", requests.adapters.HTTPAdapter(pool_maxsize=settings.vault_threads))
        session.verify = str(settings.vault_ca_file) if settings.vault_ca_file else True
        self._adapter = RawAdapter(
            base_uri=settings.vault_url,
            timeout=settings.vault_timeout.total_seconds(),  # type: ignore[arg-type] # requests takes fractions
            namespace=settings.vault_namespace,
            session=session,
        )
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=_trusting(settings)),
            timeout=aiohttp.ClientTimeout(total=settings.vault_timeout.total_seconds()),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    def use(self, token: str) -> None:
        """Speak with this token from now on."""
        self._adapter.token = token

    def call(self, method: str, path: str, body: Body | None = None, timeout: timedelta | None = None) -> Body:
        """Give Vault's answer (empty where it has none); raises VaultRefused, VaultUnavailable.

        `timeout` replaces that of the settings.

        hvac is kept from raising by itself: its exceptions carry the answer's text, and with a batch that failed
        in part that is the plaintexts of the others.
        """
        own: Body = {"timeout": timeout.total_seconds()} if timeout else {}
        try:
            response = self._adapter.request(method, f"/v1/{path}", json=body, raise_exception=False, **own)
        except requests.RequestException as error:
            raise VaultUnavailable(f"Vault was not reached: {type(error).__name__}") from error
        return _answer(response.status_code, response.content, path)

    async def post(self, path: str, body: Body) -> Body:
        """Give Vault's answer as `call` does, without a thread: far cheaper, for what is done all the time."""
        url = f"{self._adapter.base_uri.rstrip('/')}/v1/{path}"
        try:
            async with self._http.post(url, data=json.dumps(body).encode(), headers=self._headers()) as response:
                return _answer(response.status, await response.read(), path)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise VaultUnavailable(f"Vault was not reached: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close the connections."""
        self._adapter.close()
        await self._http.close()

    def _headers(self) -> dict[str, str]:
        given = {"X-Vault-Token": self._adapter.token, "X-Vault-Namespace": self._adapter.namespace}
        headers = {"X-Vault-Request": "true", "Content-Type": "application/json"}
        return headers | {name: value for name, value in given.items() if value}


def _trusting(settings: Settings) -> ssl.SSLContext:
    """Trust whom hvac trusts."""
    return ssl.create_default_context(cafile=str(settings.vault_ca_file or requests.utils.DEFAULT_CA_BUNDLE_PATH))


def _answer(status: int, content: bytes, path: str) -> Body:
    answer = _json(content)
    if status < 400 or "batch_results" in (answer.get("data") or {}):
        return answer
    raise _failure(status, path, ", ".join(map(str, answer.get("errors") or ())))


def _json(content: bytes) -> Body:
    try:
        answer = json.loads(content) if content else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _plain_words(said: str) -> str:
    """Give Vault's own words; something in between that repeats what it was sent must not get it into our logs."""
    return "" if "{" in said else LONG.sub("…", said[:200]).strip()


def _failure(status: int, path: str, said: str) -> VaultError:
    # A missing key is told by 404 without words, or by 400; 404 with words is a path that is not served at all.
    if (status == 404 and not said) or (status == 400 and ("not found" in said or "could be found" in said)):
        return VaultRefused("keys_destroyed", "these keys do not exist, or no longer")
    said = _plain_words(said) or f"HTTP {status}"
    if status == 400:
        return VaultRefused("bad_request", f"Vault refused: {said}")
    if status == 403:
        return VaultForbade(f"Vault forbade {path}: {said}")
    return VaultUnavailable(f"Vault cannot do {path} now: {said}")
