"""Vault's HTTP API, one blocking call at a time, with its failures turned into ours."""

from typing import Any

import requests
from hvac.adapters import RawAdapter

from chassis.errors import Unavailable
from key_vault.settings import Settings

Body = dict[str, Any]


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
    """The way to one Vault; its calls block, so they belong into threads. Safe for many threads at once."""

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

    def use(self, token: str) -> None:
        """Speak with this token from now on."""
        self._adapter.token = token

    def call(self, method: str, path: str, body: Body | None = None) -> Body:
        """Give Vault's answer (empty where it has none); raises VaultRefused, VaultUnavailable.

        hvac is kept from raising by itself: its exceptions carry the answer's text, and with a batch that failed
        in part that is the plaintexts of the others.
        """
        try:
            response = self._adapter.request(method, f"/v1/{path}", json=body, raise_exception=False)
        except requests.RequestException as error:
            raise VaultUnavailable(f"Vault was not reached: {type(error).__name__}") from error
        answer = _json(response)
        if response.ok or "batch_results" in (answer.get("data") or {}):
            return answer
        raise _failure(response.status_code, path, ", ".join(map(str, answer.get("errors") or ())))

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()


def _json(response: requests.Response) -> Body:
    try:
        answer = response.json() if response.content else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _failure(status: int, path: str, said: str) -> VaultError:
    # A missing key is told by 404 without words, or by 400; 404 with words is a path that is not served at all.
    if (status == 404 and not said) or (status == 400 and ("not found" in said or "could be found" in said)):
        return VaultRefused("keys_destroyed", "these keys do not exist, or no longer")
    said = said[:200].strip() or f"HTTP {status}"
    if status == 400:
        return VaultRefused("bad_request", f"Vault refused: {said}")
    if status == 403:
        return VaultForbade(f"Vault forbade {path}: {said}")
    return VaultUnavailable(f"Vault cannot do {path} now: {said}")
