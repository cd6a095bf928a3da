"""What each principal may do in Kafka is what its code does there: no more, no less."""

import ast
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from deploy.k8s.kafka_documents import documents
from pydantic import SecretStr

import bot_gateway.app
import bot_gateway.settings
import jira_actor.app
import jira_actor.settings
import key_vault.app
import key_vault.settings
import tenant_registry.app
import tenant_registry.settings
from bridge.dead_letters import REPLAYABLE
from bridge.trace import MESSAGES
from chassis.service import Service
from contracts.access import COMMANDS_PRINCIPAL, FOR_KEY_VAULT_ALONE, PRINCIPALS, access_of
from contracts.catalogue import EVENTS
from contracts.keys import KeysReply, KeysRequest
from contracts.operator import Replay
from contracts.topics import SERVICES, TOPICS

ROOT = Path(__file__).parents[2]
WRITTEN = documents()
TOPIC_OF = {event.__name__: event.topic for event in EVENTS}
DEAD_LETTERS = "dead-letters.v1"
BOT = bot_gateway.settings.Settings(bot_app_id="bot", bot_app_secret=SecretStr("secret"))
APPS: dict[str, Callable[[Service], Any]] = {
    "bot-gateway": lambda service: bot_gateway.app.connect(service, BOT),
    "tenant-registry": lambda service: tenant_registry.app.connect(service, tenant_registry.settings.Settings()),
    "jira-actor": lambda service: jira_actor.app.connect(service, jira_actor.settings.Settings()),
    "key-vault": lambda service: key_vault.app.connect(service, key_vault.settings.Settings()),
}
SETTINGS = {
    "bot-gateway": BOT,
    "tenant-registry": tenant_registry.settings.Settings(),
    "jira-actor": jira_actor.settings.Settings(),
    "key-vault": key_vault.settings.Settings(),
}


@asynccontextmanager
async def connected(name: str) -> AsyncIterator[Service]:
    """Build a service as its process does, up to where it would connect; close what it has opened for that."""
    service = Service(name, SETTINGS[name])
    await APPS[name](service)
    try:
        yield service
    finally:
        for close in reversed(service._closing):
            await close()


def names_of_events(node: ast.AST) -> Iterator[str]:
    """Name the events whose classes stand in a piece of code."""
    for part in ast.walk(node):
        name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
        if name in TOPIC_OF:
            yield name


def events_made_in(source: str) -> set[str]:
    """Name the events that code builds: by calling their class, or its `model_validate…`."""
    made: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and function.attr.startswith("model_validate"):
                function = function.value
            if isinstance(function, ast.Name | ast.Attribute):
                made |= set(names_of_events(function))
    return made


def topics(principal: str, operation: str) -> set[str]:
    return {one.name for one in access_of(principal) if one.kind == "topic" and operation in one.operations}


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_the_charts_topics_and_access_are_fresh(path: Path) -> None:
    assert path.read_text() == WRITTEN[path], "run `make documents` and commit what it wrote"


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_may_read_exactly_what_it_subscribes_to(name: str) -> None:
    async with connected(name) as service:
        subscribed = {*service._delivery.topics, f"{name}.retry.v1"} | {view.kind.topic for view in service._views}
        if service._inbox:
            subscribed.add(KeysReply.topic)

    assert topics(name, "Read") == subscribed


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_may_write_exactly_what_its_code_makes(name: str) -> None:
    async with connected(name) as service:
        asks_key_vault = service._inbox is not None
    package = ROOT / "services" / name / "src" / name.replace("-", "_")

    made = {event for file in package.rglob("*.py") for event in events_made_in(file.read_text())}
    written = {TOPIC_OF[event] for event in made} | {f"{name}.retry.v1", DEAD_LETTERS}
    if asks_key_vault:
        written.add(KeysRequest.topic)
    assert topics(name, "Write") == written


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_joins_no_group_but_its_own(name: str) -> None:
    groups = [(one.name, one.operations) for one in access_of(name) if one.kind == "group"]

    assert groups == [(name, ("Read",))]


def test_no_two_services_may_read_and_write_all_the_same() -> None:
    powers = {(frozenset(topics(name, "Read")), frozenset(topics(name, "Write"))) for name in SERVICES}

    assert len(powers) == len(SERVICES)


def test_only_who_asks_key_vault_and_key_vault_touch_its_topics() -> None:
    writers = {topic: {name for name in PRINCIPALS if topic in topics(name, "Write")} for topic in FOR_KEY_VAULT_ALONE}

    assert writers == {KeysRequest.topic: {"jira-actor", "tenant-registry"}, KeysReply.topic: {"key-vault"}}


def test_the_command_may_do_what_its_subcommands_do_and_never_ask_key_vault() -> None:
    everything = {topic.name for topic in TOPICS}

    assert topics(COMMANDS_PRINCIPAL, "Create") == topics(COMMANDS_PRINCIPAL, "DescribeConfigs") == everything
    assert topics(COMMANDS_PRINCIPAL, "Read") == {*MESSAGES, DEAD_LETTERS, Replay.topic}
    assert topics(COMMANDS_PRINCIPAL, "Write") == {*REPLAYABLE, Replay.topic}


def test_only_services_write_dead_letters_and_only_the_command_reads_them() -> None:
    assert {name for name in PRINCIPALS if DEAD_LETTERS in topics(name, "Write")} == set(SERVICES)
    assert {name for name in PRINCIPALS if DEAD_LETTERS in topics(name, "Read")} == {COMMANDS_PRINCIPAL}


def test_events_that_code_makes_are_found() -> None:
    source = """
from contracts import registry
def state(row) -> AccountLink | None: ...
made = Refused(why="no")
also = registry.NoticeDue.model_validate(row)
def taken(event: TenantChecked) -> None: ...
"""
    assert events_made_in(source) == {"Refused", "NoticeDue"}
