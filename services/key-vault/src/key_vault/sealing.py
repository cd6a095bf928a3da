"""The public half of key-vault's own key, as others seal to it."""

from joserfc.jwk import RSAKey

from contracts.keys import SealingKey
from key_vault.vault import PublicKey


def sealing_key(key: PublicKey) -> SealingKey:
    """Give the event that announces it; the key id is the version that Vault unwraps with."""
    key_id = str(key.version)
    public = RSAKey.import_key(key.pem).as_dict(private=False)
    jwk = {"kty": "RSA", "n": public["n"], "e": public["e"], "kid": key_id, "use": "enc", "alg": "RSA-OAEP-256"}
    return SealingKey(key_id=key_id, jwk=jwk)
