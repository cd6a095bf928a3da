"""`bridge tenant` and its siblings: a secret that is none, and something else where tenant-registry should be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from bridge.main import app
from bridge.operator_api import RegistryApi, RegistryError
from bridge.tenant_options import read_private_key

PAGE = ("text/html; charset=utf-8", b"<!doctype html>\n<title>Sign in</title>\n")
NOT_ONE_LINE = {
    "two lines": b"# token of eu\nTOPSECRET\n",
    "a byte order mark": b"\xef\xbb\xbfTOPSECRET\n",
    "a control character": b"TOP\x00SECRET\n",
    "another alphabet": "TOPSECRÉT\n".encode(),
}
COMMANDS = {
    "list": ["tenant", "list"],
    "show": ["tenant", "show", "t1"],
    "check": ["tenant", "check", "t1"],
    "check --no-wait": ["tenant", "check", "t1", "--no-wait"],
    "edit": ["tenant", "edit", "t1", "--default"],
    "register": ["tenant", "register", "https://jira.example"],
    "tokens": ["tenant", "tokens", "t1"],
    "suspend": ["tenant", "suspend", "t1"],
    "resume": ["tenant", "resume", "t1"],
    "delete": ["tenant", "delete", "t1", "--yes"],
    "export": ["tenant", "export", "t1"],
    "rotate": ["tenant", "rotate", "t1"],
    "rotate --watch": ["keys", "rotate", "t1", "--watch"],
    "rotate --all": ["keys", "rotate", "--all"],
    "audit": ["audit", "t1"],
    "audit --verify": ["audit", "t1", "--verify"],
}


async def bridge(*arguments: str, stdin: bytes | None = None, **env: str | None) -> Result:
    told = {"COLUMNS": "200", "BRIDGE_OPERATOR_TOKEN": "token", "BRIDGE_REGISTRATION_CODE": "code", **env}
    return await asyncio.to_thread(CliRunner(env=told).invoke, app, arguments, input=stdin)


@asynccontextmanager
async def answering(content_type: str, body: bytes) -> AsyncIterator[str]:
    """Answer every call with this and HTTP 200; gives the address."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # a caller may leave without having asked
            await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def says_that_something_else_answered(result: Result) -> bool:
    said = " ".join(result.stderr.split())
    told = "is not tenant-registry" in said and "--url (BRIDGE_REGISTRY_URL)" in said
    return result.exit_code == 1 and told and "Traceback" not in result.output


