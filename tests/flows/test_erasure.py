"""After a tenant was erased, copies made before do not open: a dump of MongoDB, and Kafka's log."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bson import json_util
from joserfc import jws
from joserfc.jwk import RSAKey
from motor.motor_asyncio import AsyncIOMotorClient
from tests.flows.estate import SetUpStack
from tests.flows.test_canary import everything_in_kafka
from tests.flows.town import Town

from bridge.demo.environment import Addresses
from bridge.demo.stack import Stack

CIPHERTEXT = re.compile(r"vault:v\d+:[A-Za-z0-9+/=]+")
SEALED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+")
TO_KEY_VAULT = "RSA-OAEP-256"
SEALING_LIVES = timedelta(seconds=10)
FIELDS = ("consumer_key", "client_secret", "webhook_secret", "access_token", "token_secret", "refresh_token")


@dataclass
class Copies:
    """What somebody took along before the erasure, and the tenant that it is of."""

    registration: dict[str, Any]
    mongo: str
    kafka: str
    rows: list[str]
    """The ids that ciphertexts may be bound to: the tenant's and its links'."""

    @property
    def tenant_id(self) -> str:
        return str(self.registration["tenantId"])

    def ciphertexts(self, text: str) -> set[str]:
        return set(CIPHERTEXT.findall(text))

    def sealed(self) -> list[dict[str, str]]:
        """What went to key-vault sealed: the wrapped content key of each, and the version of the key that wraps it."""
        found = []
        for compact in set(SEALED.findall(self.kafka)):
            header, wrapped = (_decoded(part) for part in compact.split(".")[:2])
            said = json.loads(header)
            if said["alg"] == TO_KEY_VAULT:
                version = re.sub(r"\D", "", str(said.get("kid", "")).rpartition("v")[2]) or "1"
                found.append({"ciphertext": f"vault:v{version}:{base64.b64encode(wrapped).decode()}"})
        return found


@dataclass
class Thief:
    """Has the copies, and has got into Vault with the right to do anything there."""

    http: httpx.AsyncClient
    url: str

    async def opens(self, copies: Copies, ciphertext: str) -> bool:
        """Whether a ciphertext opens in any place of the tenant's."""
        places = [f"{copies.tenant_id}|{row}|{field}" for row in copies.rows for field in FIELDS]
        batch = [
            {"ciphertext": ciphertext, "associated_data": base64.b64encode(place.encode()).decode()} for place in places
        ]
        return await self.decrypts(copies.tenant_id, batch)

    async def decrypts(self, key: str, batch: list[dict[str, str]]) -> bool:
        """Whether anything of a batch opens with a key."""
        answer = await self.http.post(f"{self.url}/v1/transit/decrypt/{key}", json={"batch_input": batch})
        results = (answer.json().get("data") or {}).get("batch_results") or []
        return any(result.get("plaintext") for result in results)

    async def makes_key(self, name: str) -> None:
        """Make a key of this name."""
        answer = await self.http.post(f"{self.url}/v1/transit/keys/{name}", json={"type": "aes256-gcm96"})
        assert answer.is_success, answer.text


@pytest.fixture(scope="module")
def own_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Addresses]]:
    """Processes of their own: their only tenant does not survive."""
    directory: Path = tmp_path_factory.mktemp("erasure")
    settings = {"key-vault": {"SEALING_LIVES": f"PT{SEALING_LIVES.seconds}S"}}
    stack = SetUpStack(directory, lambda *_: None, settings=settings)
    try:
        yield stack, asyncio.run(stack.start())
    finally:
        asyncio.run(stack.stop())


@pytest.fixture
async def own_town(own_processes: tuple[Stack, Addresses]) -> AsyncIterator[Town]:
    """A town before its Jira is registered."""
    stack, at = own_processes
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        town = Town(stack, at, http)
        await town.teams.do("limits", enforced=False)
        await town.teams.install("ada")
        await town.catch_up()
        yield town
    assert stack.ended() == []


