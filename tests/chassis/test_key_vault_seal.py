"""Sealing to key-vault waits for a key that can be sealed to."""

from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import RSAKey
from joserfc.registry import HeaderParameter

from chassis.errors import Unavailable
from chassis.key_vault_seal import KeyVaultSeal
from contracts.keys import SealingKey

KEY = RSAKey.generate_key(2048, {"kid": "3"})
USES = {name: HeaderParameter(name, "str") for name in ("tenant", "purpose")}
NAMES = jwe.JWERegistry(USES, ["RSA-OAEP-256", "A256GCM"])


@dataclass
class View:
    jwk: dict[str, Any] | None

    def get(self, key: str) -> SealingKey | None:
        return SealingKey(key_id="3", jwk=self.jwk) if self.jwk is not None and key == "sealing" else None


def test_what_is_sealed_names_its_tenant_and_its_purpose() -> None:
    sealed = KeyVaultSeal(View(dict(KEY.as_dict(private=False)))).seal("hunter2", "t1", "private_key")

    opened = jwe.decrypt_compact(sealed, KEY, registry=NAMES)

    assert opened.plaintext == b"hunter2"
    assert (opened.headers()["tenant"], opened.headers()["purpose"]) == ("t1", "private_key")


@pytest.mark.parametrize("jwk", [None, {}, {"kty": "RSA", "n": "?", "e": "AQAB"}, {"kty": "OKP", "crv": "X25519"}])
def test_without_a_key_that_can_be_sealed_to_it_is_tried_again_later(jwk: dict[str, Any] | None) -> None:
    with pytest.raises(Unavailable):
        KeyVaultSeal(View(jwk)).seal("hunter2", "t1")
