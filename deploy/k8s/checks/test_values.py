"""Wrong values are refused, by both Helms, with a message that names the key and says what to write."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from deploy.k8s.checks.helm import CHART, Helm, Helm3, Helm4, RefusedError, Values
from deploy.k8s.checks.releases import EVERYTHING, MINIMAL, merged, rendered

DIGIT_LESS = "22222222-2222-2222-2222"
OWN = ("botGateway", "tenantRegistry", "jiraActor", "keyVault", "cli")


def nested(path: str, value: Any) -> dict[str, Any]:
    """`a.b` and 1 → {"a": {"b": 1}}."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value  # type: ignore[no-any-return]


WRONG: list[tuple[str, Any, str]] = [
    # what nobody can do without
    ("publicUrl", "", "publicUrl"),
    ("kafka.bootstrap", "", "kafka.bootstrap"),
    ("mongodb.existingSecret", "", "mongodb.existingSecret"),
    ("vault.url", "", "vault.url"),
    ("botGateway.bot.appId", "", "botGateway.bot.appId"),
    ("botGateway.bot.existingSecret", "", "botGateway.bot.existingSecret"),
    ("kafka.existingSecret", "", "kafka.existingSecret"),
    ("kafka.username", "", "kafka.username"),
    # what is of another shape
    ("publicUrl", "bridge.example.com", "publicUrl"),
    ("publicUrl", "https://bridge.example.com/", "publicUrl"),
    ("publicUrl", 443, "publicUrl"),
    ("kafka.bootstrap", "kafka.example.com", "kafka.bootstrap"),
    ("kafka.bootstrap", ["kafka:9092"], "kafka/bootstrap"),
    ("kafka.security", "SASL_SSL", "kafka/security"),
    ("kafka.saslMechanism", "GSSAPI", "kafka/saslMechanism"),
    ("kafka.existingSecret", "Not A Name", "kafka/existingSecret"),
    ("kafka.oauth.tokenUrl", "http://login.example.com", "kafka/oauth/tokenUrl"),
    ("mongodb.networkPolicy.ports", ["27017"], "mongodb/networkPolicy/ports"),
    ("mongodb.networkPolicy.ports", [70000], "mongodb/networkPolicy/ports"),
    ("vault.url", "vault.example.com", "vault.url"),
    ("vault.url", "https://vault.example.com/v1", "vault.url"),
    ("vault.auth.method", "userpass", "vault/auth/method"),
    ("vault.auth.tokenSeconds", 60, "vault/auth/tokenSeconds"),
    ("vault.auth.audience", "", "vault.auth.audience"),
    ("botGateway.bot.appId", DIGIT_LESS, "botGateway.bot.appId"),
    ("singleTenant", "contoso", "singleTenant"),
    ("tenantRegistry.registrars", ["ada@example.com"], "tenantRegistry.registrars"),
    ("tenantRegistry.operatorTokenHash", "my-token", "tenantRegistry.operatorTokenHash"),
    ("tenantRegistry.trustedProxies", ["10.0.0.1"], "tenantRegistry.trustedProxies"),
    ("jiraActor.allowedNetworks", ["10.20.30.40/24"], "jiraActor.allowedNetworks"),
    ("jiraActor.allowedNetworks", ["0.0.0.0/0"], "jiraActor.allowedNetworks"),
    ("jiraActor.allowedNetworks", "10.0.0.0/8", "jiraActor/allowedNetworks"),
    ("jiraActor.networkPolicy.public", False, "jiraActor.networkPolicy.public"),
    ("jiraActor.networkPolicy.ports", [], "jiraActor/networkPolicy/ports"),
    ("image.pullPolicy", "Sometimes", "image/pullPolicy"),
    ("image.tag", "no spaces", "image/tag"),
    ("image.registry", "https://registry.example.com", "image/registry"),
    *((f"{key}.image.digest", "sha256:short", f"{key}.image.digest") for key in OWN),
    # what would not run
    ("jiraActor.replicas", 7, "jiraActor.replicas"),
    ("keyVault.replicas", 7, "keyVault.replicas"),
    ("jiraActor.replicas", -1, "jiraActor/replicas"),
    ("botGateway.replicas", "2", "botGateway/replicas"),
    ("botGateway.service.type", "ExternalName", "botGateway/service/type"),
    ("tenantRegistry.service.port", 0, "tenantRegistry/service/port"),
    ("terminationGracePeriodSeconds", 20, "terminationGracePeriodSeconds"),
    ("drainSeconds", "20s", "drainSeconds"),
    ("resources", {}, "resources"),
    ("probes.liveness.periodSeconds", 0, "probes/liveness/periodSeconds"),
    ("volumes.dataSize", "plenty", "volumes/dataSize"),
    # what contradicts itself
    ("kafka", {"clientCertificate": True, "security": "sasl_plaintext"}, "kafka.clientCertificate"),
    ("kafka", {"saslMechanism": "OAUTHBEARER"}, "kafka.oauth.tokenUrl"),
    ("kafka.ca", {"existingSecret": "a", "existingConfigMap": "b"}, "kafka.ca"),
    ("vault.auth", {"method": "approle", "roleId": "role"}, "vault.auth.existingSecret"),
    ("vault.auth.method", "token", "vault.auth.existingSecret"),
    ("", {"ingress": {"enabled": True}, "httpRoute": {"enabled": True}}, "httpRoute.enabled"),
    ("httpRoute.enabled", True, "httpRoute.parentRefs"),
    (
        "",
        {"topicsJob": {"enabled": True}, "strimzi": {"topics": {"create": True, "cluster": "c"}}},
        "topicsJob.enabled",
    ),
    ("strimzi.topics.create", True, "strimzi.topics.cluster"),
    ("strimzi.users", {"create": True, "cluster": "c", "authentication": "tls"}, "strimzi.users.authentication"),
    ("monitoring.podMonitor.enabled", True, "networkPolicy.monitoring.from"),
    ("", {"monitoring": {"podMonitor": {"enabled": True}, "serviceMonitor": {"enabled": True}}}, "serviceMonitor"),
    ("jiraActor.keda", {"enabled": True, "minReplicas": 7, "maxReplicas": 9}, "jiraActor.keda.minReplicas"),
    # what the chart sets itself, and what it does not know
    ("settings", {"BRIDGE_HEALTH_PORT": "1"}, "BRIDGE_HEALTH_PORT"),
    ("settings", {"BRIDGE_KAFKA_BOOTSTRAP": "kafka:9092"}, "BRIDGE_KAFKA_BOOTSTRAP"),
    ("settings", {"PATH": "/"}, "PATH"),
    ("settings", {"BRIDGE_NO_SUCH_THING": "1"}, "BRIDGE_NO_SUCH_THING"),
    ("keyVault.settings", {"BRIDGE_JIRA_TOTAL_TIMEOUT": "PT1S"}, "BRIDGE_JIRA_TOTAL_TIMEOUT"),
    ("jiraActor.settings", {"BRIDGE_UNSAFE_ALLOW_LOOPBACK": "true"}, "jiraActor.settings.BRIDGE_UNSAFE_ALLOW_LOOPBACK"),
    ("jiraActor.extraEnv", [{"name": "BRIDGE_UNSAFE_ALLOW_LOOPBACK", "value": "1"}], "BRIDGE_UNSAFE_ALLOW_LOOPBACK"),
    ("extraEnv", [{"name": "BRIDGE_VAULT_TOKEN", "value": "canary"}], "BRIDGE_VAULT_TOKEN"),
    ("keyVault.extraEnv", [{"name": "BRIDGE_VAULT_TOKEN", "value": "canary"}], "BRIDGE_VAULT_TOKEN"),
    ("extraVolumes", [{"name": "tmp", "emptyDir": {}}], "extraVolumes"),
]


