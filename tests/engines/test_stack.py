import socket
import sys
from pathlib import Path

import pytest

from devstack.engines import EngineKind, start_engines
from devstack.engines.server import HOST, Server, free_port, listening
from devstack.process import Process

pytestmark = pytest.mark.engines


def test_the_engines_are_gone_when_they_are_not_needed_any_more(tmp_path: Path) -> None:
    with start_engines(tmp_path, EngineKind.EMBEDDED) as engines:
        port = int(engines.kafka_bootstrap.split(":")[1])
        assert listening(port)

    assert not listening(port)


def test_the_token_of_vault_is_in_no_log_and_in_no_text(tmp_path: Path) -> None:
    with start_engines(tmp_path, EngineKind.EMBEDDED) as engines:
        token, shown = engines.vault_token, repr(engines)

    assert token not in shown
    assert [log.name for log in tmp_path.glob("*.log") if token in log.read_text()] == []


def test_a_server_whose_port_was_taken_takes_another(tmp_path: Path) -> None:
    tried: list[int] = []
    with socket.socket() as taken:
        taken.bind((HOST, 0))

        def describe(port: int) -> Process:
            """The first time, somebody was faster."""
            tried.append(taken.getsockname()[1] if not tried else port)
            argv = [sys.executable, "-m", "http.server", "--bind", HOST, str(tried[-1])]
            return Process("server", argv, None, tmp_path / "server.log")

        server = Server("server", "http://" + HOST + ":{port}", describe, listening)
        server.start()
        server.stop()

    assert len(tried) == 2
    assert server.url == f"http://{HOST}:{tried[1]}"


def test_a_server_that_starts_again_has_the_same_address(tmp_path: Path) -> None:
    def describe(port: int) -> Process:
        argv = [sys.executable, "-m", "http.server", "--bind", HOST, str(port)]
        return Process("server", argv, None, tmp_path / "server.log")

    server = Server("server", "http://" + HOST + ":{port}", describe, listening)
    server.start()
    first = server.url
    server.kill()
    server.start()
    server.stop()

    assert server.url == first


def test_a_free_port_is_free() -> None:
    assert not listening(free_port())
