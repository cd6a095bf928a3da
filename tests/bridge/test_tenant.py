"""`bridge tenant`, `bridge keys` and `bridge audit` on a real registry."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.tenant_registry.conftest import registry
from tests.tenant_registry.fakes import ANNA, BASE_URL, REGISTRATION_TOKEN, TEAMS_TENANT, FakeKeyVault, registered
from tests.tenant_registry.pages import OPERATOR_TOKEN, UNKNOWN_KEY, bridge_on
from tests.tenant_registry.pages import Bridge as Behind
from typer.testing import CliRunner, Result

from bridge.main import app
from tenant_registry.registry import Registry

__all__ = ["registry"]


@dataclass
class Terminal:
    """The command, as somebody at a terminal has it."""

    behind: Behind
    env: dict[str, str] = field(default_factory=dict)

    async def __call__(self, *arguments: str, stdin: str | None = None, **env: str) -> Result:
        told = {"BRIDGE_REGISTRY_URL": self.behind.url, "COLUMNS": "200", **self.env, **env}
        return await asyncio.to_thread(CliRunner(env=told).invoke, app, arguments, input=stdin)

    async def json(self, *arguments: str, stdin: str | None = None, **env: str) -> Any:
        result = await self(*arguments, "-o", "json", stdin=stdin, **env)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
async def admin(registry: Registry) -> AsyncIterator[Terminal]:
    """Jira's administrator, who has no token yet."""
    with capture_logs():  # the registry runs in this process, and would write between the command's lines
        async with bridge_on(registry, FakeKeyVault()) as behind:
            yield Terminal(behind)


@pytest.fixture
def operator(admin: Terminal) -> Terminal:
    return Terminal(admin.behind, {"BRIDGE_OPERATOR_TOKEN": OPERATOR_TOKEN})


async def test_a_jira_is_registered_checked_and_shown(admin: Terminal, tmp_path: Path) -> None:
    saved = tmp_path / "token"
    code = await admin.behind.code()
    command = ["tenant", "register", BASE_URL, "--code-file", "-", "--save-token", str(saved), "--alias", "main"]

    result = await admin(*command, stdin=f"{code}\n")

    assert result.exit_code == 0, result.output
    tenant = await admin.behind.tenant()
    assert f"{BASE_URL}/plugins/servlet/applinks/listApplicationLinks" in result.stdout
    assert "-----BEGIN PUBLIC KEY-----" in result.stdout
    assert f"bridge tenant check {tenant.id}" in result.stdout
    assert code not in result.output
    assert saved.read_text().strip() not in result.output
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600

    token = ["--token-file", str(saved)]
    failed, _ = await asyncio.gather(
        admin("tenant", "check", tenant.id, *token), when_checked(admin.behind, "authentication")
    )
    passed, _ = await asyncio.gather(admin("tenant", "check", tenant.id, *token), when_checked(admin.behind, None))
    shown = await admin("tenant", "show", tenant.id, *token)

    assert failed.exit_code == 1
    assert f"→ {UNKNOWN_KEY[1]}" in failed.stdout
    assert passed.exit_code == 0
    assert "sign-in" in passed.stdout
    assert "active" in shown.stdout
    assert "main (the default)" in shown.stdout
    assert tenant.connector_version == f"bridge {version('bridge-cli')}"
    assert tenant.connector_version in shown.stdout


async def when_checked(behind: Behind, failed: str | None) -> None:
    """Check the Jira once that was asked for."""
    before = (await behind.tenant()).check_id
    async with asyncio.timeout(20):
        while (await behind.tenant()).check_id == before:  # noqa: ASYNC110 - nobody tells a test
            await asyncio.sleep(0.05)
    await behind.checked(failed)


