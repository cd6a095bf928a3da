from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from tests.engines.topics import Topics

from devstack.engines import Engines
from devstack.engines.apache_kafka import ApacheKafka


@pytest.fixture(params=["chosen", pytest.param("apache", marks=pytest.mark.apache_kafka)])
def topics(request: pytest.FixtureRequest) -> Topics:
    """The Kafka that BRIDGE_ENGINES chooses and, where it can run, the real one."""
    if request.param == "chosen":
        engines: Engines = request.getfixturevalue("engines")
        return Topics(engines.kafka_bootstrap, embedded=engines.embedded_kafka)
    apache: ApacheKafka = request.getfixturevalue("apache_kafka")
    return Topics(apache.url, embedded=False)


@pytest.fixture
def vault(engines: Engines) -> Iterator[httpx.Client]:
    headers = {"X-Vault-Token": engines.vault_token}
    with httpx.Client(base_url=f"{engines.vault_url}/v1/transit", headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"n{uuid4().hex}"
