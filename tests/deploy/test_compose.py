"""deploy/compose.yaml, rendered and looked at without Docker."""

import base64
import copy
import json
import re
import subprocess
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from pydantic import SecretStr
from tests.deploy.rendering import COMPOSE, DEPLOY, Missing, example, rendered, variables

import bot_gateway.settings
import jira_actor.settings
import key_vault.settings
import tenant_registry.settings
from bridge.settings import BridgeSettings
from bridge.tenant_options import RegistryAccess
from chassis.settings import Secrets, ServiceSettings
from contracts.topics import SERVICES

# The Compose Specification's own schema, from release 2.16.2 of compose-go (Apache-2.0).
SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
VERSION = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]["version"]
FILLED = example() | {
    "BRIDGE_BOT_APP_ID": "6a1b0c5e-0000-4000-8000-000000000001",
    "BRIDGE_BOT_APP_TENANT": "6a1b0c5e-0000-4000-8000-000000000002",
    "BRIDGE_REGISTRY_PUBLIC_URL": "https://bridge.example.com",
    "BRIDGE_VAULT_ROLE_ID": "6a1b0c5e-0000-4000-8000-000000000003",
}
SETTINGS: dict[str, tuple[type[ServiceSettings], ...]] = {
    "bot-gateway": (bot_gateway.settings.Settings,),
    "tenant-registry": (tenant_registry.settings.Settings,),
    "jira-actor": (jira_actor.settings.Settings,),
    "key-vault": (key_vault.settings.Settings,),
    "topics": (BridgeSettings,),
    "bridge": (BridgeSettings, RegistryAccess),
}
OWNERS = {
    "rows": {"mongo", "replica-set", "tenant-registry"},
    "keys": {"vault", "key-vault"},
    "events": {"kafka", "topics", *SERVICES},
}
ENGINES = ("kafka", "mongo", "replica-set", "vault")


@pytest.fixture
def compose() -> dict[str, Any]:
    """The file, filled in as somebody would."""
    return rendered(FILLED)


def secret_fields(service: str) -> set[str]:
    """Give the variables of a service that are secret."""
    fields = (pair for kind in SETTINGS[service] for pair in kind.model_fields.items())
    return {f"BRIDGE_{name.upper()}" for name, field in fields if field.annotation is SecretStr}


def values(compose: dict[str, Any], service: str) -> dict[str, str]:
    """Give a service's settings by field."""
    environment = compose["services"][service]["environment"]
    return {name.removeprefix("BRIDGE_").lower(): value for name, value in environment.items()}


def test_it_is_what_the_compose_specification_allows(compose: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA).validate(compose)


@pytest.mark.parametrize(("service", "key"), [("kafka", "read-only"), ("bot-gateway", "cap_dropped")])
def test_a_word_that_compose_does_not_know_is_found(compose: dict[str, Any], service: str, key: str) -> None:
    wrong = copy.deepcopy(compose)
    wrong["services"][service][key] = True

    with pytest.raises(ValidationError, match=key):
        Draft202012Validator(SCHEMA).validate(wrong)


def test_every_variable_is_explained_in_the_example_and_none_besides() -> None:
    assert variables() == example().keys()


def test_what_must_be_filled_in_is_asked_for() -> None:
    for name in ("BRIDGE_BOT_APP_ID", "BRIDGE_BOT_APP_TENANT", "BRIDGE_REGISTRY_PUBLIC_URL"):
        with pytest.raises(Missing, match=rf"{name}: Copy .env.example to .env"):
            rendered({**FILLED, name: ""})


@pytest.mark.parametrize("service", SETTINGS)
def test_every_setting_exists_and_has_a_value_that_is_understood(compose: dict[str, Any], service: str) -> None:
    given = values(compose, service)
    secrets_dir = given.pop("secrets_dir", None)
    known = {name for kind in SETTINGS[service] for name in kind.model_fields}

    assert given.keys() - known == set()
    assert secrets_dir in (None, "/run/secrets")
    assert "secrets_dir" in Secrets.model_fields
    for kind in SETTINGS[service]:
        own = {name: value for name, value in given.items() if name in kind.model_fields}
        secret = dict.fromkeys(
            (name for name, field in kind.model_fields.items() if field.is_required()), "from a file"
        )
        kind.model_validate(secret | own)


def test_all_services_and_the_topics_are_there_from_one_release(compose: dict[str, Any]) -> None:
    images = {name: one["image"] for name, one in compose["services"].items() if name not in ENGINES}

    assert images == {name: f"bridge/{name}:{VERSION}" for name in SERVICES} | dict.fromkeys(
        ("topics", "bridge"), f"bridge/cli:{VERSION}"
    )
    assert rendered({**FILLED, "BRIDGE_TAG": ""})["services"]["topics"]["image"] == f"bridge/cli:{VERSION}"


@pytest.mark.parametrize("engine", ENGINES)
def test_other_peoples_images_are_pinned_to_one_release(compose: dict[str, Any], engine: str) -> None:
    assert re.fullmatch(r"docker\.io/[\w/]+:\d+\.\d+\.\d+", compose["services"][engine]["image"])