async def test_secrets_come_from_files_or_the_environment_and_reach_the_registry(
    admin: Terminal, tmp_path: Path
) -> None:
    secret = tmp_path / "client-secret"
    secret.write_text("hush\n")
    oauth2 = ["--auth-mode", "oauth2", "--client-id", "3f9c", "--client-secret-file", str(secret)]

    answer = await admin.json(
        "tenant", "register", BASE_URL, *oauth2, BRIDGE_REGISTRATION_CODE=await admin.behind.code()
    )

    assert answer["authMode"] == "oauth2"
    assert answer["redirectUrl"] == f"{admin.behind.url}/oauth/callback"
    assert "hush" in admin.behind.keys.protected.values()


async def test_a_known_jira_is_registered_anew_with_its_old_token(
    admin: Terminal, registry: Registry, tmp_path: Path
) -> None:
    was = await registered(registry)
    command = ["tenant", "register", BASE_URL, "--auth-mode", "pat"]

    refused = await admin(
        *command, "--save-token", str(tmp_path / "token"), BRIDGE_REGISTRATION_CODE=await admin.behind.code()
    )
    answer = await admin.json(
        *command,
        BRIDGE_REGISTRATION_CODE=await admin.behind.code(),
        BRIDGE_REGISTRATION_TOKEN=REGISTRATION_TOKEN,
        BRIDGE_OPERATOR_TOKEN=OPERATOR_TOKEN,
    )

    assert refused.exit_code == 1
    assert "old registration token" in refused.stderr
    assert not (tmp_path / "token").exists()
    assert answer["tenantId"] == was.id


async def test_the_operator_lists_suspends_and_resumes(operator: Terminal, registry: Registry) -> None:
    for number in range(3):
        await registered(registry, base_url=f"https://jira{number}.example", alias=f"j{number}", state="active")
    tenants = await operator.json("tenant", "list")
    first = tenants[0]["tenantId"]

    suspended = await operator("tenant", "suspend", first)
    listed = await operator("tenant", "list", "--state", "suspended")
    resumed = await operator.json("tenant", "resume", first)

    assert [one["baseUrl"] for one in sorted(tenants, key=lambda one: one["alias"])] == [
        f"https://jira{number}.example" for number in range(3)
    ]
    assert "suspended" in suspended.stdout
    assert first in listed.stdout
    assert tenants[1]["tenantId"] not in listed.stdout
    assert resumed["state"] == "pending"


async def test_deleting_asks_first_and_leaves_a_receipt(operator: Terminal, registry: Registry, tmp_path: Path) -> None:
    tenant = await registered(registry)
    file = tmp_path / "receipt.json"

    unasked = await operator("tenant", "delete", tenant.id)
    assert await registry.tenants.find(tenant.id) is not None
    deleted = await operator("tenant", "delete", tenant.id, "--yes", "--receipt-file", str(file))
    again = await operator.json("tenant", "delete", tenant.id, "--yes")

    assert unasked.exit_code == 2
    assert "--yes" in unasked.stderr
    assert deleted.exit_code == 0, deleted.output
    assert "Erased on" in deleted.stdout
    assert await registry.tenants.find(tenant.id) is None
    assert json.loads(file.read_text())["jws"] == again["jws"]


