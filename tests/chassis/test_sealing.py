"""Sealed values open for one receiver only."""

import pytest
from joserfc import jwe
from joserfc.jwk import RSAKey

from chassis.sealing import ReplyKey, SealBroken, seal


def test_a_secret_for_key_vault_is_a_standard_jwe() -> None:
    key = RSAKey.generate_key(2048, {"kid": "sealing:1"})

    sealed = seal("hunter2", dict(key.as_dict(private=False)))
    opened = jwe.decrypt_compact(sealed, key, algorithms=["RSA-OAEP-256", "A256GCM"])

    assert opened.plaintext == b"hunter2"
    assert opened.headers() == {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "sealing:1"}


def test_an_answer_opens_with_the_key_of_its_question_alone() -> None:
    asker, other = ReplyKey(), ReplyKey()
    sealed = seal('["OAuth realm"]', asker.public)

    assert asker.open(sealed) == ["OAuth realm"]
    with pytest.raises(SealBroken):
        other.open(sealed)


@pytest.mark.parametrize("sealed", ["", "x", "a.b.c.d.e", "eyJhbGciOiJub25lIn0.a.b.c.d", "…"])
def test_what_is_not_a_seal_is_refused(sealed: str) -> None:
    with pytest.raises(SealBroken):
        ReplyKey().open(sealed)


def test_the_public_half_holds_no_private_part() -> None:
    assert "d" not in ReplyKey().public
