"""What a registration call says, and what is answered."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from contracts.registry import AuthMode
from tenant_registry import networks
from tenant_registry.decide import version_in
from tenant_registry.http.camel import Camel
from tenant_registry.http.pasting import Paste
from tenant_registry.sites import ALIAS, LONGEST

PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")
SURROGATE = re.compile(r"[\ud800-\udfff]")
MOST_NETWORKS = 50


def _alias(text: str) -> str:
    alias = text.strip().lower()
    if not ALIAS.fullmatch(alias):
        raise ValueError(f"must be letters, digits and hyphens between them, at most {LONGEST}")
    return alias


def _jira_version(text: str) -> str:
    found = version_in(text)
    if found is None:
        raise ValueError("must hold the number of Jira's version, such as 9.12.4; or leave it out")
    return found


def _printable(secret: SecretStr) -> SecretStr:
    if not PRINTABLE.fullmatch(secret.get_secret_value()):
        raise ValueError("must be 1 to 255 printable ASCII characters")
    return secret


Version = Annotated[str, Field(max_length=64)]
JiraVersion = Annotated[Version, AfterValidator(_jira_version)]
Alias = Annotated[str, Field(max_length=100), AfterValidator(_alias)]
Credential = Annotated[SecretStr, AfterValidator(_printable)]
Network = Annotated[str, Field(max_length=64), AfterValidator(networks.canonical)]
Networks = Annotated[tuple[Network, ...], Field(max_length=MOST_NETWORKS)]
Code = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class RegistrationCall(Camel):
    """What Jira's administrator sends."""

    code: Code = Field(description="The one-time code that the bot gave.")
    base_url: str = Field(examples=["https://jira.example.com"], description="As people open Jira, with context path.")
    product: Literal["jira"]
    version: JiraVersion | None = Field(
        None, description="Jira's version, if known; the check finds it out. From 10 on webhooks are signed."
    )
    connector_version: Version | None = Field(None, description="The version of what makes this call.")
    auth_mode: AuthMode = Field("oauth1", description="How Bridge acts as people: oauth1, oauth2 (8.22), pat (8.14).")
    consumer_key: Credential | None = Field(
        None, description="oauth1: of the application link; left out: one is made up."
    )
    private_key: SecretStr | None = Field(
        None, max_length=16_384, description="oauth1: RSA key as PEM, imported into Vault; left out: made there."
    )
    client_id: Credential | None = Field(None, description="oauth2: as Jira's incoming link shows it.")
    client_secret: Credential | None = Field(None, description="oauth2: as Jira's incoming link shows it.")
    alias: Alias | None = Field(None, description="What people call this Jira; left out: its host's first label.")
    source_networks: Networks | None = Field(
        None, description="Networks (CIDR) from which its calls and webhooks may come; left out: any."
    )
    destinations: Networks | None = Field(
        None, description="Networks (CIDR) that may be reached for it; left out: what the operator allows."
    )
    proof: SecretStr | None = Field(
        None,
        max_length=8_192,
        description="To register a known base URL anew without its registration token: a compact JWS (RS256) of"
        ' {"code", "baseUrl", "iat"} by the private key that this tenant has had.',
    )

    @model_validator(mode="before")
    @classmethod
    def _unicode(cls, said: Any) -> Any:
        texts = [value for value in said.values() if isinstance(value, str)] if isinstance(said, dict) else []
        if any(SURROGATE.search(text) for text in texts):
            raise ValueError("a text holds half of a surrogate pair, which is no character")
        return said

    @field_validator("private_key")
    @classmethod
    def _pem(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not key.get_secret_value().lstrip().startswith("-----BEGIN "):
            raise ValueError("must be a PEM that begins with -----BEGIN PRIVATE KEY-----")
        return key


class Registered(Camel):
    """What Jira's administrator needs next. Whatever is called a secret is shown this once."""

    tenant_id: str
    state: Literal["pending"] = "pending"
    base_url: str
    alias: str | None
    default: bool = Field(description="It is the Jira that is meant where a command names none.")
    auth_mode: AuthMode
    paste: list[Paste] = Field(description="What to enter in Jira, and where: in this order.")
    consumer_key: str | None = Field(description="oauth1: for the application link's incoming authentication.")
    public_key: str | None = Field(description="oauth1: PEM, for the application link's incoming authentication.")
    callback_url: str | None = Field(description="oauth1: for the application link's incoming authentication.")
    redirect_url: str | None = Field(description="oauth2: for the incoming link.")
    scope: str | None = Field(description="oauth2: for the incoming link.")
    webhook_url: str = Field(description="The address to which Jira sends its webhooks; without a secret it is one.")
    webhook_secret: str | None = Field(description="A secret, for Jira 10 and later: with it Jira signs its webhooks.")
    tenant_url: str
    checks_url: str
    registration_token: str = Field(description="A secret: the bearer token of tenantUrl and checksUrl.")
