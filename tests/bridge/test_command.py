"""The command line: exit codes, JSON, and no traceback where nothing is there to talk to."""

import json

import pytest
from typer.testing import CliRunner

from bridge.main import app

NOBODY = {
    "BRIDGE_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "BRIDGE_MONGO_URL": "mongodb://bridge:top-secret@127.0.0.1:1/",
    "BRIDGE_VAULT_URL": "http://127.0.0.1:1",
    "BRIDGE_VAULT_TOKEN": "top-secret",
    "BRIDGE_OPENID_METADATA_URL": "http://127.0.0.1:1/metadata",
}


@pytest.fixture
def command() -> CliRunner:
    return CliRunner(env=NOBODY)


def test_the_doctor_names_what_is_not_reachable_and_what_to_do_and_tells_no_secret(command: CliRunner) -> None:
    result = command.invoke(app, ["doctor", "-o", "json"])

    findings = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {finding["name"]: finding["state"] for finding in findings} == {
        "Kafka": "failed",
        "Kafka topics": "skipped",
        "MongoDB": "failed",
        "MongoDB replica set": "skipped",
        "Vault": "failed",
        "Vault token": "skipped",
        "Vault transit engine": "skipped",
        "Bot Connector metadata": "failed",
        "Bot Connector keys": "skipped",
    }
    assert all(finding["advice"] for finding in findings if finding["state"] == "failed")
    assert "top-secret" not in result.output


def test_the_doctor_speaks_to_people_by_default(command: CliRunner) -> None:
    result = command.invoke(app, ["doctor"])

    assert "→ Start Vault" in result.stdout
    assert "Traceback" not in result.output


def test_topics_cannot_be_applied_where_no_kafka_answers(command: CliRunner) -> None:
    result = command.invoke(app, ["topics", "apply"])

    assert result.exit_code == 1
    assert "No Kafka broker answered at 127.0.0.1:1" in result.output


def test_wrong_settings_are_wrong_usage_and_named_without_their_value() -> None:
    result = CliRunner(env={"BRIDGE_LANES": "many-secrets"}).invoke(app, ["doctor"])

    assert result.exit_code == 2
    assert "BRIDGE_LANES" in result.output
    assert "many-secrets" not in result.output


@pytest.mark.parametrize("arguments", [["doctor", "-o", "xml"], ["topics", "apply", "--replicas", "0"], ["nonsense"]])
def test_wrong_usage_has_an_exit_code_of_its_own(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize("arguments", [[], ["doctor"], ["topics"], ["topics", "apply"]])
def test_help_names_the_exit_codes(arguments: list[str]) -> None:
    assert "Exit codes: 0" in CliRunner().invoke(app, [*arguments, "--help"]).output