async def test_a_tenants_data_are_written_to_a_file_of_its_own(
    operator: Terminal, registry: Registry, tmp_path: Path
) -> None:
    tenant = await registered(registry)
    file = tmp_path / "export.json"

    result = await operator("tenant", "export", tenant.id, "--to", str(file))
    again = await operator("tenant", "export", tenant.id, "--to", str(file))
    printed = await operator("tenant", "export", tenant.id)

    assert result.exit_code == 0, result.output
    assert json.loads(file.read_text())["tenant"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again.exit_code == 2
    assert "cannot be written" in again.stderr
    assert json.loads(printed.stdout)["tenant"]


async def test_rotations_are_asked_for_and_watched(operator: Terminal, registry: Registry) -> None:
    tenant = await registered(registry)

    asked = await operator.json("keys", "rotate", tenant.id)
    ending = asyncio.create_task(end_all(registry, "failed"))
    watched = await operator("keys", "rotate", "--all", "--watch")
    ending.cancel()
    by_tenant = await operator("tenant", "rotate", tenant.id)
    neither = await operator("keys", "rotate")

    assert asked["state"] == "waiting"
    assert watched.exit_code == 1
    assert "1 failed" in watched.stdout
    assert by_tenant.exit_code == 0
    assert "It begins in a moment" in by_tenant.stdout
    assert neither.exit_code == 2


async def end_all(registry: Registry, state: str) -> None:
    """End every rotation, as the registry does in the background, for as long as this runs."""
    while True:
        await asyncio.sleep(1.5)
        await registry.database["rotations"].update_many({}, {"$set": {"state": state, "due_at": None}})


async def test_the_audit_is_shown_filtered_and_verified(operator: Terminal, registry: Registry) -> None:
    tenant = await registered(registry)
    await registry.chain.extend()

    shown = await operator("audit", tenant.id)
    lines = await operator("audit", "--organisation", TEAMS_TENANT, "--user", ANNA, "-o", "json")
    none = await operator("audit", tenant.id, "--what", "suspended")
    holds = await operator("audit", tenant.id, "--verify")
    await registry.database["audit"].update_many({}, {"$set": {"what": "nothing"}})
    broken = await operator("audit", tenant.id, "--verify")
    both = await operator("audit", tenant.id, "--organisation", TEAMS_TENANT)

    assert "registered" in shown.stdout
    assert [json.loads(line)["what"] for line in lines.stdout.splitlines()] == ["registered"]
    assert "No entries" in none.stdout
    assert (holds.exit_code, broken.exit_code, both.exit_code) == (0, 1, 2)
    assert "as it was written" in holds.stdout
    assert "compare it" in broken.stdout


async def test_token_ages_are_shown(operator: Terminal, registry: Registry) -> None:
    tenant = await registered(registry)

    assert "0 connections" in (await operator("tenant", "tokens", tenant.id)).stdout


@pytest.mark.parametrize(
    ("command", "env", "code", "said"),
    [
        (["tenant", "list"], {}, 2, "BRIDGE_OPERATOR_TOKEN"),
        (["tenant", "list"], {"BRIDGE_OPERATOR_TOKEN": "wrong"}, 1, "needs the operator's token"),
        (["tenant", "show", "0000"], {"BRIDGE_OPERATOR_TOKEN": OPERATOR_TOKEN}, 1, "no such tenant"),
        (["tenant", "show", "../hooks"], {"BRIDGE_OPERATOR_TOKEN": OPERATOR_TOKEN}, 1, "nothing at this address"),
        (["tenant", "list", "--url", "http://127.0.0.1:1"], {"BRIDGE_OPERATOR_TOKEN": "x"}, 1, "does not answer"),
        (["tenant", "list", "--url", "nonsense"], {"BRIDGE_OPERATOR_TOKEN": "x"}, 1, "--url"),
        (["tenant", "list", "--url", "https://me:canary@x"], {"BRIDGE_OPERATOR_TOKEN": "x"}, 1, "leave out name"),
        (["tenant", "list", "--url", "http://me:canary@[x"], {"BRIDGE_OPERATOR_TOKEN": "x"}, 1, "leave out name"),
        (["tenant", "list", "--token-file", "/nowhere"], {}, 2, "cannot be read"),
        (["tenant", "register", BASE_URL], {}, 2, "--code-file"),
        (["tenant", "register", BASE_URL], {"BRIDGE_REGISTRATION_CODE": "wrong"}, 1, "unknown, used or expired"),
        (["tenant", "edit", "0000"], {}, 2, "Say what to change"),
        (["tenant", "edit", "0000", "--default"], {}, 2, "BRIDGE_OPERATOR_TOKEN"),
        (["tenant", "edit", "0000", "--default"], {"BRIDGE_OPERATOR_TOKEN": OPERATOR_TOKEN}, 1, "no such tenant"),
        (["tenant", "list", "--state", "odd"], {"BRIDGE_OPERATOR_TOKEN": OPERATOR_TOKEN}, 1, "does not fit"),
    ],
)
async def test_what_does_not_work_is_said_in_one_sentence(
    admin: Terminal, command: list[str], env: dict[str, str], code: int, said: str
) -> None:
    result = await admin(*command, **env)

    assert (result.exit_code, result.stdout) == (code, "")
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert "canary" not in result.output


async def test_an_answer_of_something_else_is_no_answer(admin: Terminal) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<ok>")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as other:
        url = f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}"
        result = await admin("tenant", "list", "--url", url, BRIDGE_OPERATOR_TOKEN="x")

    assert result.exit_code == 1
    assert "is not tenant-registry" in result.stderr


