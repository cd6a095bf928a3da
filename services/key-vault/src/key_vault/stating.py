"""What key-vault does with a statement that is to be signed."""

from typing import Protocol

from contracts.keys import KeysRefused, StatementAsked, StatementSigned
from key_vault import receipts
from key_vault.handlers import refused
from key_vault.vault import PublicKey
from key_vault.wire import VaultRefused


class ReceiptKeys(Protocol):
    """The part of Vault that this handler needs."""

    async def receipts_key(self) -> PublicKey: ...
    async def sign_receipt(self, text: str, version: int) -> bytes: ...


async def sign_statement(asked: StatementAsked, vault: ReceiptKeys) -> StatementSigned | KeysRefused:
    """Sign a statement of Bridge's own; the tenant that it is about need not exist any more."""
    try:
        key = await vault.receipts_key()
        text = receipts.signing_input(asked.statement, key)
        signature = await vault.sign_receipt(text, key.version)
    except VaultRefused as refusal:
        return refused(asked, refusal)
    jws, jwk = receipts.jws(text, signature), receipts.public_jwk(key)
    return StatementSigned(request_id=asked.ask.request_id, jws=jws, jwk=jwk)