@pytest.fixture
async def thief(own_town: Town) -> AsyncIterator[Thief]:
    engines = own_town.at.engines
    async with httpx.AsyncClient(headers={"X-Vault-Token": engines.vault_token}, trust_env=False) as http:
        yield Thief(http, engines.vault_url)


@pytest.fixture
async def copies(own_town: Town) -> Copies:
    """Copies of everything after Ada has connected, and then commented."""
    registration = await own_town.register()
    await own_town.connect("ada")
    await own_town.ask("ada", "comment OPS-1 before the erasure", "Comment added")
    mongo = await dump(own_town)
    links = [f"{registration['tenantId']}:{one['user']}" for one in json_util.loads(mongo)["links"]]
    rows = [registration["tenantId"], *links]
    return Copies(registration, mongo, await everything_in_kafka(own_town), rows)


async def dump(town: Town) -> str:
    """Everything in MongoDB, as extended JSON."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(town.at.engines.mongo_url)
    database = client["bridge"]
    names = await database.list_collection_names()
    found = {name: await database[name].find().to_list(None) for name in names}
    client.close()
    return str(json_util.dumps(found))


async def erase(town: Town, registration: dict[str, Any]) -> dict[str, Any]:
    """Erase a tenant as its administrator does; ask until there is a receipt."""
    url = f"{town.at.registry}/v1/tenants/{registration['tenantId']}"
    token = {"Authorization": f"Bearer {registration['registrationToken']}"}
    async with asyncio.timeout(60):
        while True:
            answer = await town.http.delete(url, headers=token, params={"confirm": town.at.jira})
            assert answer.status_code in (200, 202), answer.text
            if answer.status_code == httpx.codes.OK:
                return dict(answer.json())
            await asyncio.sleep(2)


async def test_old_copies_no_longer_open_and_a_receipt_says_since_when(
    own_town: Town, copies: Copies, thief: Thief
) -> None:
    in_dump, in_log = copies.ciphertexts(copies.mongo), copies.ciphertexts(copies.kafka)
    assert len(in_dump) >= 3, "consumer key, access token and its secret"
    assert in_dump <= in_log
    assert [one for one in in_log if not await thief.opens(copies, one)] == [], "before, all of them open"

    receipt = await erase(own_town, copies.registration)

    assert [one for one in in_log | in_dump if await thief.opens(copies, one)] == []
    await thief.makes_key(copies.tenant_id)
    assert [one for one in in_log | in_dump if await thief.opens(copies, one)] == [], "nor with a new key of its name"

    signed = jws.deserialize_compact(receipt["jws"], RSAKey.import_key(receipt["jwk"]), algorithms=["RS256"])
    said = json.loads(signed.payload)
    assert said["tenantId"] == copies.tenant_id
    assert said["counts"]["links"] == 1
    assert said["keysDestroyedAt"] <= said["at"]
    again = await own_town.http.get(receipt["receiptUrl"])
    assert again.json()["jws"] == receipt["jws"]

    left = await dump(own_town)
    assert not copies.ciphertexts(left)
    ada = copies.rows[1].partition(":")[2]
    assert ada not in left
    assert await own_town.ask("ada", "comment OPS-1 after the erasure", "No Jira is registered")


async def test_what_went_sealed_to_key_vault_no_longer_opens_either(
    own_town: Town, copies: Copies, thief: Thief
) -> None:
    """Kafka's log holds the tokens once more: as JWEs, on their way to be protected with the tenant's key."""
    sealed = copies.sealed()
    assert sealed, "there is something to try"
    await erase(own_town, copies.registration)

    async with asyncio.timeout(4 * SEALING_LIVES.total_seconds()):
        while await thief.decrypts("key-vault-sealing", sealed):  # noqa: ASYNC110 - Vault has no event to wait for
            await asyncio.sleep(1)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
