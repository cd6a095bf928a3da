"""What a collection's documents must look like, as words to write it in."""

from dataclasses import dataclass
from typing import Any

TEXT = {"bsonType": "string"}
TEXT_OR_NONE = {"bsonType": ["string", "null"]}
HASH = {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"}
HASH_OR_NONE = {"bsonType": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
WHEN = {"bsonType": "date"}
WHEN_OR_NONE = {"bsonType": ["date", "null"]}
VERSION_OR_NONE = {"bsonType": ["int", "long", "null"]}
LIST = {"bsonType": "array"}
RECORD = {"bsonType": "object"}
AUTH_MODE = {"enum": ["oauth1", "oauth2", "pat"]}


@dataclass(frozen=True)
class Index:
    """One index; `passing` removes documents when the time in the field has come."""

    fields: tuple[str, ...]
    unique: bool = False
    passing: bool = False
    only: dict[str, Any] | None = None
    """The documents that it is about, where not all."""


@dataclass(frozen=True)
class Shape:
    """One collection: every field it may have, all of them required but the optional ones."""

    name: str
    fields: dict[str, dict[str, Any]]
    optional: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()

    def validator(self) -> dict[str, Any]:
        """Give the collection's `$jsonSchema`; a field that is not listed is refused."""
        return {
            "$jsonSchema": {
                "bsonType": "object",
                "required": ["_id", *(name for name in self.fields if name not in self.optional)],
                "properties": {"_id": TEXT, **self.fields},
                "additionalProperties": False,
            }
        }
