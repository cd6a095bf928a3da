"""The Bot Connector: can the keys be read with which it signs its calls to the bot?"""

import json
from typing import Any

import httpx

from bridge.doctor import Finding, failed, ok, skipped
from bridge.settings import BridgeSettings

METADATA, KEYS = "Bot Connector metadata", "Bot Connector keys"
ADVICE = "Let the bot gateway reach {} (proxy, firewall), or set BRIDGE_OPENID_METADATA_URL for another cloud."


async def check_connector(settings: BridgeSettings) -> list[Finding]:
    """Read the OpenID metadata, then the keys it names."""
    async with httpx.AsyncClient(timeout=10) as http:
        url = settings.openid_metadata_url
        metadata = await _json(http, url)
        if not metadata or not isinstance(metadata.get("jwks_uri"), str):
            unread = failed(METADATA, f"{url} does not give OpenID metadata.", ADVICE.format(url))
            return [unread, skipped(KEYS, "Their address stands in the metadata.")]
        keys = (await _json(http, metadata["jwks_uri"]) or {}).get("keys") or []
    known = ok(METADATA, f"issuer {metadata.get('issuer')}")
    if not keys:
        where = metadata["jwks_uri"]
        return [known, failed(KEYS, f"{where} gives no keys.", ADVICE.format(where))]
    return [known, ok(KEYS, f"{len(keys)} signing key(s)")]


async def _json(http: httpx.AsyncClient, url: str) -> dict[str, Any] | None:
    try:
        answer = (await http.get(url)).raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError):
        return None
    return answer if isinstance(answer, dict) else None
