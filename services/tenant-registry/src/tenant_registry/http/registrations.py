"""`POST /v1/registrations`: Jira's administrator brings the code that Teams' administrator got from the bot."""

import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic.alias_generators import to_camel

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from tenant_registry.base_url import BadBaseUrl, canonical, site
from tenant_registry.decide import fingerprint
from tenant_registry.http.problem import Refusal, problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.registry import CodeUsed
from tenant_registry.rows import AuditRow, CodeRow, TenantRow

BAD_CODE = "The code is unknown, used or expired: ask the bot in Teams for one with: register"
BAD_KEY = "The private key was refused: send an RSA key of at least 2048 bits as PEM, or leave privateKey out."
CONSUMER_KEY = re.compile(r"[\x20-\x7e]{1,255}")
SURROGATE = re.compile(r"[\ud800-\udfff]")
Version = Annotated[str, Field(max_length=64)]


class Camel(BaseModel):
    """JSON with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class RegistrationCall(Camel):
    """What Jira's administrator sends."""

    code: SecretStr = Field(min_length=1, max_length=200, description="The one-time code that the bot gave.")
    base_url: str = Field(examples=["https://jira.example.com"], description="As people open Jira, with context path.")
    product: Literal["jira"]
    version: Version | None = Field(None, description="Jira's version, if known; the check finds it out.")
    connector_version: Version | None = Field(None, description="The version of what makes this call.")
    auth_mode: Literal["oauth1"] = "oauth1"
    consumer_key: SecretStr | None = Field(None, description="Of the application link; left out: one is made up.")
    private_key: SecretStr | None = Field(
        None, max_length=16_384, description="RSA key as PEM, imported into Vault; left out: made there."
    )

    @model_validator(mode="before")
    @classmethod
    def _unicode(cls, said: Any) -> Any:
        texts = [value for value in said.values() if isinstance(value, str)] if isinstance(said, dict) else []
        if any(SURROGATE.search(text) for text in texts):
            raise ValueError("a text holds half of a surrogate pair, which is no character")
        return said

    @field_validator("consumer_key")
    @classmethod
    def _plain(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not CONSUMER_KEY.fullmatch(key.get_secret_value()):
            raise ValueError("must be 1 to 255 printable ASCII characters")
        return key

    @field_validator("private_key")
    @classmethod
    def _pem(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not key.get_secret_value().lstrip().startswith("-----BEGIN "):
            raise ValueError("must be a PEM that begins with -----BEGIN PRIVATE KEY-----")
        return key


class Registered(Camel):
    """What Jira's administrator needs next. `registrationToken` and `webhookUrl` are shown this once."""

    tenant_id: str
    state: Literal["pending"] = "pending"
    base_url: str
    auth_mode: Literal["oauth1"] = "oauth1"
    consumer_key: str = Field(description="For the application link's incoming authentication.")
    public_key: str = Field(description="PEM, for the application link's incoming authentication.")
    callback_url: str = Field(description="For the application link's incoming authentication.")
    webhook_url: str = Field(description="A secret: the address to which Jira sends its webhooks.")
    tenant_url: str
    checks_url: str
    registration_token: str = Field(description="A secret: the bearer token of tenantUrl and checksUrl.")


@dataclass(frozen=True)
class Admission:
    """A call that may go ahead: its code, the Jira's one name, and the new tenant's id."""

    call: RegistrationCall
    code: CodeRow
    base_url: str
    tenant_id: str
    consumer_key: str


def routes(around: Surroundings) -> APIRouter:
    """Give the route."""
    router = APIRouter(tags=["registration"])

    @router.post(
        "/v1/registrations",
        status_code=201,
        summary="Register a Jira",
        responses=problems(400, 403, 409, 413, 429, 503),
    )
    async def register(call: RegistrationCall, response: Response) -> Registered:
        registered = await _register(await _admit(call, around), around)
        response.headers["Location"] = registered.tenant_url
        response.headers["Cache-Control"] = "no-store"
        return registered

    return router


async def _admit(call: RegistrationCall, around: Surroundings) -> Admission:
    try:
        base_url = canonical(call.base_url, allow_http=around.allow_http)
    except BadBaseUrl as bad:
        raise Refusal(422, "bad-base-url", f"baseUrl {bad}.") from None
    code = await around.registry.codes.usable(fingerprint(call.code.get_secret_value()), around.now())
    if code is None:
        raise Refusal(403, "bad-code", BAD_CODE)
    if await around.registry.tenants.knows(code.teams_tenant, base_url):
        raise _known(base_url)
    consumer_key = call.consumer_key.get_secret_value() if call.consumer_key else f"bridge-{secrets.token_hex(4)}"
    return Admission(call, code, base_url, uuid4().hex, consumer_key)


async def _register(admitted: Admission, around: Surroundings) -> Registered:
    public_key, consumer_key = await _make_keys(admitted, around)
    registration_token, hook_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    at, code, tenant_id = around.now(), admitted.code, admitted.tenant_id
    tenant = TenantRow(
        id=tenant_id,
        teams_tenant=code.teams_tenant,
        base_url=admitted.base_url,
        site=site(admitted.base_url),
        consumer_key=consumer_key,
        public_key=public_key,
        jira_version=admitted.call.version,
        connector_version=admitted.call.connector_version,
        registration_token_hash=fingerprint(registration_token),
        hook_token_hash=fingerprint(hook_token),
        registered_by=code.user,
        registered_at=at,
        updated_at=at,
    )
    noted = AuditRow(
        id=f"registered:{tenant_id}",
        what="registered",
        teams_tenant=code.teams_tenant,
        user=code.user,
        at=at,
        tenant_id=tenant_id,
        details={"base_url": admitted.base_url},
    )
    try:
        if not await around.registry.register(code, tenant, noted):
            raise _known(admitted.base_url)
    except CodeUsed:
        raise Refusal(403, "bad-code", BAD_CODE) from None
    tenant_url = f"{around.public_url}/v1/tenants/{tenant_id}"
    return Registered(
        tenant_id=tenant_id,
        base_url=admitted.base_url,
        consumer_key=admitted.consumer_key,
        public_key=public_key,
        callback_url=f"{around.public_url}/oauth/callback",
        webhook_url=f"{around.public_url}/v1/hooks/{tenant_id}/{hook_token}",
        tenant_url=tenant_url,
        checks_url=f"{tenant_url}/checks",
        registration_token=registration_token,
    )


async def _make_keys(admitted: Admission, around: Surroundings) -> tuple[str, str]:
    """Give the public key and the protected consumer key; nothing is used up when key-vault does not answer."""
    tenant_id, private_key = admitted.tenant_id, admitted.call.private_key
    try:
        made = await around.keys.make(tenant_id, private_key.get_secret_value() if private_key else None)
    except KeysRefusal as refusal:
        if private_key:
            raise Refusal(422, "bad-private-key", BAD_KEY) from refusal
        raise Unavailable(f"key-vault refused to make keys: {refusal.code}") from refusal
    try:
        (protected,) = await around.keys.protect(tenant_id, [(tenant_id, "consumer_key", admitted.consumer_key)])
    except KeysRefusal as refusal:
        raise Unavailable(f"key-vault refused to protect the consumer key: {refusal.code}") from refusal
    return made.public_key, protected


def _known(base_url: str) -> Refusal:
    detail = (
        f"{base_url} is registered for this Teams organisation already. Use that registration: its checks can be run"
        " again with its registration token. If that is lost, ask the operator of Bridge to remove the tenant first."
    )
    return Refusal(409, "already-registered", detail)
