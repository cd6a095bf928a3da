"""RSA keys as PEM: what may be imported, and how it is wrapped for its way into Vault."""

import base64
import os
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

SIZES = (2048, 3072, 4096)
OAEP_SHA256 = OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None)


class UnfitKey(ValueError):
    """The key cannot be used; the text says why and holds nothing of it."""


@dataclass(frozen=True)
class PrivateKey:
    """A private key on its way into Vault."""

    key: RSAPrivateKey

    @property
    def vault_type(self) -> str:
        """Name the key's type as transit does."""
        return f"rsa-{self.key.key_size}"

    @property
    def public_key(self) -> str:
        """Give the public half: SubjectPublicKeyInfo, PEM."""
        return _public_pem(self.key.public_key())

    def wrapped(self, wrapping_key: str) -> str:
        """Wrap the key for `transit/keys/…/import`: RSA-OAEP-256 of an AES key, and AES-KWP by that of the PKCS#8."""
        wrapping = load_pem_public_key(wrapping_key.encode())
        if not isinstance(wrapping, RSAPublicKey):
            raise UnfitKey("Vault's wrapping key is not an RSA key")
        aes_key = os.urandom(32)
        pkcs8 = self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        wrapped = wrapping.encrypt(aes_key, OAEP_SHA256) + aes_key_wrap_with_padding(aes_key, pkcs8)
        return base64.b64encode(wrapped).decode()


def private_key(pem: str) -> PrivateKey:
    """Read a private key, PKCS#8 or PKCS#1; raises UnfitKey."""
    try:
        key = load_pem_private_key(pem.strip().encode(), password=None)
    except TypeError as error:
        raise UnfitKey("the private key is encrypted with a passphrase; bring it without") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnfitKey("the private key is not a readable PEM") from error
    if not isinstance(key, RSAPrivateKey):
        raise UnfitKey("the private key is not an RSA key")
    if key.key_size not in SIZES:
        raise UnfitKey(f"the private key has {key.key_size} bits; 2048, 3072 or 4096 are accepted")
    return PrivateKey(key)


def same_public_key(one: str, other: str) -> bool:
    """Tell whether two PEMs are the same public key, however they are written."""
    return load_pem_public_key(one.encode()) == load_pem_public_key(other.encode())


def _public_pem(key: RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