@pytest.mark.parametrize("content", NOT_ONE_LINE.values(), ids=NOT_ONE_LINE)
async def test_a_secret_file_that_holds_more_than_one_line_of_ascii_is_refused_unseen(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    register = ["tenant", "register", "https://jira.example"]

    results = [
        await bridge("tenant", "list", "--token-file", str(file)),
        await bridge("tenant", "list", "--token-file", "-", stdin=content),
        await bridge(*register, "--code-file", str(file)),
        await bridge(*register, "--auth-mode", "oauth2", "--client-secret-file", str(file)),
    ]

    for result in results:
        assert result.exit_code == 2
        assert "one line of printable ASCII" in " ".join(result.stderr.split())
        assert "SECR" not in result.output
        assert "token of eu" not in result.output


async def test_a_secret_of_the_environment_is_refused_unseen_too(tmp_path: Path) -> None:
    (tmp_path / "bridge_operator_token").write_bytes(NOT_ONE_LINE["a byte order mark"])

    result = await bridge("tenant", "list", BRIDGE_OPERATOR_TOKEN="# token of eu\nTOPSECRET")
    from_a_file = await bridge("tenant", "list", BRIDGE_OPERATOR_TOKEN=None, BRIDGE_SECRETS_DIR=str(tmp_path))

    for one in (result, from_a_file):
        assert one.exit_code == 2
        assert "BRIDGE_OPERATOR_TOKEN" in one.stderr
        assert "one line of printable ASCII" in " ".join(one.stderr.split())
        assert "TOPSECRET" not in one.output


async def test_a_line_break_at_the_end_of_a_token_does_no_harm() -> None:
    async with answering("application/json", b'{"tenants": [], "next": null}') as url:
        of_a_file = await bridge("tenant", "list", "--url", url, "--token-file", "-", stdin=b"token\r\n")
        of_the_environment = await bridge("tenant", "list", "--url", url, BRIDGE_OPERATOR_TOKEN="token\n")

    assert "No tenants" in of_a_file.stdout
    assert "No tenants" in of_the_environment.stdout


async def test_a_request_that_cannot_be_written_is_not_repeated() -> None:
    async with answering(*PAGE) as url:
        with (
            RegistryApi(url, SecretStr("token\nTOPSECRET")) as api,
            pytest.raises(RegistryError, match="LocalProtocolError") as refused,
        ):
            await asyncio.to_thread(api.tenant, "t1")

    assert "TOPSECRET" not in str(refused.value)


async def test_a_private_key_keeps_its_lines(tmp_path: Path) -> None:
    key, text = tmp_path / "key.pem", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"
    key.write_text(f"{text}\n")
    answer = b'{"tenantId": "t1", "registrationToken": "hush", "paste": []}'

    async with answering("application/json", answer) as url:
        result = await bridge(*COMMANDS["register"], "--private-key-file", str(key), "--url", url)

    assert result.exit_code == 0, result.output
    assert read_private_key(key).get_secret_value() == text


@pytest.mark.parametrize("answer", [PAGE, ("application/json", b'{"ok": true}')], ids=["a page", "JSON"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
async def test_something_else_that_answers_is_told_from_tenant_registry(
    command: list[str], answer: tuple[str, bytes]
) -> None:
    async with answering(*answer) as url:
        result = await bridge(*command, "--url", url)

    assert says_that_something_else_answered(result), result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("command", "content_type"),
    [("show", "application/json"), ("export", "application/json"), ("audit", "application/x-ndjson")],
)
@pytest.mark.parametrize("body", [PAGE[1], b'{"ok": true}\n', b"[]", b"null", b"\xff\n"])
async def test_the_right_content_type_alone_does_not_make_it_tenant_registry(
    command: str, content_type: str, body: bytes
) -> None:
    async with answering(content_type, body) as url:
        result = await bridge(*COMMANDS[command], "--url", url)
    async with answering(f"{content_type}\r\nContent-Encoding: gzip", body) as url:
        packed = await bridge(*COMMANDS[command], "--url", url)

    assert says_that_something_else_answered(result), result.output
    assert says_that_something_else_answered(packed), packed.output
    assert result.stdout == packed.stdout == ""


@pytest.mark.parametrize("tenants", [b"null", b"[7]", b'[{"ok": true}]'])
async def test_a_list_of_something_else_is_no_list_of_tenants(tenants: bytes) -> None:
    async with answering("application/json", b'{"tenants": %b, "next": null}' % tenants) as url:
        result = await bridge("tenant", "list", "--url", url)

    assert says_that_something_else_answered(result), result.output


async def test_a_web_page_is_no_export(tmp_path: Path) -> None:
    async with answering(*PAGE) as url:
        result = await bridge("tenant", "export", "t1", "--to", str(tmp_path / "export.json"), "--url", url)

    assert says_that_something_else_answered(result), result.output
    assert not (tmp_path / "export.json").exists()


async def test_an_entry_of_the_audit_may_hold_what_ends_lines_elsewhere() -> None:
    entry = '{"seq": 1, "at": "2026-01-02T03:04:05Z", "what": "edited", "details": {"alias": "a\u2028b\u0085c"}}\n'

    async with answering("application/x-ndjson", entry.encode()) as url:
        result = await bridge("audit", "t1", "-o", "json", "--url", url)

    assert result.exit_code == 0, result.output
    assert "a\u2028b\u0085c" in result.stdout


async def test_any_network_and_one_network_are_not_both_meant() -> None:
    both = ["--source-network", "any", "--source-network", "10.0.0.0/8"]

    result = await bridge("tenant", "edit", "t1", *both, "--url", "http://127.0.0.1:1")
    of_destinations = await bridge("tenant", "edit", "t1", "--destination", "10.0.0.0/8", "--destination", "any")

    assert (result.exit_code, of_destinations.exit_code) == (2, 2)
    assert "`any` alone" in " ".join(result.stderr.split())
    assert "--destination" in of_destinations.stderr
