"""Reading JWEs that anyone may have written."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import RSAKey
from joserfc.registry import HeaderParameter
from tests.key_vault.fakes import sealed

from chassis.sealing import SealedFor, seal
from key_vault.jwe import Jwe, MalformedJwe, parse

KEY = RSAKey.generate_key(2048)
PUBLIC = {**KEY.as_dict(private=False), "kid": "3"}


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


HEADER = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "3"}
TAIL = [part(b"k" * 256), part(b"n" * 12), part(b"content"), part(b"t" * 16)]


def test_what_a_standard_library_sealed_is_taken_apart() -> None:
    parsed = parse(seal("secret", PUBLIC, SealedFor("t1")))

    assert parsed.key_version == 3
    assert len(parsed.wrapped_key) == 256


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "alg": "RSA-OAEP"},
        {**HEADER, "alg": "dir"},
        {**HEADER, "enc": "A128CBC-HS256"},
        {**HEADER, "zip": "DEF"},
        {**HEADER, "crit": ["b64"]},
        {**HEADER, "kid": None},
        {**HEADER, "kid": 3},
        {**HEADER, "kid": "-1"},
        {**HEADER, "kid": "1/../../sys"},
        {**HEADER, "kid": "٣"},
        {**HEADER, "kid": "9" * 30},
        {},
        [],
        "text",
        None,
    ],
)
def test_a_header_that_asks_for_something_else_is_refused(header: object) -> None:
    with pytest.raises(MalformedJwe):
        parse(".".join([part(header), *TAIL]))


@pytest.mark.parametrize(
    "compact",
    [
        "",
        "....",
        "a.b.c",
        ".".join([part(HEADER), *TAIL, "x"]),
        ".".join([part(HEADER), TAIL[0], part(b"n" * 11), *TAIL[2:]]),
        ".".join([part(HEADER), *TAIL[:3], part(b"t" * 15)]),
        ".".join(["é", *TAIL]),
        ".".join([part(b"\xff\xfe"), *TAIL]),
        ".".join([part(b"[" * 20_000), *TAIL]),
        "x" * 100_000,
    ],
)
def test_what_is_not_a_jwe_is_refused(compact: str) -> None:
    with pytest.raises(MalformedJwe):
        parse(compact)


@given(st.text() | st.lists(st.text(), min_size=5, max_size=5).map(".".join))
def test_no_text_at_all_crashes_it(compact: str) -> None:
    try:
        parsed = parse(compact)
    except MalformedJwe:
        return
    assert isinstance(parsed, Jwe)


@pytest.mark.parametrize("content_key", [b"", b"k" * 32, b"k" * 16, b"k" * 31])
def test_another_content_key_does_not_open_it(content_key: bytes) -> None:
    with pytest.raises(MalformedJwe):
        parse(seal("secret", PUBLIC, SealedFor("t1"))).open(content_key)


def test_a_changed_header_does_not_open() -> None:
    header, *rest = seal("secret", PUBLIC, SealedFor("t1")).split(".")
    changed = json.loads(base64.urlsafe_b64decode(header + "==")) | {"typ": "x"}

    with pytest.raises(MalformedJwe):
        parse(".".join([part(changed), *rest])).open(b"k" * 32)


def test_a_standard_library_opens_what_is_sealed_for_one_use_when_it_is_told_of_the_two_names() -> None:
    sealed = seal("secret", PUBLIC, SealedFor("t1", "private_key"))

    names = {name: HeaderParameter(name, "str") for name in ("tenant", "purpose")}
    opened = jwe.decrypt_compact(sealed, KEY, registry=jwe.JWERegistry(names, ["RSA-OAEP-256", "A256GCM"]))

    assert opened.plaintext == b"secret"
    assert opened.headers() == {**HEADER, "tenant": "t1", "purpose": "private_key"}


def test_what_is_sealed_for_one_use_is_for_no_other_and_what_is_sealed_for_none_is_for_none() -> None:
    parsed = parse(seal("secret", PUBLIC, SealedFor("t1", "private_key")))

    parsed.only_for("t1", "private_key")
    for_none = sealed("secret", PUBLIC, None)
    with pytest.raises(MalformedJwe):
        parse(for_none).only_for("t1", "secret")
    for tenant, purpose in (("t2", "private_key"), ("t1", "secret"), ("t", "private_key"), ("", "")):
        with pytest.raises(MalformedJwe):
            parsed.only_for(tenant, purpose)


@pytest.mark.parametrize("said", [{"tenant": "t2"}, {"purpose": "private_key"}, {"tenant": 1}, {"tenant": ["t1"]}])
def test_whoever_changes_what_it_is_for_is_refused_before_or_when_it_is_opened(said: dict[str, object]) -> None:
    header, *rest = seal("secret", PUBLIC, SealedFor("t1")).split(".")
    changed = json.loads(base64.urlsafe_b64decode(header + "==")) | said
    parsed = parse(".".join([part(changed), *rest]))

    with pytest.raises(MalformedJwe):
        parsed.only_for("t1", "secret")
    with pytest.raises(MalformedJwe):
        parsed.open(b"k" * 32)
