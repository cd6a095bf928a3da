"""The two ways to Vault, by hvac and by aiohttp, are one: what is sent, whom they trust, how failures are told."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.answering import Posted, answering
from tests.certificates import Authority

from key_vault.settings import Settings
from key_vault.wire import Body, VaultError, VaultForbade, VaultRefused, VaultUnavailable, Wire

Way = Callable[[Wire, str, Body], Awaitable[Body]]


async def by_hvac(wire: Wire, path: str, body: Body) -> Body:
    return await asyncio.to_thread(wire.call, "post", path, body)


async def by_aiohttp(wire: Wire, path: str, body: Body) -> Body:
    return await wire.post(path, body)


both_ways = pytest.mark.parametrize("way", [by_hvac, by_aiohttp])


@dataclass
class FrontDoor:
    """Stands where Vault should: answers as it is told, and remembers what it was sent."""

    status: int = 200
    content: bytes = b"{}"
    sent: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def standing(door: FrontDoor, certificate: tuple[Path, Path] | None = None) -> Iterator[FrontDoor]:
    def answer(posted: Posted) -> tuple[int, bytes]:
        headers = {name: value for name, value in posted.headers.items() if name.startswith(("X-", "Content-Type"))}
        door.sent.append((posted.path, headers, json.loads(posted.body)))
        return door.status, door.content

    with answering(answer, certificate) as port:
        door.url = f"{'https' if certificate else 'http'}://localhost:{port}"
        yield door


@asynccontextmanager
async def wire_to(url: str, **settings: Any) -> AsyncIterator[Wire]:
    wire = Wire(Settings(**{"vault_url": url, "vault_timeout": timedelta(seconds=5), **settings}))
    wire.use("the-token")
    try:
        yield wire
    finally:
        await wire.close()


@pytest.mark.parametrize("namespace", [None, "team-a"])
async def test_both_ways_send_the_same(namespace: str | None) -> None:
    with standing(FrontDoor(content=b'{"data": {"x": 1}}')) as door:
        for address in (door.url, f"{door.url}/"):
            async with wire_to(address, vault_namespace=namespace) as wire:
                answers = [await way(wire, "transit/sign/t", {"input": "ü"}) for way in (by_hvac, by_aiohttp)]

            assert answers == [{"data": {"x": 1}}] * 2
            assert door.sent[-2] == door.sent[-1]
    path, headers, body = door.sent[-1]
    assert (path, body, headers["X-Vault-Token"]) == ("/v1/transit/sign/t", {"input": "ü"}, "the-token")
    assert headers.get("X-Vault-Namespace") == namespace


@both_ways
async def test_a_token_obtained_later_is_the_one_that_is_used(way: Way) -> None:
    with standing(FrontDoor()) as door:
        async with wire_to(door.url) as wire:
            await way(wire, "x", {})
            wire.use("another-token")
            await way(wire, "x", {})

    assert [headers["X-Vault-Token"] for _, headers, _ in door.sent] == ["the-token", "another-token"]


@both_ways
@pytest.mark.parametrize(
    ("status", "content", "kind", "code"),
    [
        (400, b'{"errors": ["encryption key not found"]}', VaultRefused, "keys_destroyed"),
        (404, b'{"errors": []}', VaultRefused, "keys_destroyed"),
        (400, b'{"errors": ["no such thing"]}', VaultRefused, "bad_request"),
        (403, b'{"errors": ["permission denied"]}', VaultForbade, None),
        (404, b'{"errors": ["no handler for route"]}', VaultUnavailable, None),
        (429, b'{"errors": ["slow down"]}', VaultUnavailable, None),
        (473, b"", VaultUnavailable, None),
        (500, b"<html>", VaultUnavailable, None),
        (503, b'{"errors": ["Vault is sealed"]}', VaultUnavailable, None),
    ],
)
async def test_a_failure_is_told_in_our_words(
    way: Way, status: int, content: bytes, kind: type[VaultError], code: str | None
) -> None:
    with standing(FrontDoor(status, content)) as door:
        async with wire_to(door.url) as wire:
            with pytest.raises(VaultError) as failure:
                await way(wire, "transit/sign/t", {})

    assert type(failure.value) is kind
    assert getattr(failure.value, "code", None) == code


@both_ways
@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize(
    "said", ['{"plaintext": "%s"}', "cannot take %s, which is odd", "%s", "%s/%s: no", "words and words %s"]
)
async def test_what_repeats_our_question_gets_no_secret_into_our_words(way: Way, status: int, said: str) -> None:
    secret = "c2VjcmV0LWNhbmFyeS1jMmY4"
    content = json.dumps({"errors": [said.replace("%s", secret)]}).encode()
    with standing(FrontDoor(status, content)) as door:
        async with wire_to(door.url) as wire:
            with pytest.raises(VaultError) as failure:
                await way(wire, "transit/encrypt/t", {})

    assert secret not in str(failure.value)


@both_ways
async def test_vaults_own_words_are_kept(way: Way) -> None:
    with standing(FrontDoor(400, b'{"errors": ["cipher: message authentication failed"]}')) as door:
        async with wire_to(door.url) as wire:
            with pytest.raises(VaultRefused, match="cipher: message authentication failed"):
                await way(wire, "transit/decrypt/t", {})


@both_ways
async def test_a_batch_that_failed_in_part_is_an_answer(way: Way) -> None:
    content = b'{"data": {"batch_results": [{"plaintext": "eA=="}, {"error": "bad"}]}}'
    with standing(FrontDoor(400, content)) as door:
        async with wire_to(door.url) as wire:
            assert await way(wire, "transit/decrypt/t", {}) == json.loads(content)


@both_ways
@pytest.mark.parametrize("content", [b"", b"no JSON", b"[1]", b"\xff"])
async def test_an_answer_without_words_is_empty(way: Way, content: bytes) -> None:
    with standing(FrontDoor(200, content)) as door:
        async with wire_to(door.url) as wire:
            assert await way(wire, "x", {}) == {}


@both_ways
async def test_a_vault_that_is_not_there_is_unavailable(way: Way) -> None:
    async with wire_to("http://127.0.0.1:9") as wire:
        with pytest.raises(VaultUnavailable) as failure:
            await way(wire, "x", {"input": "s3cret"})

    assert "the-token" not in f"{failure.value!r} {failure.value.__cause__!r}"
    assert "s3cret" not in f"{failure.value!r} {failure.value.__cause__!r}"


@both_ways
async def test_only_the_authority_that_was_named_is_trusted(way: Way, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with standing(FrontDoor(), authority.certify("localhost")) as door:
        async with wire_to(door.url, vault_ca_file=authority.file) as wire:
            assert await way(wire, "x", {}) == {}
        async with wire_to(door.url) as wire:
            with pytest.raises(VaultUnavailable):
                await way(wire, "x", {})
    assert len(door.sent) == 1


@contextmanager
def environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@both_ways
async def test_a_proxy_of_the_environment_sees_nothing(way: Way) -> None:
    with standing(FrontDoor()) as door, standing(FrontDoor()) as proxy:
        named = environment(http_proxy=proxy.url, HTTP_PROXY=proxy.url, all_proxy=proxy.url, no_proxy="")
        async with wire_to(door.url) as wire:
            with named:
                await way(wire, "x", {})

    assert (len(door.sent), proxy.sent) == (1, [])