@pytest.mark.parametrize("service", SETTINGS)
def test_secrets_come_as_files_alone(compose: dict[str, Any], service: str) -> None:
    harmless = {"BRIDGE_MONGO_URL"}  # it may hold a password, and here does not
    environment = compose["services"][service]["environment"]
    targets = {one["target"] for one in compose["services"][service].get("secrets", [])}

    assert secret_fields(service) & environment.keys() - harmless == set()
    assert "@" not in environment.get("BRIDGE_MONGO_URL", "")
    assert targets - {name.lower() for name in secret_fields(service)} == set()


def test_the_services_get_the_secrets_that_they_need(compose: dict[str, Any]) -> None:
    given = {name: [one["target"] for one in compose["services"][name].get("secrets", [])] for name in SERVICES}

    assert {name: targets for name, targets in given.items() if targets} == {
        "bot-gateway": ["bridge_bot_app_secret"],
        "key-vault": ["bridge_vault_secret_id"],
    }
    for secret in compose["secrets"].values():
        ignored = subprocess.run(["git", "check-ignore", "-q", secret["file"]], cwd=DEPLOY, check=False)
        assert ignored.returncode == 0, f"{secret['file']} could be committed"


def test_the_example_holds_nothing_secret() -> None:
    secret = {name for service in SETTINGS for name in secret_fields(service)}

    assert example().keys() & secret == set()
    assert subprocess.run(["git", "check-ignore", "-q", ".env"], cwd=DEPLOY, check=False).returncode == 0


@pytest.mark.parametrize("service", SETTINGS)
def test_ours_run_with_the_least(compose: dict[str, Any], service: str) -> None:
    one = compose["services"][service]

    assert (one["user"], one["read_only"], one["cap_drop"]) == ("65532:65532", True, ["ALL"])
    assert one["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_have_no_capability_either(compose: dict[str, Any], engine: str) -> None:
    one = compose["services"][engine]

    assert (one["cap_drop"], one["security_opt"]) == (["ALL"], ["no-new-privileges:true"])


def test_an_engine_is_reached_by_the_service_that_owns_it_and_by_the_operator(compose: dict[str, Any]) -> None:
    networks = {name: set(one["networks"]) for name, one in compose["services"].items()}

    for network, owners in OWNERS.items():
        assert {name for name, joined in networks.items() if network in joined} - {"bridge"} == owners
    assert {name: len(networks[name]) for name in ENGINES} == dict.fromkeys(ENGINES, 1)
    assert {name for name, one in compose["networks"].items() if not one.get("internal")} == {"outside"}


def test_only_the_two_edges_are_published_and_on_loopback_unless_told_otherwise(compose: dict[str, Any]) -> None:
    published = {name: one["ports"] for name, one in compose["services"].items() if "ports" in one}

    assert published == {"bot-gateway": ["127.0.0.1:3978:3978"], "tenant-registry": ["127.0.0.1:8080:8080"]}
    assert variables() >= {"BRIDGE_LISTEN"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_longer_than_it_drains(compose: dict[str, Any], service: str) -> None:
    grace = re.fullmatch(r"(\d+)s", compose["services"][service]["stop_grace_period"])

    assert grace is not None
    assert timedelta(seconds=int(grace[1])) > ServiceSettings.model_fields["drain"].default


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_views_are_its_own(compose: dict[str, Any], service: str) -> None:
    assert compose["services"][service]["volumes"] == [f"{service}:{values(compose, service)['data_dir']}"]
    assert service in compose["volumes"]


def test_every_network_volume_and_file_that_is_named_is_there(compose: dict[str, Any]) -> None:
    for name, one in compose["services"].items():
        assert set(one["networks"]) - compose["networks"].keys() == set(), name
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            there = (DEPLOY / source).is_file() if source.startswith("./") else source in compose["volumes"]
            assert there, volume
        assert one.get("depends_on", {}).keys() - compose["services"].keys() == set()
        for dependency, how in one.get("depends_on", {}).items():
            checked = "healthcheck" in compose["services"][dependency]
            assert how["condition"] != "service_healthy" or checked, dependency


def test_the_clusters_id_is_one_that_kafka_takes(compose: dict[str, Any]) -> None:
    chosen = compose["services"]["kafka"]["environment"]["CLUSTER_ID"]

    raw = base64.urlsafe_b64decode(chosen + "==")
    assert (len(raw), base64.urlsafe_b64encode(raw).decode().rstrip("=")) == (16, chosen)


def test_kafka_makes_no_topic_by_itself(compose: dict[str, Any]) -> None:
    assert compose["services"]["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert compose["services"]["topics"]["command"] == ["topics", "apply"]


def test_the_readme_names_each_secret_file_and_each_variable_that_must_be_set() -> None:
    told = (DEPLOY / "README.md").read_text()
    needed = re.findall(r"\{(\w+):\?", COMPOSE.read_text())

    for name in {*needed, "secrets/bot_app_secret", "secrets/vault_secret_id"}:
        assert name in told, name
