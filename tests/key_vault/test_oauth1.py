"""What is signed, against RFC 5849's own example, recorded vectors, and oauthlib."""

import base64
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1.rfc5849 import signature as theirs

from key_vault.oauth1 import Credentials, Unsigned, unsigned

REFERENCE = Path(os.environ.get("BRIDGE_REFERENCE_DATA", Path(__file__).parents[2] / "../shared/reference/data"))
VECTORS = REFERENCE / "oauth1" / "rfc5849_vectors.json"
WORDS = st.text(max_size=12).filter(lambda word: "\x00" not in word)
PERSON = Credentials("consumer", token="token")


@pytest.fixture
def vectors() -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip("no reference data here")
    return dict(json.loads(VECTORS.read_text()))


def test_the_base_string_is_the_one_of_the_recorded_vectors(vectors: dict[str, Any]) -> None:
    # The recorded request has a form as its body; ours have none, so its two fields stand in the parameters here.
    header = tuple((name, quote(value, safe="~")) for name, value in vectors["params"] if name.startswith("oauth_"))
    form = (("c2", ""), ("a3", "2%20q"))
    call = Unsigned(vectors["request"]["http_method"], vectors["request"]["uri"], (*header, *form))

    assert call.base_string() == vectors["signature_base_string"]


def test_the_base_string_is_the_one_of_a_worked_example() -> None:
    call = unsigned(
        "post",
        "HTTPS://Jira.Example.COM:443/ctx/rest/api/2/search?jql=a%20%3D%20%22b%22&x&x=1&x=%2B+",
        Credentials("key one", token="t/1"),
        nonce="n",
        timestamp=7,
    )

    assert call.base_string() == (
        "POST&https%3A%2F%2Fjira.example.com%2Fctx%2Frest%2Fapi%2F2%2Fsearch&"
        "jql%3Da%2520%253D%2520%2522b%2522"
        "%26oauth_consumer_key%3Dkey%2520one%26oauth_nonce%3Dn%26oauth_signature_method%3DRSA-SHA1"
        "%26oauth_timestamp%3D7%26oauth_token%3Dt%252F1%26oauth_version%3D1.0"
        "%26x%3D%26x%3D%252B%2520%26x%3D1"
    )


@given(
    query=st.lists(st.tuples(WORDS, WORDS), max_size=5),
    path=st.lists(WORDS, max_size=3),
    authority=st.sampled_from(["jira.example.com", "Jira.example.com:80", "jira.example.com:443", "10.0.0.7:8080"]),
    scheme=st.sampled_from(["http", "https"]),
    secret=WORDS,
)
def test_the_base_string_is_the_one_that_oauthlib_expects(
    query: list[tuple[str, str]], path: list[str], authority: str, scheme: str, secret: str
) -> None:
    url = f"{scheme}://{authority}/{'/'.join(quote(part, safe='') for part in path)}?{urlencode(query)}"
    call = unsigned("GET", url, Credentials(secret or "key", token=secret, callback=secret), "n", 1)

    parameters = theirs.collect_parameters(uri_query=url.partition("?")[2], body=[], with_realm=False)
    own = [(name, unquote(value)) for name, value in call.parameters]
    expected = theirs.signature_base_string(
        "GET", theirs.base_string_uri(url), theirs.normalize_parameters([*parameters, *own])
    )
    assert call.base_string() == expected


@given(
    credentials=st.builds(Credentials, WORDS, token=WORDS, callback=WORDS, verifier=WORDS),
    signature=st.binary(max_size=64).map(lambda raw: base64.b64encode(raw).decode()),
)
def test_oauthlib_reads_from_the_header_what_was_put_into_it(credentials: Credentials, signature: str) -> None:
    header = unsigned("GET", "https://jira.example.com/", credentials, "n/1", 7).header(signature)

    assert dict(theirs.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False)) == {
        "oauth_consumer_key": credentials.consumer_key,
        "oauth_token": credentials.token,
        "oauth_callback": credentials.callback,
        "oauth_verifier": credentials.verifier,
        "oauth_signature_method": "RSA-SHA1",
        "oauth_timestamp": "7",
        "oauth_nonce": "n/1",
        "oauth_version": "1.0",
        "oauth_signature": signature,
    }


@pytest.mark.parametrize("name", ["oauth_style", "realm", "oauth_signature_of"])
def test_a_query_parameter_named_like_a_protocol_parameter_is_signed_as_it_is(name: str) -> None:
    call = unsigned("GET", f"https://jira.example.com/x?{name}=100%2525", PERSON, "n", 1)

    assert f"{name}%3D100%252525" in call.base_string()


def test_the_header_carries_the_signature_escaped_and_leaves_out_what_is_not_given() -> None:
    header = unsigned("GET", "https://jira.example.com/", Credentials("key"), "n", 1).header("a+b/c=")

    assert header == (
        'OAuth oauth_consumer_key="key", oauth_signature_method="RSA-SHA1", oauth_timestamp="1", oauth_nonce="n", '
        'oauth_version="1.0", oauth_signature="a%2Bb%2Fc%3D"'
    )


def test_what_identifies_a_person_does_not_show_in_a_representation() -> None:
    call = unsigned("GET", "https://jira.example.com/", Credentials("my-consumer", token="my-token"), "n", 1)

    assert "my-" not in repr(Credentials("my-consumer", token="my-token")) + repr(call)
