"""Sealed values open for one receiver only."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import OKPKey, RSAKey
from joserfc.registry import HeaderParameter

from chassis.sealing import ReplyKey, SealBroken, SealedFor, UnfitReceiver, seal, seal_answer

ANSWERS = ["ECDH-ES", "A256GCM"]


def test_a_secret_for_key_vault_is_a_standard_jwe() -> None:
    key = RSAKey.generate_key(2048, {"kid": "sealing:1"})

    sealed = seal("hunter2", dict(key.as_dict(private=False)), SealedFor("t1"))
    names = {name: HeaderParameter(name, "str") for name in ("tenant", "purpose")}
    opened = jwe.decrypt_compact(sealed, key, registry=jwe.JWERegistry(names, ["RSA-OAEP-256", "A256GCM"]))

    assert opened.plaintext == b"hunter2"
    own = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "sealing:1"}
    assert opened.headers() == {**own, "tenant": "t1", "purpose": "secret"}


@pytest.mark.parametrize("jwk", [{}, {"kty": "RSA"}, {"kty": "RSA", "n": "?", "e": "AQAB"}, ReplyKey().public])
def test_nothing_is_sealed_to_a_key_that_is_none(jwk: dict[str, Any]) -> None:
    with pytest.raises(UnfitReceiver):
        seal("hunter2", jwk, SealedFor("t1"))


@pytest.mark.parametrize("jwk", [{}, {"kty": "OKP", "crv": "X25519", "x": "?"}, {"kty": "RSA", "n": "1", "e": "1"}])
def test_no_answer_is_sealed_to_a_key_that_is_none(jwk: dict[str, Any]) -> None:
    with pytest.raises(UnfitReceiver):
        seal_answer("[]", jwk)


def test_an_answer_opens_with_the_key_of_its_question_alone() -> None:
    asker, other = ReplyKey(), ReplyKey()
    sealed = seal_answer('["OAuth realm"]', asker.public)

    assert asker.open(sealed) == ["OAuth realm"]
    with pytest.raises(SealBroken):
        other.open(sealed)


def test_an_answer_is_a_standard_jwe() -> None:
    key = OKPKey.generate_key("X25519")

    opened = jwe.decrypt_compact(seal_answer("[1]", dict(key.as_dict(private=False))), key, algorithms=ANSWERS)

    assert opened.plaintext == b"[1]"
    assert {name: opened.headers()[name] for name in ("alg", "enc")} == {"alg": "ECDH-ES", "enc": "A256GCM"}


def test_an_answer_that_a_standard_library_sealed_opens() -> None:
    asker = ReplyKey()

    sealed = jwe.encrypt_compact(
        {"alg": "ECDH-ES", "enc": "A256GCM"}, b"[1]", OKPKey.import_key(asker.public), algorithms=ANSWERS
    )

    assert asker.open(sealed) == [1]


def test_no_two_seals_of_the_same_text_share_a_key() -> None:
    asker = ReplyKey()

    headers = {seal_answer("[]", asker.public).partition(".")[0] for _ in range(20)}

    assert len(headers) == 20


@pytest.mark.parametrize("place", [0, 2, 3, 4])
def test_a_changed_answer_does_not_open(place: int) -> None:
    asker = ReplyKey()
    parts = seal_answer('["secret"]', asker.public).split(".")
    raw = bytearray(base64.urlsafe_b64decode(parts[place] + "=="))
    raw[-5] ^= 1
    parts[place] = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    with pytest.raises(SealBroken):
        asker.open(".".join(parts))


def test_an_answer_sealed_in_another_way_does_not_open() -> None:
    asker = ReplyKey()
    header, _, *rest = seal_answer("[]", asker.public).split(".")
    described = json.loads(base64.urlsafe_b64decode(header + "=="))

    for changed in (
        {"alg": "ECDH-ES+A256KW"},
        {"enc": "A128GCM"},
        {"apu": "QQ"},
        {"crit": ["x"]},
        {"zip": "DEF"},
        {"epk": None},
        {"epk": {"kty": "OKP", "crv": "X25519", "x": "A" * 43}},
        {"epk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}},
    ):
        other = base64.urlsafe_b64encode(json.dumps(described | changed).encode()).rstrip(b"=").decode()
        with pytest.raises(SealBroken):
            asker.open(".".join([other, "", *rest]))
    with pytest.raises(SealBroken):
        asker.open(".".join([header, "AAAA", *rest]))


def test_an_answer_that_does_not_open_is_not_repeated_by_its_error() -> None:
    asker = ReplyKey()

    with pytest.raises(SealBroken) as failure:
        asker.open(seal_answer("no JSON but a secret", asker.public))

    assert failure.value.__cause__ is None


@pytest.mark.parametrize("sealed", ["", "x", "a.b.c.d.e", "eyJhbGciOiJub25lIn0.a.b.c.d", "…"])
def test_what_is_not_a_seal_is_refused(sealed: str) -> None:
    with pytest.raises(SealBroken):
        ReplyKey().open(sealed)


def test_the_public_half_holds_no_private_part() -> None:
    assert "d" not in ReplyKey().public
