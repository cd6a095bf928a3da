"""Which addresses Bridge may call: a table of named cases, and what the operator and a tenant can change of it."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_actor.addresses import Reach, allowed, carried, why_refused
from jira_actor.guard import TargetRefused, checked_addresses

CLOSED = Reach()
INTRANET = Reach(allowed_networks=(ip_network("10.20.0.0/16"), ip_network("fd12::/16"), ip_network("100.64.0.0/10")))
EVERYTHING = Reach((ip_network("0.0.0.0/0"), ip_network("::/0")), allow_http=True)
DEVELOPMENT = replace(EVERYTHING, allow_loopback=True)

PUBLIC = {
    "a public IPv4 address": "8.8.8.8",
    "the last one before 10/8": "9.255.255.255",
    "the first one after 10/8": "11.0.0.0",
    "the last one before 100.64/10": "100.63.255.255",
    "the first one after 100.64/10": "100.128.0.0",
    "the last one before loopback": "126.255.255.255",
    "the first one after loopback": "128.0.0.0",
    "the last one before link-local": "169.253.255.255",
    "the first one after link-local": "169.255.0.0",
    "the first one after 172.16/12": "172.32.0.0",
    "the neighbour of Azure's wire server": "168.63.129.17",
    "the last unicast IPv4 address": "223.255.255.255",
    "a public IPv6 address": "2606:4700::1111",
    "an IPv6 address of Europe": "2a00:1450:4001:82a::200e",
    "a public ISATAP address of a public IPv4 address": "2606:4700::5efe:8.8.8.8",
}
"""Open by default."""
PRIVATE = {
    "RFC 1918 10/8": "10.1.1.1",
    "RFC 1918 172.16/12, first": "172.16.0.0",
    "RFC 1918 172.16/12, last": "172.31.255.255",
    "RFC 1918 192.168/16": "192.168.1.1",
    "carrier-grade NAT, first": "100.64.0.1",
    "carrier-grade NAT, last": "100.127.255.254",
    "unique local fc00": "fc00::1",
    "unique local fd": "fdff::1",
    "NAT64 of a public address": "64:ff9b::8.8.8.8",
}
"""Closed until the operator allows the network."""
METADATA = {
    "AWS, Azure, Google, Oracle, OpenStack": "169.254.169.254",
    "AWS task credentials": "169.254.170.2",
    "AWS pod identity": "169.254.170.23",
    "AWS time": "169.254.169.123",
    "Google's server for pods": "169.254.169.252",
    "Tencent": "169.254.0.23",
    "Scaleway": "169.254.42.42",
    "link-local, first": "169.254.0.0",
    "link-local, last": "169.254.255.255",
    "Azure's wire server": "168.63.129.16",
    "Alibaba": "100.100.100.200",
    "Oracle classic": "192.0.0.192",
    "AWS over IPv6": "fd00:ec2::254",
    "AWS pod identity over IPv6": "fd00:ec2::23",
    "AWS names over IPv6": "fd00:ec2::253",
    "Google over IPv6": "fd20:ce::254",
    "Oracle over IPv6": "fd00:c1::a9fe:a9fe",
    "Alibaba over IPv6": "fd00:100::100:200",
    "Akamai over IPv6": "fd00:a9fe:a9fe::1",
    "Scaleway over IPv6": "fd00:42::42",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with its interface": "fe80::1%eth0",
    "OpenStack over IPv6": "fe80::a9fe:a9fe",
    "IPv6 link-local, last": "febf:ffff::1",
}
LOOPBACK = {
    "localhost": "127.0.0.1",
    "another loopback address": "127.8.8.8",
    "the last loopback address": "127.255.255.255",
    "IPv6 localhost": "::1",
}
NEVER = {
    "this network": "0.0.0.0",
    "this network, another host": "0.1.2.3",
    "IETF protocol assignments": "192.0.0.8",
    "documentation 1": "192.0.2.1",
    "documentation 2": "198.51.100.7",
    "documentation 3": "203.0.113.9",
    "AS112": "192.31.196.1",
    "AMT": "192.52.193.1",
    "6to4 relay": "192.88.99.1",
    "AS112 delegation": "192.175.48.1",
    "benchmarking, first": "198.18.0.1",
    "benchmarking, last": "198.19.255.255",
    "all hosts multicast": "224.0.0.1",
    "SSDP multicast": "239.255.255.250",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 unspecified": "::",
    "IPv6 multicast": "ff02::1",
    "IPv6 global multicast": "ff0e::1",
    "IPv6 site-local": "fec0::1",
    "IPv6 discard": "100::1",
    "IPv6 documentation": "2001:db8::1",
    "IPv6 documentation, the newer": "3fff::1",
    "IPv6 benchmarking": "2001:2::1",
    "ORCHID": "2001:10::1",
    "ORCHID version 2": "2001:20::1",
    "IPv6 AS112": "2620:4f:8000::1",
    "segment routing": "5f00::1",
    "unallocated IPv6": "4000::1",
    "an address of one interface": "2606:4700::1111%eth0",
    "IPv4-mapped, public": "::ffff:8.8.8.8",
    "IPv4-mapped localhost": "::ffff:127.0.0.1",
    "IPv4-mapped private": "::ffff:10.20.1.1",
    "IPv4-mapped metadata": "::ffff:169.254.169.254",
    "IPv4-mapped Alibaba": "::ffff:6464:64c8",
    "IPv4-compatible localhost": "::127.0.0.1",
    "IPv4-compatible metadata": "::a9fe:a9fe",
    "IPv4-translated metadata": "::ffff:0:a9fe:a9fe",
    "NAT64 localhost": "64:ff9b::7f00:1",
    "NAT64 metadata": "64:ff9b::a9fe:a9fe",
    "NAT64 Azure": "64:ff9b::168.63.129.16",
    "NAT64 Oracle classic": "64:ff9b::192.0.0.192",
    "NAT64 multicast": "64:ff9b::224.0.0.1",
    "NAT64 unspecified": "64:ff9b::",
    "NAT64 with a local prefix": "64:ff9b:1::1",
    "NAT64 with a local prefix, metadata": "64:ff9b:1::a9fe:a9fe",
    "NAT64 with a local prefix of 48 bits, metadata": "64:ff9b:1:a9fe:a9:fe00::",
    "NAT64 with a prefix of its network, metadata": "2606:4700:64::a9fe:a9fe",
    "NAT64 with a prefix of a unique local network, Alibaba": "fd12:64::100.100.100.200",
    "6to4 localhost": "2002:7f00:1::",
    "6to4 metadata": "2002:a9fe:a9fe::",
    "6to4 private": "2002:a14:101::1",
    "6to4 public": "2002:808:808::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "Teredo of the metadata service": "2001:0:4136:e378:8000:63bf:5601:5601",
    "ISATAP metadata": "2606:4700::5efe:a9fe:a9fe",
    "ISATAP localhost": "2606:4700::5efe:127.0.0.1",
    "ISATAP localhost, universal": "2606:4700::200:5efe:127.0.0.1",
    "ISATAP localhost in a unique local network": "fd12::5efe:127.0.0.1",
    "ISATAP multicast": "2606:4700::5efe:224.0.0.1",
}
"""Closed whatever the operator allows, and even in development."""


def cases(*tables: dict[str, str]) -> pytest.MarkDecorator:
    """One test per row, by its name."""
    rows = [pytest.param(address, id=name) for table in tables for name, address in table.items()]
    return pytest.mark.parametrize("address", rows)


@cases(PUBLIC)
def test_public_addresses_are_open(address: str) -> None:
    assert why_refused(ip_address(address), CLOSED) is None


@cases(PRIVATE, METADATA, LOOPBACK, NEVER)
def test_what_is_not_public_is_closed(address: str) -> None:
    why = why_refused(ip_address(address), CLOSED)

    assert why
    assert why.said
    assert why.advice.endswith((".", ")."))


@cases(PRIVATE)
def test_the_operator_can_allow_private_networks(address: str) -> None:
    assert why_refused(ip_address(address), EVERYTHING) is None


@cases(METADATA, LOOPBACK, NEVER)
def test_allowing_all_networks_opens_nothing_but_private_ones(address: str) -> None:
    assert why_refused(ip_address(address), EVERYTHING)


@cases(METADATA, NEVER)
def test_in_development_only_the_loopback_opens(address: str) -> None:
    assert why_refused(ip_address(address), DEVELOPMENT)


@cases(LOOPBACK)
def test_a_switch_of_its_own_opens_the_loopback(address: str) -> None:
    assert why_refused(ip_address(address), Reach(allow_loopback=True)) is None


@cases({name: address for name, address in (METADATA | LOOPBACK).items() if ":" not in address})
@pytest.mark.parametrize("form", ["::{}", "::ffff:{}", "::ffff:0:{}", "64:ff9b::{}", "64:ff9b:1::{}", "fd12::5efe:{}"])
def test_no_form_that_ends_in_it_opens_a_metadata_or_loopback_address(form: str, address: str) -> None:
    assert why_refused(ip_address(form.format(address)), DEVELOPMENT)


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        pytest.param("10.20.1.1", True, id="inside"),
        pytest.param("10.20.255.255", True, id="its last"),
        pytest.param("10.21.0.0", False, id="the one after its last"),
        pytest.param("10.19.255.255", False, id="the one before its first"),
        pytest.param("fd12::5", True, id="inside, IPv6"),
        pytest.param("fd13::5", False, id="outside, IPv6"),
        pytest.param("100.100.100.199", True, id="beside a metadata address"),
        pytest.param("100.100.100.200", False, id="a metadata address in it"),
        pytest.param("fd12::5efe:10.20.1.1", True, id="ISATAP, both allowed"),
        pytest.param("fd12::5efe:10.21.1.1", False, id="ISATAP, the carried one not"),
        pytest.param("8.8.8.8", True, id="public addresses stay open"),
    ],
)
def test_the_operator_opens_networks_one_by_one(address: str, opened: bool) -> None:
    assert (why_refused(ip_address(address), INTRANET) is None) == opened


@pytest.mark.parametrize(
    ("address", "opened"),
    [("64:ff9b::8.8.8.8", True), ("64:ff9b::10.20.1.1", False), ("64:ff9b::169.254.169.254", False)],
)
def test_behind_an_allowed_translator_the_carried_address_needs_its_own_leave(address: str, opened: bool) -> None:
    reach = Reach(allowed_networks=(ip_network("64:ff9b::/96"),))

    assert (why_refused(ip_address(address), reach) is None) == opened


def test_a_refusal_names_the_carried_address_and_does_not_promise_that_it_could_be_allowed() -> None:
    with pytest.raises(TargetRefused) as refused:
        checked_addresses(["64:ff9b::a9fe:a9fe"], EVERYTHING)

    assert str(refused.value) == (
        "Bridge does not connect to 64:ff9b::a9fe:a9fe: it carries the IPv4 address 169.254.169.254,"
        " and it is a link-local or cloud metadata address."
    )
    assert "BRIDGE_ALLOWED_NETWORKS" not in refused.value.advice


def test_a_private_network_is_refused_with_the_setting_that_would_allow_it() -> None:
    with pytest.raises(TargetRefused) as refused:
        checked_addresses(["10.21.0.1"], INTRANET)

    assert "private network" in str(refused.value)
    assert "BRIDGE_ALLOWED_NETWORKS" in refused.value.advice


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(["8.8.8.8", "10.0.0.1"], id="the bad one last"),
        pytest.param(["127.0.0.1", "8.8.8.8"], id="the bad one first"),
        pytest.param(["8.8.8.8", "2606:4700::1111", "::ffff:169.254.169.254", "1.1.1.1"], id="the bad one amid"),
        pytest.param(["8.8.8.8"] * 500 + ["169.254.169.254"], id="the bad one after many"),
    ],
)
def test_one_bad_address_among_good_ones_spoils_all(answer: list[str]) -> None:
    with pytest.raises(TargetRefused):
        checked_addresses(answer, CLOSED)


@pytest.mark.parametrize(
    ("address", "destinations", "open_to_tenant"),
    [
        pytest.param("8.8.8.8", [], True, id="nothing listed narrows nothing"),
        pytest.param("8.8.8.8", ["8.8.8.0/24"], True, id="listed"),
        pytest.param("8.8.4.4", ["8.8.8.0/24"], False, id="not listed"),
        pytest.param("8.8.4.4", ["8.8.8.0/24", "8.8.4.4/32"], True, id="in the second of two"),
        pytest.param("2606:4700::1111", ["0.0.0.0/0"], False, id="the other version"),
        pytest.param("2606:4700::1111", ["2606:4700::/32"], True, id="IPv6"),
    ],
)
def test_a_tenant_narrows_where_bridge_calls_for_it(
    address: str, destinations: list[str], open_to_tenant: bool
) -> None:
    networks = [ip_network(one) for one in destinations]

    assert allowed(ip_address(address), networks) == open_to_tenant
    assert (why_refused(ip_address(address), CLOSED.narrowed(destinations)) is None) == open_to_tenant


@cases(PRIVATE, METADATA, LOOPBACK, NEVER)
def test_a_tenant_cannot_widen_what_the_operator_closed(address: str) -> None:
    assert why_refused(ip_address(address), CLOSED.narrowed(["0.0.0.0/0", "::/0"]))


@pytest.mark.parametrize("wrong", ["jira.example.com", "10.0.0.1/8", "10.0.0.0/33", "*", ""])
def test_a_destination_that_is_no_network_is_no_open_door(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        CLOSED.narrowed([wrong])


@given(st.ip_addresses(v=4))
def test_what_an_ipv6_address_carries_is_what_the_rfcs_put_there(inner: IPv4Address) -> None:
    number = int(inner)
    if number > 1:
        assert carried(IPv6Address(number)) == (inner,)
    for form in ("::ffff:{}", "64:ff9b::{}", "2606:4700::5efe:{}", "2606:4700::200:5efe:{}"):
        assert carried(IPv6Address(form.format(inner))) == (inner,)
    assert carried(IPv6Address((0x2002 << 112) | (number << 80))) == (inner,)


@given(st.ip_addresses())
def test_no_address_that_the_standard_library_calls_special_is_open(address: IPv4Address | IPv6Address) -> None:
    if why_refused(address, CLOSED) is None:
        assert address.is_global
        assert {address.is_multicast, address.is_reserved, address.is_link_local, address.is_loopback} == {False}
