"""What is stored about a tenant, in words and data, for the customer: no secret, only that there is one. Pure.

A field that is named in neither table is withheld, so what is new is not shown before somebody has thought about it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic.alias_generators import to_camel

from tenant_registry.mongo.ciphertexts import key_version

WORDS: Mapping[str, str] = {
    "tenant": "The Jira as it was registered. Secrets are stored encrypted, or as a hash only, and are not shown.",
    "links": "Who acts as whom in Jira. Access tokens are stored encrypted and are not shown.",
    "pendingLinks": "People who began to connect; each goes within about an hour.",
    "subscriptions": "Which conversation in Teams hears of which project.",
    "conversations": "Where in Teams the bot is, of the whole organisation.",
    "registrationCodes": "The one-time codes that registered this Jira; stored as a hash, gone within an hour.",
    "rotation": "The last rotation of this tenant's keys.",
    "waitingEvents": "What is on its way to another part of Bridge; it stays for a day at most, without its content.",
    "toldChanges": "Which changes were posted, so that each is posted once; they go after two days.",
    "audit": "Who did what and when; it never holds what a comment says. `hash` follows from `prev`: a chain.",
}
PLAIN: Mapping[str, tuple[str, ...]] = {
    "tenant": (
        *("teams_tenant", "product", "base_url", "signing_base_url", "site", "alias", "is_default", "auth_mode"),
        *("source_networks", "destinations", "public_key", "data_key_version", "signing_key_version", "state"),
        *("keys_destroyed_at", "jira_version", "connector_version", "title", "checks", "checked_at", "check_id"),
        *("check_asked_at", "registered_by", "registered_at", "updated_at"),
    ),
    "links": (
        *("tenant_id", "teams_tenant", "user", "jira_user", "auth_mode", "generation", "linked_at", "expires_at"),
    ),
    "pendingLinks": (
        *("tenant_id", "teams_tenant", "user", "origin", "attempts", "completed_by", "resume", "prepared_until"),
        *("expires_at", "purge_at"),
    ),
    "subscriptions": (
        *("tenant_id", "project", "project_name", "conversation_id", "teams_tenant", "subscribed_by", "subscribed_at"),
    ),
    "conversations": ("kind", "service_url", "teams_tenant", "bot_id", "name", "seen_at", "left_at"),
    "registrationCodes": ("teams_tenant", "user", "expires_at", "purge_at", "used_for"),
    "rotation": (
        *("asked_by", "asked_at", "state", "signing", "data_key_version", "signing_key_version", "started_at"),
        *("ended_at", "of", "done", "unreadable", "problem"),
    ),
    "waitingEvents": ("event_type", "at", "purge_at"),
    "toldChanges": ("purge_at",),
    "audit": (
        *("what", "teams_tenant", "user", "at", "tenant_id", "details", "seq", "prev", "hash", "personal", "salt"),
    ),
}
SECRET: Mapping[str, str] = {
    **dict.fromkeys(("consumer_key", "client_secret", "webhook_secret", "access_token"), "encrypted"),
    **dict.fromkeys(("token_secret", "refresh_token", "grant"), "encrypted"),
    **dict.fromkeys(("registration_token_hash", "hook_token_hash", "lookup", "code_hash", "jira_code_hash"), "hash"),
    **dict.fromkeys(("request_token", "verifier", "code_verifier"), "sealed for key-vault"),
}
HASHED_IDS = frozenset({"registrationCodes"})


def shown(kind: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Show a document: plain fields as they are, of all others only that they are there."""
    plain = {to_camel(name): document[name] for name in PLAIN[kind] if name in document}
    stored = {
        to_camel(name): _presence(name, value)
        for name, value in document.items()
        if name not in PLAIN[kind] and name != "_id" and value not in (None, "", {})
    }
    named = {} if kind in HASHED_IDS else {"id": document["_id"]}
    return {**named, **plain, **({"notShown": stored} if stored else {})}


def text(value: Any) -> str:
    """Write a value as JSON; instants in UTC."""
    return json.dumps(value, ensure_ascii=False, default=_instant)


def _presence(name: str, value: Any) -> str:
    how = SECRET.get(name, "withheld")
    if how == "encrypted" and isinstance(value, str):
        return f"encrypted with version {key_version(value)} of this tenant's key"
    return how


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
