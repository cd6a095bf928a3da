"""The one way to write a base URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base_url import BadBaseUrl
from tenant_registry.base_url import canonical, site

TAKEN = {
    "plain": ("https://jira.example.com", "https://jira.example.com"),
    "pasted with spaces": (" HTTPS://Jira.Example.COM:443/ ", "https://jira.example.com"),
    "pasted with a line break": ("https://jira.example.com\r\n", "https://jira.example.com"),
    "a trailing dot": ("https://jira.example.com./jira/", "https://jira.example.com/jira"),
    "another port": ("https://jira.example.com:8443/Jira", "https://jira.example.com:8443/Jira"),
    "the last port": ("https://jira.example.com:65535", "https://jira.example.com:65535"),
    "IPv4": ("https://8.8.8.8.:443/", "https://8.8.8.8"),
    "IPv6": ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
    "another script": ("https://XN--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
}
"""As written, and as meant."""
REFUSED = {
    "nothing": ("", "such as https://jira.example.com"),
    "no scheme": ("jira.example.com", "such as https://jira.example.com"),
    "ftp": ("ftp://jira.example.com", "must begin with https://"),
    "http": ("http://jira.example.com", "must begin with https://"),
    "no host": ("https://", "such as https://jira.example.com"),
    "a path for a host": ("https:///jira", "such as https://jira.example.com"),
    "a user": ("https://user@jira.example.com", "leave out the @"),
    "a user and a password": ("https://user:pw@jira.example.com", "leave out the @"),
    "an empty user": ("https://@jira.example.com", "leave out the @"),
    "a query": ("https://jira.example.com?x=1", "before /browse"),
    "an empty query": ("https://jira.example.com?", "before /browse"),
    "a fragment": ("https://jira.example.com#top", "before /browse"),
    "a path upwards": ("https://jira.example.com/a/../b", "context path"),
    "an empty path segment": ("https://jira.example.com//evil", "context path"),
    "two slashes at the end": ("https://jira.example.com//", "context path"),
    "percent in the path": ("https://jira.example.com/%2e%2e", "plain characters"),
    "percent in the host": ("https://%6cocalhost", "plain characters"),
    "a backslash": ("https://jira.example.com\\@evil.example", "forward slashes"),
    "port 0": ("https://jira.example.com:0", "from 1 to 65535"),
    "a port beyond the last": ("https://jira.example.com:99999", "from 1 to 65535"),
    "a port of letters": ("https://jira.example.com:port", "from 1 to 65535"),
    "an empty port": ("https://jira.example.com:", "no colon"),
    "a port with a leading zero": ("https://jira.example.com:0443", "from 1 to 65535"),
    "another script": ("https://münchen.example", "xn-- form"),
    "full-width digits": ("https://１２７.0.0.1", "plain digits"),
    "ideographic dots": ("https://127。0。0。1", "plain digits"),
    "a space": ("https://jira example.com", "without them"),
    "a tab": ("https://jira\t.example.com", "without them"),
    "a line break inside": ("https://jira.example.com\n/jira", "without them"),
    "an underscore": ("https://jira_1.example.com", "letters, digits and hyphens"),
    "a leading hyphen": ("https://-jira.example.com", "letters, digits and hyphens"),
    "two dots": ("https://jira..example.com", "single dots"),
    "two trailing dots": ("https://jira.example.com..", "single dots"),
    "a label of 64": (f"https://{'a' * 64}.example", "letters, digits and hyphens"),
    "a number": ("https://2130706433", "four decimal numbers"),
    "a hex number": ("https://0x7f.1", "four decimal numbers"),
    "an octal number": ("https://0177.0.0.1", "four decimal numbers"),
    "two numbers": ("https://127.1", "four decimal numbers"),
    "a name that ends in a number": ("https://jira.example.0x1", "four decimal numbers"),
    "an open bracket": ("https://[::1", "such as https://jira.example.com"),
    "a zone": ("https://[fe80::1%25eth0]", "without its zone"),
    "a name in brackets": ("https://[jira.example.com]", "IPv6"),
    "an address of the future": ("https://[v1.jira]", "IPv6"),
    "IPv4 in brackets": ("https://[8.8.8.8]", "IPv6"),
    "IPv4 as IPv6": ("https://[::ffff:8.8.8.8]", "the IPv4 address itself"),
    "a name before brackets": ("https://jira.example.com[2001:db8::1]", "such as https://jira.example.com"),
    "IPv6 without brackets": ("https://2001:db8::1", "stands in brackets"),
    "too long": (f"https://{'a' * 400}.example", "before /browse"),
    "much too long": ("https://" + "a." * 500_000, "before /browse"),
}
"""As written, and what the refusal says to write."""


@pytest.mark.parametrize(("written", "meant"), [pytest.param(*row, id=name) for name, row in TAKEN.items()])
def test_a_base_url_has_one_form(written: str, meant: str) -> None:
    assert canonical(written, allow_http=False) == meant


@pytest.mark.parametrize(("written", "instead"), [pytest.param(*row, id=name) for name, row in REFUSED.items()])
def test_what_cannot_be_a_jira_is_refused_with_what_to_write_instead(written: str, instead: str) -> None:
    with pytest.raises(BadBaseUrl) as refused:
        canonical(written, allow_http=False)

    assert instead in str(refused.value)
    assert "pw" not in str(refused.value), "what was written is not repeated"


def test_http_is_for_development() -> None:
    assert canonical("http://localhost:80/jira", allow_http=True) == "http://localhost/jira"


def test_people_call_it_by_host_and_path() -> None:
    assert site("https://jira.example.com:8443/jira") == "jira.example.com:8443/jira"


hosts = st.one_of(
    st.from_regex(r"[a-zA-Z0-9]{1,8}(\.[a-zA-Z0-9-]{1,8}){0,3}\.?", fullmatch=True),
    st.ip_addresses(v=6).map("[{}]".format),
    st.ip_addresses(v=4).map(str),
)
urls = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["https", "HTTPS", "http"]),
    hosts,
    st.sampled_from(["", ":443", ":80", ":8443"]),
    st.sampled_from(["", "/", "/jira", "/Jira/", "/a/b"]),
)


@given(st.one_of(urls, st.text().map("https://{}".format), st.text()))
def test_any_text_is_taken_or_refused_and_what_is_taken_is_stable(written: str) -> None:
    try:
        once = canonical(written, allow_http=True)
    except BadBaseUrl:
        return
    assert canonical(once, allow_http=True) == once
