"""The one way to write a base URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_registry.base_url import BadBaseUrl, canonical, site


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://jira.example.com", "https://jira.example.com"),
        (" HTTPS://Jira.Example.COM:443/ ", "https://jira.example.com"),
        ("https://jira.example.com./jira/", "https://jira.example.com/jira"),
        ("https://jira.example.com:8443/Jira", "https://jira.example.com:8443/Jira"),
        ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_a_base_url_has_one_form(written: str, meant: str) -> None:
    assert canonical(written, allow_http=False) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "jira.example.com",
        "ftp://jira.example.com",
        "http://jira.example.com",
        "https://",
        "https:///jira",
        "https://user@jira.example.com",
        "https://user:pw@jira.example.com",
        "https://@jira.example.com",
        "https://jira.example.com?x=1",
        "https://jira.example.com?",
        "https://jira.example.com#top",
        "https://jira.example.com/a/../b",
        "https://jira.example.com//evil",
        "https://jira.example.com/%2e%2e",
        "https://jira.example.com\\@evil.example",
        "https://jira.example.com:0",
        "https://jira.example.com:99999",
        "https://jira.example.com:port",
        "https://münchen.example",
        "https://jira example.com",
        "https://jira_1.example.com",
        "https://-jira.example.com",
        "https://[::1",
        "https://[fe80::1%25eth0]",
        f"https://{'a' * 400}.example",
    ],
)
def test_what_cannot_be_a_jira_is_refused(written: str) -> None:
    with pytest.raises(BadBaseUrl):
        canonical(written, allow_http=False)


def test_http_is_for_development() -> None:
    assert canonical("http://localhost:80/jira", allow_http=True) == "http://localhost/jira"


def test_people_call_it_by_host_and_path() -> None:
    assert site("https://jira.example.com:8443/jira") == "jira.example.com:8443/jira"


@given(st.text())
def test_any_text_is_taken_or_refused_and_what_is_taken_is_stable(written: str) -> None:
    try:
        once = canonical(f"https://{written}", allow_http=False)
    except BadBaseUrl:
        return
    assert canonical(once, allow_http=False) == once
