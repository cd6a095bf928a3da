"""Secrets come by name and as files; identities go only where they are needed."""

import re
from collections import defaultdict
from typing import Any

import pytest
from deploy.k8s.checks.helm import CHART, ROOT, RefusedError
from deploy.k8s.checks.releases import EVERYTHING, merged, rendered
from deploy.k8s.checks.rendered import COMPONENTS, Pod, Rendered, name_of

DOCTOR = "doctor"
NAMED: dict[str, Any] = {
    "kafka": {"ca": {"existingSecret": "s-kafka-ca"}},
    "mongodb": {"existingSecret": "s-mongodb", "ca": {"existingSecret": "s-mongodb-ca"}},
    "vault": {
        "ca": {"existingSecret": "s-vault-ca"},
        "auth": {"method": "approle", "roleId": "role", "existingSecret": "s-approle"},
    },
    "botGateway": {"bot": {"existingSecret": "s-bot"}, "kafka": {"existingSecret": "s-kafka-gateway"}},
    "tenantRegistry": {"kafka": {"existingSecret": "s-kafka-registry"}},
    "jiraActor": {"ca": {"existingSecret": "s-jira-ca"}, "kafka": {"existingSecret": "s-kafka-actor"}},
    "keyVault": {"kafka": {"existingSecret": "s-kafka-vault"}},
    "cli": {"kafka": {"existingSecret": "s-kafka-cli"}},
}


def secrets_of(pod: Pod) -> dict[str, set[str]]:
    """The Secrets that a pod mounts, with the file names."""
    found: dict[str, set[str]] = defaultdict(set)
    for volume in pod.spec["volumes"]:
        sources = [*volume.get("projected", {}).get("sources", []), {"secret": volume.get("secret")}]
        for secret in (source["secret"] for source in sources if source.get("secret")):
            found[secret.get("name") or secret["secretName"]] |= {item["path"] for item in secret.get("items", [])}
    return found


