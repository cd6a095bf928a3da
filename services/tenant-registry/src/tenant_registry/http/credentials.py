"""What a Jira knows Bridge by, per way of acting as people, and how it is kept."""

import secrets
from collections.abc import Mapping

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.keys import ProtectedSecret
from contracts.registry import AuthMode
from tenant_registry.decide import version
from tenant_registry.http.calls import RegistrationCall
from tenant_registry.http.problem import Refusal
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.rows import TenantRow

BAD_KEY = "The private key was refused: send an RSA key of at least 2048 bits as PEM, or leave privateKey out."
OTHER_KEY = "This tenant has another private key already: leave privateKey out, or have its keys rotated first."
SINCE: Mapping[AuthMode, tuple[int, int]] = {"oauth1": (0, 0), "oauth2": (8, 22), "pat": (8, 14)}
NOTHING: Mapping[str, str | None] = {"consumer_key": "", "client_secret": None, "webhook_secret": None}
"""The fields of a tenant's row that hold ciphertexts, where there is nothing to hold."""


def check_mode(call: RegistrationCall, public_url: str) -> None:
    """Refuse what does not belong to the way that was chosen, and say what does."""
    mode, since, known = call.auth_mode, SINCE[call.auth_mode], version(call.version)
    if known and known < since:
        detail = f"{mode} needs Jira {since[0]}.{since[1]} or later: choose another authMode, such as oauth1."
        raise Refusal(422, "too-old", detail)
    if mode != "oauth1" and (call.consumer_key or call.private_key):
        raise Refusal(422, "other-mode", "consumerKey and privateKey belong to authMode oauth1: leave them out.")
    if mode != "oauth2" and (call.client_id or call.client_secret):
        raise Refusal(422, "other-mode", "clientId and clientSecret belong to authMode oauth2: leave them out.")
    if mode == "oauth2" and not (call.client_id and call.client_secret):
        detail = (
            "authMode oauth2 needs clientId and clientSecret. Create an incoming link in Jira first, with the redirect"
            f" URL {public_url}/oauth/callback and the permission Write: Jira then shows both."
        )
        raise Refusal(422, "no-client", detail)


def plain_of(call: RegistrationCall) -> dict[str, str]:
    """Give what is to be protected, by field; an OAuth 1.0a consumer key is made up where none is given."""
    if call.auth_mode == "pat":
        return {}
    if call.auth_mode == "oauth2":
        assert call.client_id is not None
        assert call.client_secret is not None
        client_id, client_secret = call.client_id.get_secret_value(), call.client_secret.get_secret_value()
        return {"consumer_key": client_id, "client_secret": client_secret}
    given = call.consumer_key.get_secret_value() if call.consumer_key else f"bridge-{secrets.token_hex(4)}"
    return {"consumer_key": given}


async def make_keys(tenant_id: str, call: RegistrationCall, around: Surroundings, *, replace: bool = False) -> str:
    """Have the tenant's keys made, or its private key imported, and give the public key.

    `replace`: a private key may take the place of another; only for who proved to have the old one.
    """
    private_key = call.private_key.get_secret_value() if call.private_key else None
    try:
        made = await around.keys.make(tenant_id, private_key, replace=replace)
    except KeysRefusal as refusal:
        if refusal.code == "keys_exist":
            raise Refusal(409, "other-private-key", OTHER_KEY) from refusal
        if private_key:
            raise Refusal(422, "bad-private-key", BAD_KEY) from refusal
        raise Unavailable(f"key-vault refused to make keys: {refusal.code}") from refusal
    return made.public_key


async def protect(tenant_id: str, plain: Mapping[str, str], around: Surroundings) -> dict[str, str]:
    """Turn secrets into ciphertexts bound to this tenant and their fields."""
    if not plain:
        return {}
    try:
        given = [(tenant_id, field, secret) for field, secret in plain.items()]
        protected = await around.keys.protect(tenant_id, given)
    except KeysRefusal as refusal:
        raise Unavailable(f"key-vault refused to protect credentials: {refusal.code}") from refusal
    return dict(zip(plain, protected, strict=True))


async def consumer_key(tenant: TenantRow, around: Surroundings) -> str:
    """Open a tenant's consumer key."""
    stored = ProtectedSecret(row=tenant.id, field="consumer_key", ciphertext=tenant.consumer_key)
    try:
        (opened,) = await around.keys.open(tenant.id, [stored])
    except KeysRefusal as refusal:
        raise Unavailable(f"key-vault refused to open the consumer key: {refusal.code}") from refusal
    return opened
