"""The commands against running engines."""

import json

import pytest
from typer.testing import CliRunner

from bridge.kafka_admin import KafkaAdmin
from bridge.main import app
from bridge.topics import apply, compare
from chassis.settings import ServiceSettings
from contracts.topics import TOPICS, Topic
from devstack.engines import Engines
from devstack.engines.apache_kafka import ApacheKafka


@pytest.fixture
def command(engines: Engines) -> CliRunner:
    env = {
        "BRIDGE_KAFKA_BOOTSTRAP": engines.kafka_bootstrap,
        "BRIDGE_MONGO_URL": engines.mongo_url,
        "BRIDGE_VAULT_URL": engines.vault_url,
        "BRIDGE_VAULT_TOKEN": engines.vault_token,
        "BRIDGE_OPENID_METADATA_URL": "http://127.0.0.1:1/metadata",
    }
    return CliRunner(env=env)


@pytest.mark.engines
def test_topics_are_created_once_and_then_the_doctor_finds_them(command: CliRunner) -> None:
    applied = command.invoke(app, ["topics", "apply", "-o", "json"])
    again = command.invoke(app, ["topics", "apply", "-o", "json"])
    examined = command.invoke(app, ["doctor", "-o", "json"])

    assert (applied.exit_code, again.exit_code) == (0, 0)
    assert {report["state"] for report in json.loads(again.stdout)} == {"there"}
    states = {finding["name"]: finding["state"] for finding in json.loads(examined.stdout)}
    assert states == {
        **dict.fromkeys(("Kafka", "Kafka topics", "MongoDB", "MongoDB replica set"), "ok"),
        **dict.fromkeys(("Vault", "Vault token", "Vault transit engine"), "ok"),
        "Bot Connector metadata": "failed",
        "Bot Connector keys": "skipped",
    }


@pytest.mark.engines
def test_the_doctor_knows_a_wrong_token_from_a_wrong_mount(command: CliRunner) -> None:
    def vault(**changes: str) -> dict[str, str]:
        findings = json.loads(command.invoke(app, ["doctor", "-o", "json"], env=changes).stdout)
        return {finding["name"]: finding["state"] for finding in findings if "Vault" in finding["name"]}

    assert vault(BRIDGE_VAULT_TOKEN="wrong") == {
        "Vault": "ok",
        "Vault token": "failed",
        "Vault transit engine": "skipped",
    }
    assert vault(BRIDGE_VAULT_MOUNT="elsewhere")["Vault transit engine"] == "failed"


@pytest.mark.apache_kafka
async def test_a_real_kafka_gets_all_topics_as_declared_and_differences_are_seen(apache_kafka: ApacheKafka) -> None:
    async with KafkaAdmin(ServiceSettings(kafka_bootstrap=apache_kafka.url)) as kafka:
        await apply(kafka)
        there = await compare(kafka)
        wider = await compare(kafka, (Topic(TOPICS[0].name, (), (), "", partitions=9, compacted=True),))

    assert [report.state for report in there] == ["there"] * len(TOPICS)
    assert "has 6 partitions instead of 9; cleanup.policy is delete instead of compact" in wider[0].says
