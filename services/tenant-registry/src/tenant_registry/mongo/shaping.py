"""Bringing the collections into their shapes."""

from collections.abc import Iterable
from typing import Any

import structlog
from pymongo import ReturnDocument

from tenant_registry.mongo.database import Database, guarded
from tenant_registry.schema import VERSION
from tenant_registry.shape import Index, Shape

log = structlog.get_logger()


@guarded
async def apply(database: Database, shapes: Iterable[Shape], version: int = VERSION) -> None:
    """Bring the database to these shapes, unless a newer version did already; doing it again changes nothing."""
    applied = await database["schema"].find_one_and_update(
        {"_id": "applied"}, {"$max": {"version": version}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    if applied["version"] > version:
        log.warning("schema_is_newer", applied=applied["version"], ours=version)
        return
    present = set(await database.list_collection_names())
    for shape in shapes:
        if shape.name in present:
            await database.command("collMod", shape.name, validator=shape.validator(), validationLevel="strict")
        else:
            await database.create_collection(shape.name, validator=shape.validator())
        for index in shape.indexes:
            await _index(database, shape.name, index)


async def _index(database: Database, collection: str, index: Index) -> None:
    options: dict[str, Any] = {"unique": index.unique}
    if index.passing:
        options["expireAfterSeconds"] = 0
    if index.only is not None:
        options["partialFilterExpression"] = index.only
    await database[collection].create_index([(field, 1) for field in index.fields], **options)
