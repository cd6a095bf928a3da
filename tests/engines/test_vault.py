"""What Bridge needs of Vault's transit engine, asked of the server that BRIDGE_ENGINES chooses."""

from base64 import b64decode, b64encode
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

pytestmark = pytest.mark.engines

OAUTH1 = {"hash_algorithm": "sha1", "signature_algorithm": "pkcs1v15"}


def test_a_ciphertext_opens_only_with_the_data_it_was_bound_to(vault: httpx.Client, name: str) -> None:
    _new_key(vault, name, type="aes256-gcm96")
    ciphertext = _encrypt(vault, name, b"token", bound_to=b"tenant|link|field")

    assert _decrypt(vault, name, ciphertext, bound_to=b"tenant|link|field") == b"token"
    with pytest.raises(httpx.HTTPStatusError):
        _decrypt(vault, name, ciphertext, bound_to=b"tenant|other|field")


def test_a_ciphertext_bound_to_data_cannot_be_rewrapped_but_protected_anew(vault: httpx.Client, name: str) -> None:
    """`rewrap` takes no associated data, here and in HashiCorp Vault (its issue 31791)."""
    _new_key(vault, name, type="aes256-gcm96")
    old = _encrypt(vault, name, b"token", bound_to=b"row")
    _post(vault, f"keys/{name}/rotate")

    with pytest.raises(httpx.HTTPStatusError):
        _post(vault, f"rewrap/{name}", ciphertext=old, associated_data=_b64(b"row"))
    assert _encrypt(vault, name, _decrypt(vault, name, old, bound_to=b"row"), bound_to=b"row").startswith("vault:v2:")


def test_a_ciphertext_of_an_old_version_can_be_shut_out_after_rewrapping(vault: httpx.Client, name: str) -> None:
    _new_key(vault, name, type="aes256-gcm96", derived=True)
    old = _post(vault, f"encrypt/{name}", plaintext=_b64(b"token"), context=_b64(b"row"))["ciphertext"]
    _post(vault, f"keys/{name}/rotate")
    rewrapped = _post(vault, f"rewrap/{name}", ciphertext=old, context=_b64(b"row"))["ciphertext"]
    _post(vault, f"keys/{name}/config", min_decryption_version=2)

    assert _post(vault, f"decrypt/{name}", ciphertext=rewrapped, context=_b64(b"row"))["plaintext"] == _b64(b"token")
    with pytest.raises(httpx.HTTPStatusError):
        _post(vault, f"decrypt/{name}", ciphertext=old, context=_b64(b"row"))


def test_many_signatures_come_from_one_call(vault: httpx.Client, name: str) -> None:
    _new_key(vault, name, type="rsa-2048")
    public = _public_key(vault, name)

    signed = _post(vault, f"sign/{name}", batch_input=[{"input": _b64(b"one")}, {"input": _b64(b"two")}], **OAUTH1)

    signatures = [_signature(result["signature"]) for result in signed["batch_results"]]
    for signature, message in zip(signatures, [b"one", b"two"], strict=True):
        public.verify(signature, message, padding.PKCS1v15(), SHA1())
    with pytest.raises(InvalidSignature):
        public.verify(signatures[0], b"two", padding.PKCS1v15(), SHA1())


def test_an_imported_key_signs_and_cannot_be_exported(vault: httpx.Client, name: str) -> None:
    brought = rsa.generate_private_key(65537, 2048)
    der = brought.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    wrapping = load_pem_public_key(_get(vault, "wrapping_key")["public_key"].encode())
    assert isinstance(wrapping, rsa.RSAPublicKey)
    once = bytes(range(32))
    oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
    wrapped = wrapping.encrypt(once, oaep) + aes_key_wrap_with_padding(once, der)
    _post(vault, f"keys/{name}/import", type="rsa-2048", hash_function="SHA256", ciphertext=_b64(wrapped))

    signed = _post(vault, f"sign/{name}", input=_b64(b"call"), **OAUTH1)

    brought.public_key().verify(_signature(signed["signature"]), b"call", padding.PKCS1v15(), SHA1())
    with pytest.raises(httpx.HTTPStatusError):
        _get(vault, f"export/signing-key/{name}")


def test_nothing_opens_after_the_key_was_destroyed(vault: httpx.Client, name: str) -> None:
    _new_key(vault, name, type="aes256-gcm96")
    ciphertext = _encrypt(vault, name, b"token", bound_to=b"row")
    _post(vault, f"keys/{name}/config", deletion_allowed=True)
    vault.delete(f"/keys/{name}").raise_for_status()

    with pytest.raises(httpx.HTTPStatusError):
        _decrypt(vault, name, ciphertext, bound_to=b"row")


def _new_key(vault: httpx.Client, name: str, **settings: Any) -> None:
    _post(vault, f"keys/{name}", **settings)


def _encrypt(vault: httpx.Client, name: str, plaintext: bytes, bound_to: bytes) -> str:
    answer = _post(vault, f"encrypt/{name}", plaintext=_b64(plaintext), associated_data=_b64(bound_to))
    return str(answer["ciphertext"])


def _decrypt(vault: httpx.Client, name: str, ciphertext: str, bound_to: bytes) -> bytes:
    return b64decode(
        _post(vault, f"decrypt/{name}", ciphertext=ciphertext, associated_data=_b64(bound_to))["plaintext"]
    )


def _public_key(vault: httpx.Client, name: str) -> rsa.RSAPublicKey:
    public = load_pem_public_key(_get(vault, f"keys/{name}")["keys"]["1"]["public_key"].encode())
    assert isinstance(public, rsa.RSAPublicKey)
    return public


def _signature(answer: str) -> bytes:
    """`vault:v1:<base64>`"""
    return b64decode(answer.split(":")[2])


def _get(vault: httpx.Client, path: str) -> dict[str, Any]:
    return _data(vault.get(f"/{path}"))


def _post(vault: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    return _data(vault.post(f"/{path}", json=body))


def _data(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    data: dict[str, Any] = response.json().get("data") or {} if response.content else {}
    return data


def _b64(raw: bytes) -> str:
    return b64encode(raw).decode()
