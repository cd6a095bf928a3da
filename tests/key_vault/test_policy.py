"""What `bridge vault policy` allows is what this suite runs with; here is tried what it must refuse."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from tests.key_vault.bao import Bao, running_bao
from typer.testing import CliRunner

from bridge.main import app
from bridge.vault_policy import policy
from key_vault.vault import RECEIPTS, SEALING

pytestmark = pytest.mark.engines
KEY = "atenant"


@pytest.fixture(scope="module")
def bao() -> Iterator[Bao]:
    """A Vault with keys that would give all away if they were asked, and with other things than keys."""
    with running_bao() as running:
        for name in (KEY, SEALING, RECEIPTS):
            kind = "aes256-gcm96" if name == KEY else "rsa-2048"
            running.must("post", f"transit/keys/{name}", type=kind, exportable=True, allow_plaintext_backup=True)
            running.must("post", f"transit/keys/{name}/config", deletion_allowed=True)
        running.must("post", "sys/mounts/secret-of-others", type="kv")
        running.must("post", "secret-of-others/one", value="theirs")
        running.must("post", "sys/mounts/transit-of-others", type="transit")
        running.must("post", "transit-of-others/keys/theirs")
        yield running


@pytest.fixture(scope="module")
def token(bao: Bao) -> str:
    return bao.token()


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    # keys leave Vault in no way
    ("get", f"transit/export/encryption-key/{KEY}", {}),
    ("get", f"transit/export/signing-key/{RECEIPTS}", {}),
    ("get", f"transit/export/encryption-key/{SEALING}/latest", {}),
    ("get", f"transit/byok-export/{KEY}/{SEALING}", {}),
    ("get", f"transit/backup/{KEY}", {}),
    ("post", "transit/restore", {"backup": "AAAA"}),
    ("post", "transit/restore/another", {"backup": "AAAA"}),
    ("post", f"transit/datakey/plaintext/{KEY}", {}),
    # and none is made that could
    ("post", "transit/keys/another", {"type": "aes256-gcm96", "exportable": True}),
    ("post", "transit/keys/another", {"type": "rsa-2048", "allow_plaintext_backup": True}),
    ("post", "transit/keys/another", {"type": "ed25519"}),
    ("post", "transit/keys/another", {"type": "aes256-gcm96", "derived": True}),
    ("post", f"transit/keys/{KEY}/config", {"exportable": True}),
    ("post", f"transit/keys/{KEY}/config", {"allow_plaintext_backup": True}),
    ("post", f"transit/keys/{KEY}/config", {"auto_rotate_period": "1h"}),
    ("post", "transit/keys/another/import", {"ciphertext": "AAAA", "type": "rsa-2048", "exportable": True}),
    # others are not listed
    ("list", "transit/keys", {}),
    ("get", "transit/keys?list=true", {}),
    # the service's own keys stay, and each does one thing
    ("delete", f"transit/keys/{SEALING}", {}),
    ("delete", f"transit/keys/{RECEIPTS}", {}),
    ("post", f"transit/keys/{SEALING}/config", {"deletion_allowed": True}),
    ("post", f"transit/keys/{RECEIPTS}/config", {"min_decryption_version": 1}),
    ("post", f"transit/keys/{RECEIPTS}/rotate", {}),
    ("post", f"transit/keys/{RECEIPTS}/import_version", {"ciphertext": "AAAA"}),
    ("post", f"transit/sign/{SEALING}", {"input": "AAAA"}),
    ("post", f"transit/decrypt/{RECEIPTS}", {"ciphertext": "vault:v1:AAAA"}),
    # what else the engine can do
    ("post", "transit/config/keys", {"disable_upsert": False}),
    ("get", "transit/config/keys", {}),
    ("post", f"transit/keys/{KEY}/trim", {"min_available_version": 1}),
    ("post", f"transit/rewrap/{KEY}", {"ciphertext": "vault:v1:AAAA"}),
    ("post", f"transit/hmac/{KEY}", {"input": "AAAA"}),
    ("post", "transit/random", {"bytes": 32}),
    ("post", "transit/cache-config", {"size": 500}),
    # other engines
    ("get", "secret-of-others/one", {}),
    ("list", "secret-of-others", {}),
    ("get", "transit-of-others/keys/theirs", {}),
    ("post", "transit-of-others/encrypt/theirs", {"plaintext": "AAAA"}),
    ("get", "cubbyhole/x", {}),
    # Vault itself
    ("get", "sys/mounts", {}),
    ("post", "sys/mounts/mine", {"type": "kv"}),
    ("post", "sys/remount", {"from": "transit", "to": "elsewhere"}),
    ("delete", "sys/mounts/transit", {}),
    ("get", "sys/policies/acl/key-vault-transit", {}),
    ("put", "sys/policies/acl/key-vault-transit", {"policy": 'path "*" { capabilities = ["sudo"] }'}),
    ("list", "sys/policies/acl", {}),
    ("get", "sys/audit", {}),
    ("delete", "sys/audit/file", {}),
    ("put", "sys/seal", {}),
    ("put", "sys/rotate", {}),
    ("get", "sys/raw/core", {}),
    ("put", "sys/leases/revoke-prefix/auth", {}),
    ("get", "sys/namespaces?list=true", {}),
    # who may come in
    ("get", "sys/auth", {}),
    ("post", "sys/auth/userpass", {"type": "userpass"}),
    ("post", "auth/approle/role/mine", {"token_policies": ["root"]}),
    ("list", "auth/approle/role", {}),
    ("post", "auth/token/create", {"policies": ["root"]}),
    ("post", "auth/token/create-orphan", {}),
    ("list", "auth/token/accessors", {}),
    ("post", "auth/token/revoke-self", {}),
    ("post", "identity/entity", {"name": "mine"}),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED, ids=lambda it: str(it)[:60])
def test_it_refuses(bao: Bao, token: str, method: str, path: str, body: dict[str, Any]) -> None:
    answer = bao.try_as(token, method, path, **body)

    assert answer.status_code == 403, answer.text
    assert "permission denied" in answer.text


def test_a_key_is_not_deleted_unless_that_was_allowed_before(bao: Bao, token: str) -> None:
    name = uuid4().hex
    assert bao.try_as(token, "post", f"transit/keys/{name}", type="aes256-gcm96").ok

    assert bao.try_as(token, "delete", f"transit/keys/{name}").status_code == 400
    assert bao.operate("get", f"transit/keys/{name}").ok


def test_what_it_never_allows_no_other_policy_of_the_same_token_does(bao: Bao) -> None:
    bao.must(
        "put", "sys/policies/acl/generous", policy='path "transit/*" { capabilities = ["create", "read", "update"] }'
    )
    token = bao.token(policies=["key-vault-transit", "generous"])

    for way in (f"export/encryption-key/{KEY}", f"backup/{KEY}"):
        assert bao.try_as(token, "get", f"transit/{way}").status_code == 403


def test_it_is_for_the_engine_that_was_named_and_no_other(bao: Bao) -> None:
    token = bao.token(mount="transit-of-others")

    assert bao.try_as(token, "get", "transit-of-others/keys/theirs").ok
    assert bao.try_as(token, "get", f"transit/keys/{KEY}").status_code == 403


def test_the_command_prints_it_for_vault_and_for_programs() -> None:
    text = CliRunner().invoke(app, ["vault", "policy", "--mount", "keys/bridge/"])
    told = CliRunner().invoke(app, ["vault", "policy", "--mount", "keys/bridge", "-o", "json"])

    assert text.output == policy("keys/bridge")
    assert 'path "keys/bridge/sign/+"' in text.output
    assert json.loads(told.output) == {"name": "key-vault", "policy": text.output}


def test_a_role_for_kubernetes_is_bound_to_what_was_said() -> None:
    words = ["vault", "role", "kubernetes", "--namespace", "tools", "--service-account", "kv", "--audience", "vault"]
    [command] = CliRunner().invoke(app, words).output.splitlines()

    assert "bound_service_account_namespaces=tools" in command
    assert "bound_service_account_names=kv audience=vault" in command.replace(
        "bound_service_account_namespaces=tools ", ""
    )
    told = json.loads(CliRunner().invoke(app, [*words, "-o", "json"]).output)
    assert told["commands"] == [command.split()]