@pytest.mark.parametrize(
    ("path", "value", "named"), WRONG, ids=[f"{path} {json.dumps(value)}"[:90] for path, value, _ in WRONG]
)
def test_a_wrong_value_is_refused_by_its_name(path: str, value: Any, named: str) -> None:
    with pytest.raises(RefusedError) as refused:
        rendered(nested(path, value) if path else value)

    assert named in str(refused.value)
    assert "canary" not in str(refused.value)


SAMPLE = [WRONG[0], WRONG[8], WRONG[12], WRONG[-1]]


@pytest.mark.parametrize(("path", "value", "named"), SAMPLE)
def test_helm_3_refuses_it_in_the_same_words(helm3: Helm3, path: str, value: Any, named: str) -> None:
    with pytest.raises(RefusedError) as refused:
        helm3.render(CHART, Values(more=merged(nested(path, value))))

    assert named.replace("/", ".") in str(refused.value).replace("/", ".")


def test_all_that_is_missing_is_said_at_once(helm: Helm) -> None:
    with pytest.raises(RefusedError) as refused:
        helm.render(CHART, Values())

    for key in ("publicUrl", "kafka.bootstrap", "mongodb.existingSecret", "vault.url", "botGateway.bot.appId"):
        assert key in str(refused.value)


def test_the_least_values_and_all_of_them_are_taken(helm: Helm) -> None:
    for values in (MINIMAL, EVERYTHING):
        assert helm.render(CHART, Values(more=values)).of("Deployment")


VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())


def maps(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where the chart's own values have maps with keys."""
    yield path
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from maps(value, (*path, key))


KUBERNETES_OWN = ("podSecurityContext", "securityContext", "resources", "strategy", "seccompProfile", "capabilities")
"""Taken over into pods as they are: Kubernetes' own schema judges their keys."""
FREE = ("labels", "requests", "limits", "rollingUpdate")
CLOSED = [path for path in maps(VALUES) if not {*KUBERNETES_OWN, *FREE} & set(path)]


@pytest.mark.parametrize("path", CLOSED, ids=".".join)
def test_a_misspelt_key_is_refused_wherever_it_stands(path: tuple[str, ...]) -> None:
    with pytest.raises(RefusedError, match="misspelt"):
        rendered(nested(".".join((*path, "misspelt")), 1))


@pytest.mark.parametrize(
    "path", [path for path in maps(VALUES) if path and not set(KUBERNETES_OWN) & set(path[:-1])], ids=".".join
)
def test_every_map_of_the_values_is_known_to_the_schema(path: tuple[str, ...]) -> None:
    for text in ("a sentence", 7):
        with pytest.raises(RefusedError) as refused:
            rendered(nested(".".join(path), text))
        assert path[-1] in str(refused.value)


def test_every_value_has_a_sentence() -> None:
    lines = (CHART / "values.yaml").read_text().splitlines()
    bare = []
    for number, line in enumerate(lines):
        leaf = re.match(r"^( *)([A-Za-z]\w*):( .+)$", line)
        if leaf and not inside_a_documented_map(lines, number) and not lines[number - 1].strip().startswith("# --"):
            bare.append(leaf[2])

    assert bare == []


def inside_a_documented_map(lines: list[str], number: int) -> bool:
    """Whether a map around this line has a sentence itself, which then is about all its keys."""
    depth = len(lines[number]) - len(lines[number].lstrip())
    for above in range(number - 1, -1, -1):
        line = lines[above]
        indent = len(line) - len(line.lstrip())
        if line.strip() and not line.strip().startswith("#") and indent < depth:
            if lines[above - 1].strip().startswith("# --"):
                return True
            depth = indent
    return False


def test_the_chart_and_helms_defaults_are_what_the_schema_takes() -> None:
    assert SCHEMA["additionalProperties"] is False
    assert set(SCHEMA["properties"]) == set(VALUES)
    assert Helm4().complaints(CHART, Values(more=MINIMAL)) == []
