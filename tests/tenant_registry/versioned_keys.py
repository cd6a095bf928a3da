"""A key-vault whose keys have versions, as far as rotating needs it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.keys import ProtectedSecret, TenantKeysRotated

PEM = "-----BEGIN PUBLIC KEY-----"


def ciphertext(version: int, row: str, field: str, plain: str) -> str:
    """A ciphertext that says what real ones hide: what it is bound to, and what it holds."""
    return f"vault:v{version}:{row}|{field}|{plain}"


@dataclass
class VersionedKeys:
    """Protects with the newest version, opens what is not too old, and only in its place."""

    version: int = 1
    oldest: int = 1
    signing_version: int = 1
    silent: bool = False
    fails_after: int | None = None
    """Questions until it goes silent."""
    destroyed: bool = False
    asked: list[str] = field(default_factory=list)

    async def rotate(self, tenant_id: str, *, signing: bool = False) -> TenantKeysRotated:
        self._hear("rotate")
        self.version += 1
        self.signing_version += signing
        return self._told(tenant_id)

    async def rewrap(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> tuple[str, ...]:
        self._hear(f"rewrap {len(secrets)}")
        return tuple(ciphertext(self.version, one.row, one.field, self.opened(one)) for one in secrets)

    async def retire_old(self, tenant_id: str, data_key_version: int) -> TenantKeysRotated:
        self._hear("retire")
        self.oldest = data_key_version
        return self._told(tenant_id)

    def opened(self, secret: ProtectedSecret) -> str:
        version, _, rest = secret.ciphertext.removeprefix("vault:v").partition(":")
        row, named, plain = rest.split("|")
        if (row, named) != (secret.row, secret.field) or not self.oldest <= int(version) <= self.version:
            raise KeysRefusal("bad_request", "Vault could not use what it was given with this key")
        return plain

    def _hear(self, question: str) -> None:
        if self.fails_after is not None:
            self.fails_after -= 1
        if self.silent or (self.fails_after is not None and self.fails_after < 0):
            raise Unavailable("key-vault did not answer in time")
        if self.destroyed:
            raise KeysRefusal("keys_destroyed", "the tenant's keys are gone")
        self.asked.append(question)

    def _told(self, tenant_id: str) -> TenantKeysRotated:
        return TenantKeysRotated(
            request_id=uuid4().hex,
            tenant_id=tenant_id,
            public_key=PEM,
            data_key_version=self.version,
            signing_key_version=self.signing_version,
        )
