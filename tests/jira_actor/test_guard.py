"""Where a tenant's URL may lead."""

from ipaddress import ip_address, ip_network

import pytest

from jira_actor.guard import Reach, TargetRefused, checked_addresses, checked_target, why_refused

INTRANET = Reach(allowed_networks=(ip_network("10.20.0.0/16"), ip_network("fd12::/16")))
EVERYTHING = Reach((ip_network("0.0.0.0/0"), ip_network("::/0")), allow_loopback=True, allow_http=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:82a::200e"])
def test_public_addresses_are_open(address: str) -> None:
    assert why_refused(ip_address(address), Reach()) is None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "10.20.1.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fc00::1", "fd12::1",
        "0.0.0.0", "::", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "ff02::1", "fec0::1", "100::1",
        "2001:db8::1", "3fff::1", "2001::1", "2001:10::1", "2002:7f00:1::", "2002:a9fe:a9fe::",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
        "5f00::1", "4000::1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_closed(address: str) -> None:
    assert why_refused(ip_address(address), Reach())


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.170.2", "169.254.0.1", "168.63.129.16", "100.100.100.200", "192.0.0.192",
        "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::1", "fe80::a9fe:a9fe", "febf::1",
    ],
)  # fmt: skip
def test_metadata_and_link_local_addresses_stay_closed_whatever_the_operator_allows(address: str) -> None:
    assert why_refused(ip_address(address), EVERYTHING)


@pytest.mark.parametrize(
    ("address", "opened"),
    [("10.20.1.1", True), ("10.21.1.1", False), ("fd12::5", True), ("fd13::5", False), ("192.0.2.1", False)],
)
def test_the_operator_opens_private_networks_one_by_one(address: str, opened: bool) -> None:
    assert (why_refused(ip_address(address), INTRANET) is None) == opened


def test_allowing_networks_does_not_open_the_loopback() -> None:
    assert why_refused(ip_address("127.0.0.1"), Reach(allowed_networks=(ip_network("0.0.0.0/0"),)))


def test_one_bad_address_among_good_ones_spoils_all() -> None:
    with pytest.raises(TargetRefused):
        checked_addresses(["8.8.8.8", "10.0.0.1"], Reach())


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://jira.example.com", "https://jira.example.com"),
        ("HTTPS://JIRA.Example.COM:443/", "https://jira.example.com"),
        ("https://jira.example.com./jira/", "https://jira.example.com/jira"),
        ("https://jira.example.com:8443/a/b", "https://jira.example.com:8443/a/b"),
        ("https://8.8.8.8", "https://8.8.8.8"),
        ("https://[2606:4700:0:0::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_a_plain_address_gets_its_canonical_form(url: str, canonical: str) -> None:
    assert checked_target(url, Reach()).url == canonical


@pytest.mark.parametrize(
    "url",
    [
        "", "jira.example.com", "ftp://jira.example.com", "file:///etc/passwd", "https://", "https:///x",
        "http://jira.example.com", "https://user@jira.example.com", "https://user:pw@jira.example.com",
        "https://jira.example.com\\@evil.example", "https://jira.example.com/%2e%2e", "https://jira.example.com/a/../b",
        "https://jira.example.com/a//b", "https://jira.example.com/a;b", "https://jira.example.com?x=1",
        "https://jira.example.com/#x", "https://jira.example.com:0", "https://jira.example.com:99999",
        "https://jira.example.com:x", "https://jira example.com", "https://jira.example.com\n", "https://\tjira.example.com",
        "https://bücher.example", "https://①②⑦.0.0.1", "https://127。0。0。1", "https://-jira.example.com", "https://a..b",
        "https://2130706433", "https://0x7f000001", "https://0x7f.1", "https://0177.0.0.1", "https://127.1", "https://1.2.3",
        "https://017700000001", "https://127.0.0.1", "https://127.0.0.1.", "https://[::1]", "https://[::ffff:10.0.0.1]",
        "https://[fe80::1%25eth0]", "https://[1.2.3.4]", "https://169.254.169.254", "https://[fd00:ec2::254]",
        "https://1.2.3.4.5", "https://jira.0x1",
    ],
)  # fmt: skip
def test_everything_that_two_parsers_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        checked_target(url, Reach())


def test_http_is_open_only_where_the_operator_says_so() -> None:
    assert checked_target("http://jira.example.com:8080", Reach(allow_http=True)).port == 8080
