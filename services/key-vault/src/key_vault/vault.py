"""Vault's transit engine, in our words."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from chassis.sealing import Purpose
from key_vault import jwe, pem
from key_vault.batches import Batches, Item, Result
from key_vault.decide import Bound
from key_vault.login import Lease, Login, renew
from key_vault.settings import Settings
from key_vault.wire import Body, VaultForbade, VaultRefused, VaultUnavailable, Wire

SEALING, RECEIPTS = "key-vault-sealing", "bridge-receipts"
"""The service's own keys: no tenant has such a name."""
SIGNING_MODE = {"hash_algorithm": "sha1", "signature_algorithm": "pkcs1v15"}
RECEIPT_MODE = {"hash_algorithm": "sha2-256", "signature_algorithm": "pkcs1v15"}
WRAPPING_KEY_TAKES = timedelta(seconds=30)
"""At most: Vault makes this key of 4096 bits when it is asked for it the first time."""
T = TypeVar("T")


@dataclass(frozen=True)
class PublicKey:
    """The public half of the newest version of an RSA key: SubjectPublicKeyInfo, PEM."""

    pem: str
    version: int


@dataclass(frozen=True)
class TenantKeyPair:
    """What may be known of a tenant's two keys."""

    signing: PublicKey
    data_key_version: int