async def test_a_tenant_is_renamed_made_the_default_and_fenced_in(operator: Terminal, registry: Registry) -> None:
    was = await registered(registry, base_url="https://first.example", alias="first", is_default=True, state="active")
    tenant = await registered(registry, alias="second", state="active")
    networks = ["--source-network", "192.0.2.0/24", "--source-network", "2001:db8::/32", "--destination", "10.0.0.0/8"]

    changed = await operator.json("tenant", "edit", tenant.id, "--alias", "main", "--default", *networks)
    opened = await operator("tenant", "edit", tenant.id, "--source-network", "any")

    assert (changed["alias"], changed["default"]) == ("main", True)
    assert changed["sourceNetworks"] == ["192.0.2.0/24", "2001:db8::/32"]
    assert changed["destinations"] == ["10.0.0.0/8"]
    before = await registry.tenants.find(was.id)
    assert before is not None
    assert not before.is_default
    assert opened.exit_code == 0, opened.output
    assert "anywhere" in opened.stdout
    assert "10.0.0.0/8" in opened.stdout


async def test_a_tenant_moves_to_another_address_with_a_code(admin: Terminal, registry: Registry) -> None:
    tenant = await registered(registry, auth_mode="pat", state="active")
    move = ["tenant", "edit", tenant.id, "--base-url", "https://new.example/jira"]
    token = {"BRIDGE_REGISTRATION_TOKEN": REGISTRATION_TOKEN}

    without = await admin(*move, **token)
    moved = await admin.json(*move, "--code-file", "-", stdin=await admin.behind.code(), **token)

    assert without.exit_code == 1
    assert "--code-file" in without.stderr
    assert (moved["baseUrl"], moved["state"]) == ("https://new.example/jira", "pending")


async def test_the_operator_moves_a_jira_whose_requests_are_signed_without_a_code(
    operator: Terminal, registry: Registry
) -> None:
    tenant = await registered(registry, state="active")

    moved = await operator.json("tenant", "edit", tenant.id, "--base-url", "https://new.example")

    assert moved["baseUrl"] == "https://new.example"


async def test_webhooks_for_their_address_alone_are_switched_off(operator: Terminal, registry: Registry) -> None:
    tenant = await registered(registry)

    changed = await operator.json("tenant", "edit", tenant.id, "--no-unsigned-webhooks")

    assert changed["unsignedWebhooks"] is False


async def test_no_token_is_an_argument() -> None:
    """A command line is seen by every process of the machine, and kept in histories."""
    commands = (
        ["tenant", "register"],
        ["tenant", "edit"],
        ["tenant", "show"],
        ["tenant", "delete"],
        ["keys", "rotate"],
        ["audit"],
    )
    for command in commands:
        told = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*command, "--help"]).stdout
        assert "--token-file" in told
        assert "--token " not in told
        assert "--code " not in told
        assert "--client-secret " not in told


async def test_waiting_ends(admin: Terminal, registry: Registry) -> None:
    tenant = await registered(registry, checked_at=admin.behind.clock() - timedelta(days=1))

    result = await admin("tenant", "check", tenant.id, "--timeout", "1", BRIDGE_REGISTRATION_TOKEN=REGISTRATION_TOKEN)

    assert result.exit_code == 1
    assert "no result after 1 s" in result.stderr
