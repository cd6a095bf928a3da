"""Vault: does it answer, is it unsealed, is our token good, is the transit engine mounted?"""

import ssl

import httpx

from bridge.doctor import Finding, failed, ok, skipped
from bridge.settings import BridgeSettings

VAULT, TOKEN, TRANSIT = "Vault", "Vault token", "Vault transit engine"
STANDBY = (429, 472, 473)


async def check_vault(settings: BridgeSettings) -> list[Finding]:
    """Ask for Vault's health, then for what the token may do."""
    try:
        async with _client(settings) as http:
            health = _health(settings, (await http.get("sys/health")).status_code)
            if health.state != "ok":
                return [health, *_skipped("Vault is not ready.")]
            return [health, *await _token_and_transit(http, settings)]
    except (httpx.TransportError, httpx.InvalidURL, OSError):  # OSError: the file with the authority
        says = f"Vault did not answer at {settings.vault_url}."
        advice = "Start Vault, or set BRIDGE_VAULT_URL (and, for a private authority, BRIDGE_VAULT_CA_FILE)."
    except (ValueError, KeyError, TypeError):
        says = f"What answers at {settings.vault_url} does not answer as Vault does."
        advice = "Set BRIDGE_VAULT_URL to Vault's own address, without a path."
    return [failed(VAULT, says, advice), *_skipped("Vault does not answer.")]


def _client(settings: BridgeSettings) -> httpx.AsyncClient:
    trusted = ssl.create_default_context(cafile=settings.vault_ca_file) if settings.vault_ca_file else True
    headers = {"X-Vault-Request": "true", "X-Vault-Token": settings.vault_token.get_secret_value()}
    if settings.vault_namespace:
        headers["X-Vault-Namespace"] = settings.vault_namespace
    return httpx.AsyncClient(base_url=f"{settings.vault_url}/v1/", headers=headers, timeout=5, verify=trusted)


def _health(settings: BridgeSettings, status: int) -> Finding:
    if status == 200 or status in STANDBY:
        return ok(VAULT, f"unsealed, at {settings.vault_url}")
    if status == 501:
        return failed(VAULT, "Vault is not initialised.", "Run `vault operator init` once and keep the keys safe.")
    if status == 503:
        return failed(VAULT, "Vault is sealed.", "Run `vault operator unseal`, or set up auto-unseal.")
    return failed(VAULT, f"Vault answered its health check with {status}.", "Look at Vault's own log.")


async def _token_and_transit(http: httpx.AsyncClient, settings: BridgeSettings) -> list[Finding]:
    if settings.vault_auth != "token":
        return _skipped(f"key-vault logs in with {settings.vault_auth}; its readiness says whether that works.")
    if not settings.vault_token.get_secret_value():
        advice = "Set BRIDGE_VAULT_TOKEN, or BRIDGE_VAULT_AUTH to approle or kubernetes."
        return [failed(TOKEN, "There is no token.", advice), skipped(TRANSIT, "It takes a token to look.")]
    if (await http.get("auth/token/lookup-self")).is_error:
        advice = "It expired, was revoked, or belongs to another Vault: make a new one for the policy of key-vault."
        return [failed(TOKEN, "Vault does not take the token.", advice), skipped(TRANSIT, "It takes a token to look.")]
    return [ok(TOKEN, "valid"), await _transit(http, settings.vault_mount)]


async def _transit(http: httpx.AsyncClient, mount: str) -> Finding:
    answer = await http.get(f"sys/internal/ui/mounts/{mount}")
    if answer.is_error:
        advice = f"Run `vault secrets enable -path={mount} transit`, and let the token's policy use {mount}/*."
        return failed(TRANSIT, f"Nothing that the token may use is mounted at {mount}/.", advice)
    kind = answer.json()["data"]["type"]
    if kind != "transit":
        return failed(TRANSIT, f"At {mount}/ there is a {kind} engine.", "Set BRIDGE_VAULT_MOUNT to a transit engine.")
    return ok(TRANSIT, f"mounted at {mount}/")


def _skipped(why: str) -> list[Finding]:
    return [skipped(TOKEN, why), skipped(TRANSIT, why)]
