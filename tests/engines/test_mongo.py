"""What Bridge needs of its database, asked of the server that BRIDGE_ENGINES chooses."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo.errors import DuplicateKeyError, OperationFailure, WriteError

from devstack.engines import Engines

pytestmark = pytest.mark.engines

Database = AsyncIOMotorDatabase[dict[str, Any]]
SOON = 10


@pytest.fixture
async def database(engines: Engines, name: str) -> AsyncIterator[Database]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(engines.mongo_url, tz_aware=True)
    yield client[name]
    await client.drop_database(name)
    client.close()


async def test_a_unique_index_refuses_a_second_document(database: Database) -> None:
    await database.links.create_index([("tenant", 1), ("user", 1)], unique=True)
    await database.links.insert_one({"tenant": "t", "user": "ada"})

    with pytest.raises(DuplicateKeyError) as refusal:
        await database.links.insert_one({"tenant": "t", "user": "ada"})

    assert refusal.value.details is not None
    assert refusal.value.details["keyPattern"] == {"tenant": 1, "user": 1}


async def test_a_unique_index_on_part_of_the_documents_leaves_the_others_alone(database: Database) -> None:
    await database.tenants.create_index("url", unique=True, partialFilterExpression={"state": "active"})
    await database.tenants.insert_many([{"url": "u", "state": "failed"}, {"url": "u", "state": "active"}])

    await database.tenants.insert_one({"url": "u", "state": "failed"})
    with pytest.raises(DuplicateKeyError):
        await database.tenants.insert_one({"url": "u", "state": "active"})


async def test_an_index_that_expires_documents_is_accepted(database: Database) -> None:
    await database.pending.create_index("expires_at", expireAfterSeconds=0)

    assert (await database.pending.index_information())["expires_at_1"]["expireAfterSeconds"] == 0


@pytest.mark.parametrize(
    "wrong", [{}, {"name": 7}, {"name": "x"}, {"name": "ada", "more": 1}, {"name": "ada", "state": "odd"}]
)
async def test_a_document_against_the_schema_is_refused(database: Database, wrong: dict[str, Any]) -> None:
    await _people_with_a_schema(database)

    with pytest.raises(WriteError):
        await database.people.insert_one({"_id": "1", **wrong})


async def test_an_update_against_the_schema_is_refused(database: Database) -> None:
    await _people_with_a_schema(database)
    await database.people.insert_one({"_id": "1", "name": "ada"})

    with pytest.raises(WriteError):
        await database.people.update_one({"_id": "1"}, {"$set": {"state": "odd"}})


async def test_an_aborted_transaction_leaves_nothing_behind(database: Database) -> None:
    await database.create_collection("one")
    await database.create_collection("other")
    async with await database.client.start_session() as session:
        session.start_transaction()
        await database.one.insert_one({}, session=session)
        await database.other.insert_one({}, session=session)
        await session.abort_transaction()

    assert await database.one.count_documents({}) + await database.other.count_documents({}) == 0


async def test_a_change_stream_shows_the_whole_document_as_it_is_now(database: Database) -> None:
    async with database.tenants.watch(full_document="updateLookup") as changes:
        await changes.try_next()
        await database.tenants.insert_one({"_id": "t", "state": "pending"})
        await database.tenants.update_one({"_id": "t"}, {"$set": {"state": "active"}})
        async with asyncio.timeout(SOON):
            seen = [await changes.next() for _ in range(2)]
        await database.tenants.delete_one({"_id": "t"})
        async with asyncio.timeout(SOON):
            seen.append(await changes.next())

    assert [change["operationType"] for change in seen] == ["insert", "update", "delete"]
    assert seen[1]["fullDocument"] == {"_id": "t", "state": "active"}
    assert seen[2]["documentKey"] == {"_id": "t"}


async def test_a_change_stream_goes_on_after_its_resume_token(database: Database) -> None:
    async with database.tenants.watch() as changes:
        await changes.try_next()
        await database.tenants.insert_many([{"_id": "seen"}, {"_id": "missed"}])
        async with asyncio.timeout(SOON):
            seen = await changes.next()

    async with database.tenants.watch(resume_after=seen["_id"]) as resumed:
        async with asyncio.timeout(SOON):
            missed = await resumed.next()

    assert missed["documentKey"] == {"_id": "missed"}


async def test_a_resume_token_that_nobody_knows_is_refused(database: Database) -> None:
    with pytest.raises(OperationFailure):
        async with database.tenants.watch(resume_after={"_data": "82ABCDEF"}) as changes:
            await changes.try_next()


async def _people_with_a_schema(database: Database) -> None:
    schema = {
        "bsonType": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {
            "_id": {"bsonType": "string"},
            "name": {"bsonType": "string", "minLength": 2},
            "state": {"enum": ["here", "gone"]},
        },
    }
    await database.create_collection("people", validator={"$jsonSchema": schema})
