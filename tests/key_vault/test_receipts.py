"""Statements that are signed with a key of the service's own; joserfc verifies them."""

import json

import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey
from tests.key_vault.bao import Bao
from tests.key_vault.fakes import Asker

from contracts.keys import StatementAsked, StatementSigned
from key_vault import stating
from key_vault.vault import Vault

pytestmark = pytest.mark.engines
STATEMENT: dict[str, object] = {
    "what": "tenant_erased",
    "tenantId": "t1",
    "counts": {"links": 3},
    "site": "jira.exämple.com ✓",
}


async def signed(vault: Vault, statement: dict[str, object], tenant_id: str = "t1") -> StatementSigned:
    answer = await stating.sign_statement(
        StatementAsked(ask=Asker().ask, tenant_id=tenant_id, statement=statement), vault
    )
    assert isinstance(answer, StatementSigned), answer
    return answer


def verified(answer: StatementSigned) -> jws.CompactSignature:
    return jws.deserialize_compact(answer.jws, RSAKey.import_key(answer.jwk), algorithms=["RS256"])


async def test_others_can_verify_what_was_signed_with_the_key_that_came_along(vault: Vault) -> None:
    answer = await signed(vault, STATEMENT)

    assert json.loads(verified(answer).payload) == STATEMENT
    assert verified(answer).headers() == {"alg": "RS256", "kid": answer.jwk["kid"], "typ": "bridge-statement+jws"}
    assert answer.jwk["kid"].startswith("bridge-receipts:")
    assert not RSAKey.import_key(answer.jwk).is_private


async def test_a_changed_statement_does_not_verify(vault: Vault) -> None:
    one, other = await signed(vault, STATEMENT), await signed(vault, {"what": "nothing"})
    header, _, signature = one.jws.split(".")
    forged = one.model_copy(update={"jws": ".".join([header, other.jws.split(".")[1], signature])})

    with pytest.raises(BadSignatureError):
        verified(forged)


async def test_a_statement_may_be_about_a_tenant_whose_keys_are_gone_and_of_any_name(
    vault: Vault, tenant_id: str
) -> None:
    await vault.make_keys(tenant_id)
    await vault.destroy_keys(tenant_id)

    for about in (tenant_id, "9f1c9d1e-66d0-4d3f-8b0b-9f3c1b1a2c3d"):
        assert verified(await signed(vault, STATEMENT, about))


async def test_after_a_rotation_by_the_operator_old_receipts_still_verify(vault: Vault, bao: Bao) -> None:
    before = await signed(vault, STATEMENT)
    bao.must("post", "transit/keys/bridge-receipts/rotate")
    after = await signed(vault, STATEMENT)

    assert verified(before)
    assert verified(after)
    assert int(after.jwk["kid"].partition(":")[2]) == int(before.jwk["kid"].partition(":")[2]) + 1
