"""Owned by key-vault: asking for signatures and protection, and what it answers."""

from datetime import timedelta
from typing import Any, ClassVar

from pydantic import AwareDatetime

from contracts.event import Event, Fact


class Ask(Fact):
    """Where the answer goes: a partition of the reply topic that the asking instance reads, never a topic."""

    request_id: str
    partition: int
    reply_key: dict[str, Any]
    """A fresh public JWK (OKP, X25519) of the asker: what is secret in the answer is sealed to it."""


class KeysQuestion(Event):
    """Something that only key-vault can do; asking twice is harmless.

    Questions are in no order, for whoever needs an answer first waits for it.
    """

    topic: ClassVar[str] = "keys.requests.v1"
    useful_for: ClassVar[timedelta | None] = timedelta(minutes=2)

    ask: Ask

    def key(self) -> str:
        """Share with nobody."""
        return self.ask.request_id

    def subject(self) -> str | None:
        """Name the request."""
        return self.ask.request_id


class KeysRequest(KeysQuestion):
    """A question about one tenant."""

    tenant_id: str

    def key(self) -> str:
        """Keep to the tenant's share."""
        return f"{self.tenant_id}|{self.ask.request_id}"


class Call(Fact):
    """One HTTP request that wants an `Authorization` value."""

    method: str
    url: str
    """Absolute, with its query, and with the base URL by which Jira knows itself."""
    callback: str | None = None
    """OAuth 1.0a request token only: `oauth_callback`."""
    token: str | None = None
    """OAuth 1.0a, before there is a link: `oauth_token` (request token, then access token), a JWE to key-vault."""
    verifier: str | None = None
    """OAuth 1.0a access token only: `oauth_verifier`, a JWE to key-vault."""


class CallsOf(Fact):
    """Calls of one person, or of the tenant's consumer alone."""

    link_id: str | None = None
    calls: tuple[Call, ...]


class CallsAuthorizationAsked(CallsOf, KeysRequest):
    """One `Authorization` value per call, as the link's person, or as the tenant's consumer alone."""


class CallsOfTenant(CallsOf):
    """The same, and in which tenant's Jira."""

    tenant_id: str


class SeveralAuthorizationsAsked(KeysQuestion):
    """The same for several people, of one tenant or more, who ask at one time; a refusal is for one alone."""

    each: tuple[CallsOfTenant, ...]


class SealedSecret(Fact):
    """A secret on its way to key-vault: a JWE (RSA-OAEP-256, A256GCM) to its sealing key."""

    row: str
    """The row it will stand in: a link id, or the tenant id."""
    field: str
    sealed: str


class ProtectedSecret(Fact):
    """A secret at rest: a transit ciphertext bound to tenant, row and field."""

    row: str
    field: str
    ciphertext: str


class SecretsProtectionAsked(KeysRequest):
    """Turn sealed secrets into ciphertexts that may be stored."""

    secrets: tuple[SealedSecret, ...]


class SecretsOpeningAsked(KeysRequest):
    """Open stored ciphertexts for the asker's eyes only."""

    secrets: tuple[ProtectedSecret, ...]


class TenantKeysAsked(KeysRequest):
    """Make the tenant's keys, or import the signing key that its Jira brought."""

    private_key: str | None = None
    """A JWE to key-vault of a PEM; None: make a new key in Vault."""
    replace: bool = False
    """Whether a private key that differs from the one there takes its place; else it is refused (`keys_exist`)."""


class TenantKeysDestructionAsked(KeysRequest):
    """Destroy the tenant's keys: all its ciphertexts, wherever they are, become noise."""


class TenantKeysRotationAsked(KeysRequest):
    """Make a new version of the data key; what the old ones protect still opens until they are retired."""

    signing: bool = False
    """Whether the signing key is renewed too: Jira refuses what it signs until it has the new public key."""


class SecretsRewrapAsked(KeysRequest):
    """Protect stored ciphertexts anew with the newest key version; answered by SecretsProtected in the order asked."""

    secrets: tuple[ProtectedSecret, ...]


class OldKeysRetirementAsked(KeysRequest):
    """Let nothing older than this version of the data key open any more; answered by TenantKeysRotated."""

    data_key_version: int


class StatementAsked(KeysRequest):
    """Sign a statement of Bridge's own, such as the receipt of an erasure; it names no secret."""

    statement: dict[str, Any]


class KeysReply(Event):
    """The answer to one request; it travels by explicit partition."""

    topic: ClassVar[str] = "keys.replies.v1"

    request_id: str

    def key(self) -> str:
        """Name the request."""
        return self.request_id

    def subject(self) -> str | None:
        """Name the request."""
        return self.request_id


class CallsAuthorized(KeysReply):
    """`sealed`: a JWE to the asker of a JSON list, one `{"value": "…"}` per call in the order asked.

    A value that may be used again (a bearer token) comes with `"until"`: ISO time, or null where it does not expire.
    """

    sealed: str


class SeveralAuthorized(KeysReply):
    """`sealed`: a JWE to the asker of a JSON list, in the order asked.

    Of each `{"authorized": […]}`, as in CallsAuthorized, or `{"code": "…", "why": "…"}`, as in KeysRefused, or null:
    it could not be done now, and is to be asked for alone, so that nobody waits for another.
    """

    sealed: str


class SecretsProtected(KeysReply):
    """One transit ciphertext per secret in the order asked."""

    ciphertexts: tuple[str, ...]


class SecretsOpened(KeysReply):
    """`sealed`: a JWE to the asker of a JSON list of strings in the order asked."""

    sealed: str


class TenantKeysMade(KeysReply):
    """The tenant's keys exist; the public half is for Jira's application link."""

    tenant_id: str
    public_key: str
    """SubjectPublicKeyInfo, PEM."""


class TenantKeysDestroyed(KeysReply):
    """The tenant's keys are gone."""

    tenant_id: str
    at: AwareDatetime


class TenantKeysRotated(KeysReply):
    """The versions of the tenant's keys as they are now."""

    tenant_id: str
    public_key: str
    """SubjectPublicKeyInfo, PEM: a new signing key must be pasted into Jira's application link."""
    data_key_version: int
    signing_key_version: int


class StatementSigned(KeysReply):
    """`jws`: the statement, compact (RS256), signed by a key that never leaves Vault."""

    jws: str
    jwk: dict[str, Any]
    """The public key that verifies it, with `kid`."""


class KeysRefused(KeysReply):
    """It was not done: `not_linked`, `unknown_tenant`, `keys_destroyed`, `token_expired`, `bad_request`, …"""

    code: str
    why: str


class TenantKeys(Event):
    """The public side of a tenant's keys, for the registry."""

    topic: ClassVar[str] = "keys.tenants.v1"

    tenant_id: str
    public_key: str | None
    """SubjectPublicKeyInfo, PEM; None once destroyed."""
    data_key_version: int
    signing_key_version: int
    destroyed_at: AwareDatetime | None = None

    def key(self) -> str:
        """Keep the last one per tenant."""
        return self.tenant_id


class SealingKey(Event):
    """The public key to which secrets for key-vault are sealed."""

    topic: ClassVar[str] = "keys.sealing.v1"

    key_id: str
    jwk: dict[str, Any]
    """RSA public JWK with `kid`, for RSA-OAEP-256."""

    def key(self) -> str:
        """Keep the last one."""
        return "sealing"
