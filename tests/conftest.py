"""The engines that tests share, started once when first asked for, and at the end of the run which they were."""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from devstack.engines import SETTING, EngineKind, Engines, engines_chosen, start_engines
from devstack.engines.apache_kafka import ApacheKafka
from devstack.engines.kafka_jars import why_not

# One example may take long on a busy machine; in CI the examples are the same in every run.
settings.register_profile(
    "bridge", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("bridge")
USED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[USED] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the flows come last: their processes run up to the end, and would slow down whatever follows."""
    items.sort(key=lambda item: item.nodeid.startswith("tests/flows/"))


@pytest.fixture(scope="session")
def engines(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Kafka, MongoDB and Vault, as BRIDGE_ENGINES chooses; tests share them, so they use names of their own."""
    with start_engines(tmp_path_factory.mktemp("engines"), engines_chosen()) as started:
        pytestconfig.stash[USED] += [started.kafka_name, started.mongo_name, started.vault_name]
        yield started


@pytest.fixture(scope="session")
def java() -> None:
    """What a real Apache Kafka needs; without it a test is skipped, in CI it fails."""
    if reason := why_not():
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"a real Apache Kafka cannot run here: {reason}")


@pytest.fixture(scope="session")
def apache_kafka(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, java: None
) -> Iterator[ApacheKafka]:
    """A real Kafka of one broker (`url`); a test may kill it when it starts it again."""
    kafka = ApacheKafka(tmp_path_factory.mktemp("apache-kafka"))
    try:
        kafka.start()
        pytestconfig.stash[USED].append(kafka.name)
        yield kafka
    finally:
        kafka.stop()


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Logging as it was, after a test that configures it as a service does."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    used = config.stash[USED]
    terminalreporter.section("shared engines")
    terminalreporter.line(f"used: {', '.join(used) or 'none (no test asked for them)'}")
    if not any(name.startswith("Apache Kafka") for name in used):
        terminalreporter.line(f"not used: a real Apache Kafka ({why_not() or 'no test asked for it'})")
    chosen = os.environ.get(SETTING) or EngineKind.EMBEDDED
    if chosen != EngineKind.TESTCONTAINERS:
        terminalreporter.line(f"not used: containers ({SETTING} is {chosen})")
