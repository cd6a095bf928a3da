"""How a base URL may be written: a table of named cases, held against the registry's form and three other parsers."""

import string
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import httpx
import pytest
import yarl
from hypothesis import given
from hypothesis import strategies as st

from contracts.base_url import DEFAULT_PORTS, BadBaseUrl
from jira_actor.guard import Reach, TargetRefused, checked_target
from tenant_registry.base_url import canonical

CLOSED = Reach()
INTRANET = Reach(allowed_networks=(ip_network("10.20.0.0/16"),))
DEVELOPMENT = Reach((ip_network("0.0.0.0/0"), ip_network("::/0")), allow_loopback=True, allow_http=True)

TAKEN = {
    "a plain name": ("https://jira.example.com", "https://jira.example.com"),
    "upper case and the usual port": ("HTTPS://JIRA.Example.COM:443/", "https://jira.example.com"),
    "one trailing dot": ("https://jira.example.com./jira/", "https://jira.example.com/jira"),
    "a port and a deep path": ("https://jira.example.com:8443/a/b", "https://jira.example.com:8443/a/b"),
    "a path keeps its case": ("https://jira.example.com/Jira", "https://jira.example.com/Jira"),
    "the https scheme at http's port": ("https://jira.example.com:80", "https://jira.example.com:80"),
    "the last port": ("https://jira.example.com:65535", "https://jira.example.com:65535"),
    "a public IPv4 address": ("https://8.8.8.8", "https://8.8.8.8"),
    "a public IPv4 address with a dot": ("https://8.8.8.8.:8443", "https://8.8.8.8:8443"),
    "a public IPv6 address": ("https://[2606:4700:0:0::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
    "a public IPv6 address in upper case": ("https://[2A00:1450::200E]", "https://[2a00:1450::200e]"),
    "a name in another script": ("https://XN--bcher-kva.example", "https://xn--bcher-kva.example"),
    "a name that begins with digits": ("https://127.0.0.1.nip.example", "https://127.0.0.1.nip.example"),
    "a name that only looks like localhost": ("https://localhost.example.com", "https://localhost.example.com"),
    "the longest label": (f"https://{'a' * 63}.example", f"https://{'a' * 63}.example"),
    "the longest name": (f"https://{'a.' * 126}a", f"https://{'a.' * 126}a"),
}
"""As written, and the canonical form."""
REFUSED = {
    "nothing": "",
    "no scheme": "jira.example.com",
    "no scheme but slashes": "//jira.example.com",
    "no host": "https://",
    "no host but a path": "https:///x",
    "no host but a port": "https://:443",
    "one slash": "https:/jira.example.com",
    "http": "http://jira.example.com",
    "ftp": "ftp://jira.example.com",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://jira.example.com:70/_x",
    "a script": "javascript://jira.example.com/%0aalert(1)",
    "a Unix socket": "http+unix://jira.example.com",
    "a user": "https://user@jira.example.com",
    "a user and a password": "https://user:pw@jira.example.com",
    "an empty user": "https://@jira.example.com",
    "a host as the user": "https://jira.example.com@169.254.169.254",
    "a host and port as the user": "https://jira.example.com:443@169.254.169.254/",
    "a backslash before a user": "https://jira.example.com\\@evil.example",
    "backslashes for slashes": "https:\\\\jira.example.com",
    "a backslash in the path": "https://jira.example.com\\..\\x",
    "percent in the path": "https://jira.example.com/%2e%2e",
    "percent in the host": "https://%6c%6fcalhost",
    "a percent-encoded slash": "https://jira.example.com%2f@evil.example",
    "percent-encoded twice": "https://127%252e0.0.1",
    "a query": "https://jira.example.com?x=1",
    "an empty query": "https://jira.example.com?",
    "a query before a host": "https://evil.example?@jira.example.com",
    "a fragment": "https://jira.example.com/#x",
    "a fragment before a host": "https://evil.example#@jira.example.com",
    "a path upwards": "https://jira.example.com/a/../b",
    "a path to itself": "https://jira.example.com/./a",
    "an empty path segment": "https://jira.example.com/a//b",
    "a path of two slashes": "https://jira.example.com//evil.example",
    "a path parameter": "https://jira.example.com/a;b",
    "port 0": "https://jira.example.com:0",
    "port 65536": "https://jira.example.com:65536",
    "a huge port": f"https://jira.example.com:{'9' * 100}",
    "a port of letters": "https://jira.example.com:x",
    "a port with a sign": "https://jira.example.com:+443",
    "a negative port": "https://jira.example.com:-1",
    "a port with a leading zero": "https://jira.example.com:0443",
    "an empty port": "https://jira.example.com:",
    "two ports": "https://jira.example.com:443:80",
    "a port in full-width digits": "https://jira.example.com:\uff14\uff14\uff13",
    "a space in the host": "https://jira example.com",
    "a space before": " https://jira.example.com",
    "a line break after": "https://jira.example.com\n",
    "a line break in the host": "https://jira.exa\nmple.com",
    "a carriage return and a header": "https://jira.example.com/\r\nHost: evil.example",
    "a tab in the host": "https://\tjira.example.com",
    "a tab in the scheme": "ht\ttps://jira.example.com",
    "a null byte": "https://jira.example.com\0.evil.example",
    "a delete character": "https://jira.example.com\x7f",
    "a no-break space": "https://jira.example.com\u00a0",
    "a soft hyphen": "https://jira.exam\u00adple.com",
    "a zero-width space": "https://local\u200bhost",
    "a name in another script, not as xn--": "https://b\u00fccher.example",
    "a sharp s": "https://stra\u00dfe.example",
    "a Cyrillic look-alike": "https://jir\u0430.example.com",
    "digits in circles": "https://\u2460\u2461\u2466.0.0.1",
    "full-width digits": "https://\uff11\uff12\uff17.0.0.1",
    "ideographic full stops": "https://127\u30020\u30020\u30021",
    "full-width full stops": "https://127\uff0e0\uff0e0\uff0e1",
    "half-width full stops": "https://127\uff610\uff610\uff611",
    "a full-width at sign": "https://jira.example.com\uff20evil.example",
    "a full-width slash": "https://jira.example.com\uff0fevil.example",
    "a care-of sign that becomes a slash": "https://evil.\u2100.example.com",
    "an IPv4 address as one number": "https://2130706433",
    "an IPv4 address as one hex number": "https://0x7f000001",
    "an IPv4 address as one octal number": "https://017700000001",
    "the metadata service as one number": "https://2852039166",
    "hex and short": "https://0x7f.1",
    "hex in upper case": "https://0X7F.0.0.1",
    "octal": "https://0177.0.0.1",
    "octal with many zeros": "https://00000177.0.0.1",
    "two numbers": "https://127.1",
    "three numbers": "https://1.2.3",
    "five numbers": "https://1.2.3.4.5",
    "a number over 255": "https://256.1.1.1",
    "a number that wraps round": "https://383.0.0.1",
    "zero": "https://0",
    "an empty hex number": "https://0x",
    "a last label in hex": "https://jira.0x1",
    "a last label of digits": "https://jira.example.123",
    "an octal last number": "https://8.8.8.010",
    "localhost's address": "https://127.0.0.1",
    "localhost's address with a dot": "https://127.0.0.1.",
    "localhost's address with two dots": "https://127.0.0.1..",
    "a private address": "https://10.0.0.1",
    "the metadata service": "https://169.254.169.254",
    "the metadata service with a dot": "https://169.254.169.254.",
    "all interfaces": "https://0.0.0.0",
    "broadcast": "https://255.255.255.255",
    "IPv6 localhost": "https://[::1]",
    "IPv6 unspecified": "https://[::]",
    "IPv6 localhost in full": "https://[0000:0000:0000:0000:0000:0000:0000:0001]",
    "IPv4-mapped private": "https://[::ffff:10.0.0.1]",
    "IPv4-mapped metadata in hex": "https://[::ffff:a9fe:a9fe]",
    "NAT64 metadata": "https://[64:ff9b::a9fe:a9fe]",
    "6to4 localhost": "https://[2002:7f00:1::]",
    "AWS metadata over IPv6": "https://[fd00:ec2::254]",
    "a zone": "https://[fe80::1%25eth0]",
    "a bare zone": "https://[fe80::1%eth0]",
    "an IPv4 address in brackets": "https://[8.8.8.8]",
    "a name in brackets": "https://[jira.example.com]",
    "an address of the future": "https://[v1.jira]",
    "empty brackets": "https://[]",
    "an open bracket": "https://[2606:4700::1111",
    "a closed bracket": "https://2606:4700::1111]",
    "two brackets": "https://[[2606:4700::1111]]",
    "a name before brackets": "https://jira.example.com[2606:4700::1111]",
    "a name after brackets": "https://[2606:4700::1111]jira.example.com",
    "IPv6 without brackets": "https://2606:4700::1111",
    "IPv6 with an octal end": "https://[2606:4700::010.1.1.1]",
    "IPv6 of nine parts": "https://[1:2:3:4:5:6:7:8:9]",
    "localhost": "https://localhost",
    "localhost in capitals": "https://LOCALHOST",
    "localhost with a dot": "https://localhost.",
    "localhost's full name": "https://localhost.localdomain",
    "a name below localhost": "https://jira.localhost",
    "a name of one label": "https://jira",
    "a name of this network": "https://jira.local",
    "a name of the inside": "https://jira.corp.internal",
    "a service of the cluster": "https://vault.bridge.svc.cluster.local",
    "Google's metadata name": "https://metadata.google.internal",
    "Google's metadata name with a dot": "https://metadata.google.internal.",
    "a name of a home network": "https://jira.home.arpa",
    "a leading hyphen": "https://-jira.example.com",
    "a trailing hyphen": "https://jira-.example.com",
    "an underscore": "https://jira_1.example.com",
    "two dots": "https://a..b.example",
    "a leading dot": "https://.jira.example.com",
    "two trailing dots": "https://jira.example.com..",
    "only a dot": "https://.",
    "an asterisk": "https://*.example.com",
    "a comma": "https://jira.example.com,evil.example",
    "an angle bracket": "https://jira.example.com<script>",
    "a brace": "https://{host}.example.com",
    "a quote": "https://jira.example.com'",
    "a label of 64": f"https://{'a' * 64}.example",
    "a name of 255": f"https://{'a.' * 127}a",
    "a very long URL": f"https://jira.example.com/{'a' * 100_000}",
    "very many labels": f"https://{'a.' * 100_000}example",
}
"""Refused by default."""


@pytest.mark.parametrize(("url", "form"), [pytest.param(*row, id=name) for name, row in TAKEN.items()])
def test_a_plain_address_gets_its_canonical_form(url: str, form: str) -> None:
    assert checked_target(url, CLOSED).url == form


@pytest.mark.parametrize("url", [pytest.param(url, id=name) for name, url in REFUSED.items()])
def test_everything_else_is_refused_with_what_to_write_instead(url: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        checked_target(url, CLOSED)

    assert str(refused.value).startswith(("The base URL", "Bridge does not connect to"))
    assert refused.value.advice.endswith((".", ").")), "a whole sentence"
    assert len(str(refused.value)) + len(refused.value.advice) < 300


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("https://user:pw@jira.example.com", "user name"),
        ("https://127\u30020\u30020\u30021", "plain digits"),
        ("https://jira.example.com\\x", "forward slashes"),
        ("https://jira.example.com/%2e", "percent"),
        ("https://jira.example.com/secure?x", "/secure"),
        ("https://0x7f.1", "four decimal numbers"),
        ("https://2606:4700::1111", "brackets"),
        ("http://jira.example.com", "BRIDGE_ALLOW_HTTP"),
        ("https://jira.corp.internal", "BRIDGE_ALLOWED_NETWORKS"),
        ("https://10.20.0.1", "BRIDGE_ALLOWED_NETWORKS"),
        ("https://localhost", "loopback"),
    ],
)
def test_a_refusal_says_what_is_wrong(url: str, word: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        checked_target(url, CLOSED)

    assert word in f"{refused.value} {refused.value.advice}"
    assert "pw" not in str(refused.value)


def test_http_is_open_only_where_the_operator_says_so() -> None:
    assert checked_target("http://jira.example.com:8080", Reach(allow_http=True)).port == 8080


@pytest.mark.parametrize("url", ["https://jira", "https://jira.corp.internal", "https://10.20.0.1", "https://jira.lan"])
def test_names_of_private_networks_are_open_where_the_operator_allowed_a_network(url: str) -> None:
    assert checked_target(url, INTRANET).url == url


@pytest.mark.parametrize("url", ["https://localhost", "https://jira.localhost", "https://127.0.0.1"])
def test_an_allowed_network_does_not_open_the_machine_itself(url: str) -> None:
    with pytest.raises(TargetRefused):
        checked_target(url, Reach((ip_network("0.0.0.0/0"), ip_network("::/0"))))
    assert checked_target(url, DEVELOPMENT).url == url


def test_a_tenants_own_list_holds_for_a_written_address_and_goes_with_the_target() -> None:
    reach = CLOSED.narrowed(["8.8.8.0/24"])

    assert checked_target("https://8.8.8.8", reach).only == (ip_network("8.8.8.0/24"),)
    with pytest.raises(TargetRefused, match="not among the destinations"):
        checked_target("https://8.8.4.4", reach)


def host_of(text: str) -> str:
    return str(ip_address(text)) if ":" in text else text.removesuffix(".")


tricky = st.text(alphabet="aA1x0.-_:[]%@\\/?#;~,+ \t\n\u3002\uff0e\u2460\uff11\u00df", max_size=24)
numbers = st.sampled_from(["0", "1", "127", "0177", "0x7f", "255", "256", "2130706433", "0X", "01"])
labels = st.text(alphabet=string.ascii_letters + string.digits + "-", min_size=1, max_size=8)
names = st.lists(st.one_of(labels, numbers), min_size=1, max_size=5).map(".".join)
plain = st.tuples(names, st.sampled_from([".example", ".Example.", ".example.com"])).map("".join)
ipv6 = st.ip_addresses(v=6).map(lambda one: f"[{one}]")
hosts = st.one_of(plain, plain, names, st.ip_addresses(v=4).map(str), ipv6, tricky)
ports = st.one_of(st.just(""), st.integers(0, 70_000).map(lambda port: f":{port}"), tricky.map(lambda text: f":{text}"))
paths = st.one_of(
    st.sampled_from(["", "/", "/jira", "/a/B/"]), st.text(alphabet="aA./~-_%;", max_size=8).map("/{}".format)
)
schemes = st.one_of(st.just("https://"), st.sampled_from(["http://", "HTTPS://", "https:", "https:/", "ftp://", ""]))
urls = st.one_of(
    st.builds("{}{}{}".format, st.just("https://"), plain, paths),
    st.builds("{}{}{}{}".format, schemes, hosts, ports, paths),
    st.text(max_size=40),
)


@given(urls)
def test_what_is_taken_reads_the_same_to_every_parser(url: str) -> None:
    try:
        target = checked_target(url, DEVELOPMENT)
    except TargetRefused:
        return
    for form in (url, target.url):
        standard, sent, connected = urlsplit(form), httpx.URL(form), yarl.URL(form)
        for host in (standard.hostname, sent.raw_host.decode(), connected.raw_host):
            assert host
            assert host_of(host) == host_of(target.host)
        for port in (standard.port, sent.port, connected.port):
            assert (port or DEFAULT_PORTS[target.scheme]) == target.port
        assert standard.scheme == sent.scheme == connected.scheme == target.scheme
        assert (standard.username, connected.user, sent.userinfo) == (None, None, b"")
        assert standard.path == sent.path == connected.path or not standard.path


@given(urls)
def test_the_canonical_form_is_stable(url: str) -> None:
    try:
        target = checked_target(url, DEVELOPMENT)
    except TargetRefused:
        return
    assert checked_target(target.url, DEVELOPMENT) == target


@given(urls)
def test_the_registry_and_the_guard_agree(url: str) -> None:
    try:
        target = checked_target(url, DEVELOPMENT)
    except TargetRefused:
        target = None
    try:
        registered = canonical(url, allow_http=True)
    except BadBaseUrl:
        registered = None
    if target:
        assert registered == target.url, "what the guard takes, the registry takes in the same form"
    elif registered:
        with pytest.raises(TargetRefused, match=r"Bridge does not connect to .+: "):
            checked_target(registered, DEVELOPMENT)


@pytest.mark.parametrize("url", [pytest.param(url, id=name) for name, url in REFUSED.items() if url == url.strip()])
def test_what_the_registry_takes_nevertheless_is_refused_for_where_it_leads(url: str) -> None:
    try:
        registered = canonical(url, allow_http=False)
    except BadBaseUrl:
        return
    with pytest.raises(TargetRefused, match=r"Bridge does not connect to|loopback name|only a private network knows"):
        checked_target(registered, CLOSED)
