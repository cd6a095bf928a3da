"""What is printed for those whose Kafka has no Strimzi says the same as the chart's KafkaUsers."""

import json
import re
import shlex
from itertools import pairwise

from typer.testing import CliRunner

from bridge.main import app
from contracts.access import PRINCIPALS, access_of

run = CliRunner()


def said() -> set[tuple[str, str, str, str]]:
    """Read the printed commands as Kafka's tool does: each operation on each resource."""
    rules: set[tuple[str, str, str, str]] = set()
    for line in run.invoke(app, ["topics", "access", "--prefix", "User:bridge-"]).stdout.splitlines():
        words = shlex.split(line)
        options = list(pairwise(words))
        [principal] = [value for name, value in options if name == "--allow-principal"]
        operations = [value for name, value in options if name == "--operation"]
        on = [(name[2:], value) for name, value in options if name in ("--topic", "--group")]
        rules |= {(principal, *resource, operation) for resource in on for operation in operations}
    return rules


def test_the_commands_allow_exactly_what_each_principal_may() -> None:
    assert said() == {
        (f"User:bridge-{name}", rule.kind, rule.name, operation)
        for name in PRINCIPALS
        for rule in access_of(name)
        for operation in rule.operations
    }


def test_programs_get_the_same_as_json() -> None:
    rules = json.loads(run.invoke(app, ["topics", "access", "--output", "json"]).stdout)

    assert {(one["principal"], one["kind"], one["name"], way) for one in rules for way in one["operations"]} == said()


def test_a_prefix_that_a_shell_would_read_is_quoted() -> None:
    printed = run.invoke(app, ["topics", "access", "--prefix", "User:CN=my bridge "]).stdout

    assert re.search(r"--allow-principal 'User:CN=my bridge jira-actor' ", printed)