class Vault:
    """Signs, protects and opens with keys that never leave Vault; all methods raise VaultRefused, VaultUnavailable.

    A tenant's keys are `<tenant_id>` (AES-256-GCM, for data) and `<tenant_id>-sign` (RSA, for signatures).
    """

    def __init__(self, settings: Settings, login: Login) -> None:
        self._wire = Wire(settings)
        self._mount = settings.vault_mount
        self._login = login
        self._pool = ThreadPoolExecutor(settings.vault_threads, thread_name_prefix="vault")
        self._batches = Batches(self._send, settings.vault_at_once)
        self.forbidden = asyncio.Event()
        """Set when Vault did not accept our token."""
        self.answers = False
        """Whether Vault did what it was asked, or refused, when it was last asked."""

    async def log_in(self) -> Lease:
        """Prove who we are; what follows is done with the token obtained."""
        return await self._asked(partial(self._login, self._wire))

    async def renew(self) -> Lease:
        """Lengthen the present login."""
        return await self._asked(partial(renew, self._wire))

    async def prepare(self) -> PublicKey:
        """Make what the service itself needs; gives the public key to which secrets for it are sealed.

        Encrypting with a key that does not exist would make it, so a destroyed key could come back: switched off.
        """
        await self._call("post", "config/keys", {"disable_upsert": True})
        for name in (SEALING, RECEIPTS):
            await self._call("post", f"keys/{name}", {"type": "rsa-2048"})
        return await self._public_key(SEALING)

    async def sealing_versions(self) -> dict[int, datetime]:
        """Give the versions of the service's own sealing key that still open something, and when each was made."""
        key = await self._call("get", f"keys/{SEALING}")
        return {int(version): datetime.fromisoformat(one["creation_time"]) for version, one in key["keys"].items()}

    async def renew_sealing(self) -> PublicKey:
        """Make a new version of it."""
        await self._call("post", f"keys/{SEALING}/rotate")
        return await self._public_key(SEALING)

    async def remove_sealing_before(self, version: int) -> None:
        """Remove older versions from Vault for good; again is harmless."""
        oldest = {"min_decryption_version": version, "min_encryption_version": version}
        await self._call("post", f"keys/{SEALING}/config", oldest)
        await self._call("post", f"keys/{SEALING}/trim", {"min_available_version": version})

    async def make_keys(self, tenant_id: str) -> TenantKeyPair:
        """Make the tenant's keys unless they exist."""
        await self._call("post", f"keys/{tenant_id}-sign", {"type": "rsa-2048"})
        return await self._with_data_key(tenant_id)

    async def import_keys(self, tenant_id: str, private_key: str, *, replace: bool = False) -> TenantKeyPair:
        """Make the tenant's keys with this private key (PEM) for signatures, where `replace` instead of another."""
        key = await self._in_thread(partial(_readable, private_key))
        name = f"{tenant_id}-sign"
        try:
            existing = await self._call("get", f"keys/{name}")
        except VaultRefused:
            await self._import(name, key)
        else:
            if not pem.same_public_key(_public_key(existing).pem, key.public_key):
                if not replace:
                    raise VaultRefused("keys_exist", "the tenant has another signing key already")
                await self._replace(name, existing, key)
        return await self._with_data_key(tenant_id)

    async def keys(self, tenant_id: str) -> TenantKeyPair:
        """Give what may be known of the tenant's keys as they are."""
        data_key = await self._call("get", f"keys/{tenant_id}")
        return TenantKeyPair(await self._public_key(f"{tenant_id}-sign"), data_key["latest_version"])

    async def rotate_keys(self, tenant_id: str, *, signing: bool) -> None:
        """Make a new version of the data key, where `signing` of the signing key too; what is older still opens."""
        await self._call("post", f"keys/{tenant_id}/rotate")
        if signing:
            await self._call("post", f"keys/{tenant_id}-sign/rotate")

    async def retire_keys(self, tenant_id: str, version: int) -> None:
        """Let nothing that is older than this version of the data key open; what is retired stays retired."""
        data_key = await self._call("get", f"keys/{tenant_id}")
        if not 1 <= version <= data_key["latest_version"]:
            raise VaultRefused("bad_request", "the data key has no such version")
        if version > data_key["min_decryption_version"]:
            least = {"min_decryption_version": version, "min_encryption_version": version}
            await self._call("post", f"keys/{tenant_id}/config", least)

    async def destroy_keys(self, tenant_id: str) -> None:
        """Destroy both keys for good; what is gone already is no error."""
        for name in (tenant_id, f"{tenant_id}-sign"):
            try:
                await self._delete(name)
            except VaultRefused as refusal:
                if refusal.code != "keys_destroyed":
                    raise

    async def sign(self, tenant_id: str, texts: Sequence[str]) -> list[str]:
        """Give one RSA-SHA1 signature (PKCS#1 v1.5, Base64) per text."""
        results = await self._batches.submit(f"sign/{tenant_id}-sign", [{"input": _base64(text)} for text in texts])
        return [_good(result, "signature").rpartition(":")[2] for result in results]

    async def protect(self, tenant_id: str, plaintexts: Sequence[Bound]) -> list[str]:
        """Give one ciphertext per plaintext."""
        items = [{"plaintext": _base64(it.text), "associated_data": _base64(it.to)} for it in plaintexts]
        return [_good(result, "ciphertext") for result in await self._batches.submit(f"encrypt/{tenant_id}", items)]

    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]:
        """Give one plaintext per ciphertext; refuses those that are not bound to what is said."""
        items = [{"ciphertext": it.text, "associated_data": _base64(it.to)} for it in ciphertexts]
        results = await self._batches.submit(f"decrypt/{tenant_id}", items)
        return [base64.b64decode(_good(result, "plaintext")).decode() for result in results]

    async def unseal(self, tenant_id: str, sealed: Sequence[str], purpose: Purpose = "secret") -> list[str]:
        """Give the content of each JWE that was sealed to the service's own key; only its content key leaves Vault.

        Refuses what was sealed for another tenant or purpose.
        """
        try:
            parsed = [jwe.parse(compact) for compact in sealed]
            for it in parsed:
                it.only_for(tenant_id, purpose)
            items = [{"ciphertext": f"vault:v{it.key_version}:{_base64(it.wrapped_key)}"} for it in parsed]
            results = await self._batches.submit(f"decrypt/{SEALING}", items)
            content_keys = [base64.b64decode(_good(result, "plaintext")) for result in results]
            return [it.open(content_key) for it, content_key in zip(parsed, content_keys, strict=True)]
        except jwe.MalformedJwe as error:
            raise VaultRefused("bad_request", f"a sealed secret does not open: {error}") from error

    async def receipts_key(self) -> PublicKey:
        """Give the key that verifies what `sign_receipt` signs."""
        return await self._public_key(RECEIPTS)

    async def sign_receipt(self, text: str, version: int) -> bytes:
        """Sign with this version of the key for receipts: RSA-SHA256, PKCS#1 v1.5."""
        body = {"input": _base64(text), "key_version": version, **RECEIPT_MODE}
        answer = await self._call("post", f"sign/{RECEIPTS}", body)
        return base64.b64decode(answer["signature"].rpartition(":")[2])

    async def close(self) -> None:
        """Stop; what is under way is given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        await self._wire.close()

    async def _with_data_key(self, tenant_id: str) -> TenantKeyPair:
        await self._call("post", f"keys/{tenant_id}", {"type": "aes256-gcm96"})
        return await self.keys(tenant_id)

    async def _import(self, name: str, key: pem.PrivateKey) -> None:
        """Import a key that may be rotated like one of Vault's own."""
        kind = {"type": key.vault_type, "allow_rotation": True}
        await self._call("post", f"keys/{name}/import", await self._wrapped(key) | kind)

    async def _replace(self, name: str, existing: Body, key: pem.PrivateKey) -> None:
        """Import as the next version; a key that Vault made, or of another size, takes none and has to go first."""
        if existing.get("imported_key") and existing["type"] == key.vault_type:
            await self._call("post", f"keys/{name}/import_version", await self._wrapped(key))
        else:
            await self._delete(name)
            await self._import(name, key)

    async def _wrapped(self, key: pem.PrivateKey) -> Body:
        asking = partial(self._wire.call, "get", f"{self._mount}/wrapping_key", timeout=WRAPPING_KEY_TAKES)
        wrapping_key = (await self._asked(asking))["data"]["public_key"]
        return {"hash_function": "SHA256", "ciphertext": key.wrapped(wrapping_key)}

    async def _delete(self, name: str) -> None:
        await self._call("post", f"keys/{name}/config", {"deletion_allowed": True})
        await self._call("delete", f"keys/{name}")

    async def _public_key(self, name: str) -> PublicKey:
        return _public_key(await self._call("get", f"keys/{name}"))

    async def _send(self, path: str, items: list[Item]) -> list[Result]:
        mode = SIGNING_MODE if path.startswith("sign/") else {}
        answer = await self._noting(self._wire.post(f"{self._mount}/{path}", {"batch_input": items, **mode}))
        results: list[Result] = (answer.get("data") or {}).get("batch_results", [])
        if len(results) != len(items):
            raise VaultUnavailable(f"Vault gave {len(results)} results for {len(items)} questions")
        return results

    async def _call(self, method: str, path: str, body: Body | None = None) -> Body:
        answer = await self._asked(partial(self._wire.call, method, f"{self._mount}/{path}", body))
        data: Body = answer.get("data") or {}
        return data

    async def _asked(self, work: Callable[[], T]) -> T:
        """Do blocking work that asks Vault."""
        return await self._noting(self._in_thread(work))

    async def _noting(self, asking: Awaitable[T]) -> T:
        """Ask Vault, and note how Vault is."""
        try:
            answer = await asking
        except VaultUnavailable as error:
            self.answers = False
            if isinstance(error, VaultForbade):
                self.forbidden.set()
            raise
        self.answers = True
        return answer

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _readable(private_key: str) -> pem.PrivateKey:
    try:
        return pem.private_key(private_key)
    except pem.UnfitKey as error:
        raise VaultRefused("bad_key", str(error)) from error


def _public_key(key: Body) -> PublicKey:
    version = key["latest_version"]
    return PublicKey(key["keys"][str(version)]["public_key"], version)


def _good(result: dict[str, Any], wanted: str) -> str:
    if result.get("error"):
        raise VaultRefused("bad_request", "Vault could not use what it was given with this key")
    value: str = result[wanted]
    return value


def _base64(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()
