"""Vault's transit engine, in our words."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from key_vault import jwe, pem
from key_vault.batches import Batches, Item, Result
from key_vault.decide import Bound
from key_vault.login import Lease, Login, renew
from key_vault.settings import Settings
from key_vault.wire import Body, VaultForbade, VaultRefused, VaultUnavailable, Wire

SEALING = "key-vault-sealing"
SIGNING_MODE = {"hash_algorithm": "sha1", "signature_algorithm": "pkcs1v15"}
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
        await self._call("post", f"keys/{SEALING}", {"type": "rsa-2048"})
        return await self._public_key(SEALING)

    async def make_keys(self, tenant_id: str) -> TenantKeyPair:
        """Make the tenant's keys unless they exist."""
        await self._call("post", f"keys/{tenant_id}-sign", {"type": "rsa-2048"})
        return await self._with_data_key(tenant_id)

    async def import_keys(self, tenant_id: str, private_key: str) -> TenantKeyPair:
        """Make the tenant's keys with this private key (PEM) for signatures."""
        key = await self._in_thread(partial(_readable, private_key))
        try:
            existing = await self._public_key(f"{tenant_id}-sign")
        except VaultRefused:
            await self._import(f"{tenant_id}-sign", key)
        else:
            if not pem.same_public_key(existing.pem, key.public_key):
                raise VaultRefused("keys_exist", "the tenant has another signing key already")
        return await self._with_data_key(tenant_id)

    async def destroy_keys(self, tenant_id: str) -> None:
        """Destroy both keys for good; what is gone already is no error."""
        for name in (tenant_id, f"{tenant_id}-sign"):
            try:
                await self._call("post", f"keys/{name}/config", {"deletion_allowed": True})
                await self._call("delete", f"keys/{name}")
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

    async def unseal(self, sealed: Sequence[str]) -> list[str]:
        """Give the content of each JWE that was sealed to the service's own key; only its content key leaves Vault."""
        try:
            parsed = [jwe.parse(compact) for compact in sealed]
            items = [{"ciphertext": f"vault:v{it.key_version}:{_base64(it.wrapped_key)}"} for it in parsed]
            results = await self._batches.submit(f"decrypt/{SEALING}", items)
            content_keys = [base64.b64decode(_good(result, "plaintext")) for result in results]
            return [it.open(content_key) for it, content_key in zip(parsed, content_keys, strict=True)]
        except jwe.MalformedJwe as error:
            raise VaultRefused("bad_request", f"a sealed secret does not open: {error}") from error

    async def close(self) -> None:
        """Stop; what is under way is given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        await self._wire.close()

    async def _with_data_key(self, tenant_id: str) -> TenantKeyPair:
        await self._call("post", f"keys/{tenant_id}", {"type": "aes256-gcm96"})
        data_key = await self._call("get", f"keys/{tenant_id}")
        return TenantKeyPair(await self._public_key(f"{tenant_id}-sign"), data_key["latest_version"])

    async def _import(self, name: str, key: pem.PrivateKey) -> None:
        wrapping_key = await self._call("get", "wrapping_key")
        ciphertext = key.wrapped(wrapping_key["public_key"])
        body = {"type": key.vault_type, "hash_function": "SHA256", "ciphertext": ciphertext}
        await self._call("post", f"keys/{name}/import", body)

    async def _public_key(self, name: str) -> PublicKey:
        key = await self._call("get", f"keys/{name}")
        version = key["latest_version"]
        return PublicKey(key["keys"][str(version)]["public_key"], version)

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


def _good(result: dict[str, Any], wanted: str) -> str:
    if result.get("error"):
        raise VaultRefused("bad_request", "Vault could not use what it was given with this key")
    value: str = result[wanted]
    return value


def _base64(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()
