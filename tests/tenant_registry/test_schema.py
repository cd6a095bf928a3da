"""The collections' shapes over versions: an upgrade in the midst, and back again."""

import json
from hashlib import sha256

import pytest
from pymongo.errors import WriteError

from tenant_registry.mongo.shaping import apply
from tenant_registry.registry import Registry
from tenant_registry.schema import SHAPES, VERSION
from tenant_registry.shape import TEXT, Shape
from tenant_registry.task_shapes import TASK_SHAPES

OLD = (Shape("things", {"name": TEXT}),)
NEW = (Shape("things", {"name": TEXT, "colour": TEXT}, optional=("colour",)),)
SHAPES_OF_VERSION = (1, "df8a692c354477ee")


def test_changed_shapes_have_a_new_version() -> None:
    validators = {shape.name: shape.validator() for shape in (*SHAPES, *TASK_SHAPES)}
    digest = sha256(json.dumps(validators, sort_keys=True).encode()).hexdigest()[:16]

    assert (VERSION, digest) == SHAPES_OF_VERSION, "raise schema.VERSION, then write both here"


async def test_an_older_release_that_starts_again_leaves_the_newer_shapes(registry: Registry) -> None:
    await apply(registry.database, OLD, VERSION + 1)
    await apply(registry.database, NEW, VERSION + 2)
    await apply(registry.database, OLD, VERSION + 1)

    await registry.database["things"].insert_one({"_id": "new", "name": "n", "colour": "red"})
    await registry.database["things"].insert_one({"_id": "old", "name": "n"})
    assert await registry.database["things"].count_documents({}) == 2


async def test_a_field_that_no_release_knows_is_refused(registry: Registry) -> None:
    await apply(registry.database, NEW, VERSION + 1)

    with pytest.raises(WriteError):
        await registry.database["things"].insert_one({"_id": "odd", "name": "n", "size": 3})
