from pathlib import Path

import pytest

from devstack.engines import EngineKind, start_engines
from devstack.engines.containers import why_not
from devstack.engines.kafka_probe import brokers_known_to
from devstack.engines.transit import transit_mounted


def test_the_three_engines_run_in_docker(tmp_path: Path) -> None:
    if reason := why_not():
        pytest.skip(reason)

    with start_engines(tmp_path, EngineKind.TESTCONTAINERS) as engines:
        host, port = engines.kafka_bootstrap.split(":")
        assert brokers_known_to(host, int(port)) == 1
        assert transit_mounted(engines.vault_url, engines.vault_token)