def account_tokens(release: Rendered) -> dict[str, Any]:
    """The service accounts' tokens that pods mount, by component."""
    return {
        pod.component: source["serviceAccountToken"]
        for pod in release.pods
        for volume in pod.spec["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
        if "serviceAccountToken" in source
    }


def mounted(release: Rendered) -> dict[str, dict[str, set[str]]]:
    return {pod.component: secrets_of(pod) for pod in release.pods}


def test_each_named_secret_reaches_exactly_those_who_need_it() -> None:
    who = defaultdict(set)
    for component, secrets in mounted(rendered(NAMED)).items():
        for secret in secrets:
            who[secret].add(component)

    assert who == {
        "s-kafka-ca": {*COMPONENTS, DOCTOR},
        "s-mongodb": {"tenant-registry", DOCTOR},
        "s-mongodb-ca": {"tenant-registry", DOCTOR},
        "s-vault-ca": {"key-vault", DOCTOR},
        "s-approle": {"key-vault"},
        "s-bot": {"bot-gateway"},
        "s-jira-ca": {"jira-actor"},
        "s-kafka-gateway": {"bot-gateway"},
        "s-kafka-registry": {"tenant-registry"},
        "s-kafka-actor": {"jira-actor"},
        "s-kafka-vault": {"key-vault"},
        "s-kafka-cli": {DOCTOR},
    }


def test_a_secret_file_is_named_as_its_setting() -> None:
    files = mounted(rendered(NAMED))

    assert files["bot-gateway"]["s-bot"] == {"bridge_bot_app_secret"}
    assert files["tenant-registry"]["s-mongodb"] == {"bridge_mongo_url"}
    assert files["key-vault"]["s-approle"] == {"bridge_vault_secret_id"}
    assert {*files["jira-actor"]["s-kafka-actor"]} == {"bridge_kafka_password"}
    for component in COMPONENTS:
        assert rendered(NAMED).one("ConfigMap", component)["data"]["BRIDGE_SECRETS_DIR"] == "/etc/bridge/secrets"


def test_one_secret_for_all_of_kafka_is_enough() -> None:
    files = mounted(rendered({"kafka": {"existingSecret": "all-of-us"}}))

    assert {component for component, secrets in files.items() if "all-of-us" in secrets} == {*COMPONENTS, DOCTOR}


def test_the_secrets_that_strimzi_makes_are_found_by_themselves() -> None:
    strimzi = {"users": {"create": True, "cluster": "main"}}
    release = rendered({"strimzi": strimzi, "kafka": {"existingSecret": "", "username": ""}})
    users = {one["metadata"]["name"] for one in release.of("KafkaUser")}

    for component in COMPONENTS:
        config = release.one("ConfigMap", component)["data"]
        assert config["BRIDGE_KAFKA_USERNAME"] in users
        assert config["BRIDGE_KAFKA_USERNAME"] in secrets_of(release.pod(component))


@pytest.mark.parametrize(
    ("kafka", "files", "settings"),
    [
        pytest.param(
            {"security": "ssl", "clientCertificate": True},
            {"kafka.crt", "kafka.key"},
            {
                "BRIDGE_KAFKA_CERT_FILE": "/etc/bridge/tls/kafka.crt",
                "BRIDGE_KAFKA_KEY_FILE": "/etc/bridge/tls/kafka.key",
            },
            id="mutual TLS",
        ),
        pytest.param(
            {"saslMechanism": "OAUTHBEARER", "oauth": {"tokenUrl": "https://login.example.com/t", "clientId": "c"}},
            {"bridge_kafka_oauth_client_secret"},
            {
                "BRIDGE_KAFKA_SASL_MECHANISM": "OAUTHBEARER",
                "BRIDGE_KAFKA_OAUTH_TOKEN_URL": "https://login.example.com/t",
            },
            id="OAUTHBEARER",
        ),
        pytest.param(
            {"saslMechanism": "SCRAM-SHA-256"},
            {"bridge_kafka_password"},
            {"BRIDGE_KAFKA_SASL_MECHANISM": "SCRAM-SHA-256", "BRIDGE_KAFKA_USERNAME": "bridge"},
            id="SCRAM",
        ),
    ],
)
def test_each_way_to_log_in_to_kafka(kafka: dict[str, Any], files: set[str], settings: dict[str, str]) -> None:
    release = rendered({"kafka": kafka})

    for component in COMPONENTS:
        assert secrets_of(release.pod(component))["kafka-login"] == files
        assert settings.items() <= release.one("ConfigMap", component)["data"].items()


def test_the_service_account_token_is_mounted_only_where_vault_needs_it() -> None:
    release = rendered({"vault": {"auth": {"method": "kubernetes", "audience": "vault.example.com"}}})
    tokens = account_tokens(release)

    assert set(tokens) == {"key-vault"}
    assert tokens["key-vault"]["audience"] == "vault.example.com"
    assert 600 <= tokens["key-vault"]["expirationSeconds"] <= 86400


@pytest.mark.parametrize("method", ["approle", "token"])
def test_no_token_is_mounted_where_vault_is_entered_otherwise(method: str) -> None:
    release = rendered({"vault": {"auth": {"method": method, "roleId": "r", "existingSecret": "vault-login"}}})

    assert account_tokens(release) == {}


def test_nobody_is_given_a_token_for_the_kubernetes_api(release: Rendered) -> None:
    assert [pod.name for pod in release.pods if pod.spec.get("automountServiceAccountToken") is not False] == []
    accounts = release.of("ServiceAccount")
    assert [name_of(one) for one in accounts if one.get("automountServiceAccountToken") is not False] == []
    rights = {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
    assert [one["kind"] for one in release.objects if one["kind"] in rights] == []


def test_each_component_is_somebody_of_its_own(release: Rendered) -> None:
    accounts = [release.pod(component).spec["serviceAccountName"] for component in COMPONENTS]

    assert len(set(accounts)) == len(COMPONENTS)
    assert set(accounts) <= {one["metadata"]["name"] for one in release.of("ServiceAccount")}


def test_no_secret_value_is_ever_in_a_rendered_manifest(release: Rendered) -> None:
    secret = secret_settings()
    variables = {name for one in release.of("ConfigMap") for name in one["data"]}
    variables |= {name for pod in release.pods for name, given in pod.environment.items() if "value" in given}

    assert release.of("Secret") == []
    assert len(secret) >= 5, "the settings page names secrets"
    assert variables & secret == set()


def secret_settings() -> set[str]:
    """The settings that docs/settings.md calls secret; a URL with a password in it is one, too."""
    page = (ROOT / "docs/settings.md").read_text()
    return {*re.findall(r"^\| `(BRIDGE_\w+)` .*\| Secret[;,.]", page, re.MULTILINE), "BRIDGE_MONGO_URL"}


@pytest.mark.parametrize("where", ["settings", "jiraActor"])
@pytest.mark.parametrize("name", sorted(secret_settings()))
def test_a_secret_setting_is_refused_among_the_plain_ones(name: str, where: str) -> None:
    given = {"settings": {name: "canary"}}

    with pytest.raises(RefusedError, match=name) as refused:
        rendered(given if where == "settings" else {where: given})
    assert "canary" not in str(refused.value)


def test_no_value_of_the_chart_is_a_place_for_a_secret() -> None:
    keys = re.findall(r"^ *(\w+):", (CHART / "values.yaml").read_text(), re.MULTILINE)
    suspicious = [key for key in keys if re.search("password|secret|token|credential", key, re.IGNORECASE)]
    names_only = {"existingSecret", "secretKey", "secretKeys", "password", "clientSecret", "pullSecrets", "tlsSecret"}

    assert set(suspicious) <= names_only | {"tokenUrl", "tokenSeconds", "operatorTokenHash", "tokensOlderThanAYear"}


def test_every_setting_that_the_chart_writes_is_one_that_the_service_reads(release: Rendered) -> None:
    known = settings_by_section()
    for component in COMPONENTS:
        written = set(release.one("ConfigMap", component)["data"])
        assert written - known["All services"] - known[component] - {"BRIDGE_SECRETS_DIR"} == set(), component


def settings_by_section() -> dict[str, set[str]]:
    page = (ROOT / "docs/settings.md").read_text()
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return {
        title: set(re.findall(r"^\| `(BRIDGE_\w+)`", text, re.MULTILINE))
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_the_doctor_asks_with_the_commands_own_rights() -> None:
    release = rendered(merged(EVERYTHING))
    doctor = next(pod for pod in release.pods if pod.component == DOCTOR)

    assert (
        doctor.metadata["annotations"]["helm.sh/hook"] == "test"
        or doctor.owner["metadata"]["annotations"]["helm.sh/hook"] == "test"
    )
    assert doctor.containers[0]["image"].startswith("bridge/cli:")
