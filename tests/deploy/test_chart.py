"""The chart says the same as the code: its documents, the settings it writes, the networks it closes."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from deploy.k8s.chart_documents import SETTINGS, documents, keys
from pydantic import SecretStr

from contracts.topics import SERVICES
from jira_actor.addresses import Reach, carried, why_refused

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/k8s/chart"
WRITTEN = documents()
CONFIGMAPS = sorted((ROOT / "deploy/k8s/manifests").glob("**/settings/*.env"))
SECRETS = {
    f"bridge_{name}": "mongodb://mongo/?replicaSet=rs0" if name == "mongo_url" else "secret"
    for service in SERVICES
    for name, field in SETTINGS[service].model_fields.items()
    if field.annotation is SecretStr
}
NETWORKS = (CHART / "templates/_networks.tpl").read_text()
Network = IPv4Network | IPv6Network


def template(name: str, text: str = NETWORKS) -> Any:
    """Read what a named template of plain YAML holds."""
    found = re.search(rf'define "{re.escape(name)}" -}}}}\n(.*?)\n{{{{- end }}}}', text, re.DOTALL)
    assert found, name
    return yaml.safe_load(found[1])


METADATA: list[Network] = [ip_network(text) for text in template("bridge.networks.metadata")]
PUBLIC: list[tuple[Network, list[Network]]] = [
    (ip_network(peer["ipBlock"]["cidr"]), [ip_network(text) for text in peer["ipBlock"]["except"]])
    for peer in template("bridge.networks.public")
]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_is_written_from_code_and_values_is_fresh(path: Path) -> None:
    assert path.read_text() == WRITTEN[path], "run `make documents`"


def test_a_value_without_a_sentence_is_refused_by_name() -> None:
    described = "# -- All of it.\na: {b: 1}\nc:\n  # -- One.\n  d: 2\n"

    assert [key.path for key in keys(described)] == ["a", "c.d"]
    with pytest.raises(ValueError, match=r"above c\.e "):
        list(keys(described + "  e: 3\n"))


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have these variables, and no other of Bridge's, as a container has."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("BRIDGE_")]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.mark.parametrize("path", CONFIGMAPS, ids=lambda path: f"{path.parts[-3]} {path.stem}")
def test_a_service_takes_what_the_chart_writes_for_it(path: Path, tmp_path: Path) -> None:
    settings = SETTINGS[path.stem.removeprefix("bridge-")]
    given = dict(line.split("=", 1) for line in path.read_text().splitlines() if not line.startswith("#"))
    for name, secret in SECRETS.items():
        (tmp_path / name).write_text(secret)

    with environment({**given, "BRIDGE_SECRETS_DIR": str(tmp_path)}):
        settings()

    assert set(given) - {f"BRIDGE_{name.upper()}" for name in settings.model_fields} <= {"BRIDGE_SECRETS_DIR"}


def test_there_are_settings_of_every_service_in_the_manifests() -> None:
    assert {path.stem.removeprefix("bridge-") for path in CONFIGMAPS} == set(SERVICES)


def test_settings_that_have_a_key_of_their_own_are_settings_and_every_secret_is_one_of_them() -> None:
    owned = template("bridge.ownedSettings", (CHART / "templates/_wrong_settings.tpl").read_text())
    known = {f"BRIDGE_{name.upper()}" for service in SERVICES for name in SETTINGS[service].model_fields}

    assert set(owned) - known == {"BRIDGE_SECRETS_DIR"}
    assert {name.upper() for name in SECRETS} <= set(owned)


def test_no_secret_may_be_given_in_clear() -> None:
    refused = (CHART / "templates/_wrong_settings.tpl").read_text().split("$secrets := list", 1)[1].split("}}", 1)[0]

    assert set(re.findall(r'"(\w+)"', refused)) == {name.upper() for name in SECRETS}


@pytest.mark.parametrize("network", METADATA, ids=str)
def test_what_policies_never_open_is_metadata_to_jira_actor_too(network: Network) -> None:
    for address in (network[0], network[-1]):
        why = why_refused(address, Reach(allowed_networks=(network,)))
        assert why
        assert "metadata" in why.said


def is_public(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network and not any(address in one for one in closed) for network, closed in PUBLIC)


def addresses() -> Iterator[IPv4Address | IPv6Address]:
    """Give both sides of every border that policies know, and many others."""
    borders = [*METADATA, *(network for network, _ in PUBLIC), *(one for _, closed in PUBLIC for one in closed)]
    for network in borders:
        kind, highest = type(network[0]), 2**network.max_prefixlen - 1
        for number in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1):
            yield kind(min(max(number, 0), highest))
    chance = Random(7)
    for _ in range(5_000):
        yield IPv4Address(chance.getrandbits(32))
        yield IPv6Address(chance.getrandbits(128))
        yield IPv6Address(0x2000 << 112 | chance.getrandbits(125))


def test_policies_call_those_addresses_public_that_jira_actor_calls_so() -> None:
    """But for addresses that carry others: what a tunnel's end means only the service can tell."""
    apart = {
        str(address)
        for address in addresses()
        if is_public(address) is not (why_refused(address, Reach()) is None) and not carried(address)
    }

    assert apart == set()


def test_the_comparison_sees_a_difference() -> None:
    assert is_public(ip_address("93.184.216.34"))
    assert not is_public(ip_address("10.0.0.1"))
    assert not is_public(ip_address("169.254.169.254"))
