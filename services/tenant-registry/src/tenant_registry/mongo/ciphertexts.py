"""The ciphertexts of a tenant, wherever they stand: looked through in order, and replaced only as they were read."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from contracts.keys import ProtectedSecret
from tenant_registry.mongo.database import Database, Document, guarded

VERSION = re.compile(r"vault:v(\d{1,9}):")
IN_TENANT = ("consumer_key", "client_secret", "webhook_secret")
IN_LINK = ("access_token", "token_secret", "refresh_token")
COLLECTIONS = ("tenants", "links", "pending_links")
FIELDS: Mapping[str, tuple[str, ...]] = {"tenants": IN_TENANT, "links": IN_LINK, "pending_links": IN_LINK}
GRANT = "grant"
"""Where a pending link holds what Jira granted: bound to the link that it will become."""
PAGE = 500


def key_version(ciphertext: str) -> int:
    """Give the version of the key that protects it; 0 where it names none."""
    found = VERSION.match(ciphertext)
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Kept:
    """The ciphertexts of one document, by field; `row` is what they are bound to."""

    collection: str
    id: str
    row: str
    ciphertexts: Mapping[str, str]

    def older(self, version: int) -> list[ProtectedSecret]:
        """Give those that an older version of the key protects."""
        return [
            ProtectedSecret(row=self.row, field=field, ciphertext=text)
            for field, text in self.ciphertexts.items()
            if key_version(text) < version
        ]

    def path(self, field: str) -> str:
        """Give where a field stands in the document."""
        return f"{GRANT}.{field}" if self.collection == "pending_links" else field


class Ciphertexts:
    """The collections `tenants`, `links` and `pending_links`, as far as they hold ciphertexts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @guarded
    async def page(self, collection: str, tenant_id: str, after: str, limit: int) -> list[Kept]:
        """Give the next documents of a tenant by their ids."""
        wanted = {"$and": [_of(collection, tenant_id), {"_id": {"$gt": after}}]}
        found = await self._database[collection].find(wanted).sort("_id").limit(limit).to_list(None)
        return [_kept(collection, one) for one in found]

    async def every(self, tenant_id: str) -> AsyncIterator[Kept]:
        """Give all documents of a tenant."""
        for collection in COLLECTIONS:
            after = ""
            while found := await self.page(collection, tenant_id, after, PAGE):
                for one in found:
                    yield one
                after = found[-1].id

    @guarded
    async def count(self, tenant_id: str) -> int:
        """Count the documents of a tenant."""
        counts = [await self._database[name].count_documents(_of(name, tenant_id)) for name in COLLECTIONS]
        return sum(counts)

    @guarded
    async def again(self, kept: Kept) -> Kept | None:
        """Give a document as it is now; None where it is gone, or holds nothing any more."""
        found = await self._database[kept.collection].find_one({"_id": kept.id})
        holds = found is not None and "gone" not in found and (kept.collection != "pending_links" or found.get(GRANT))
        return _kept(kept.collection, found) if found and holds else None

    @guarded
    async def replace(self, kept: Kept, fresh: Mapping[str, str]) -> bool:
        """Put new ciphertexts in place of those that were read; False where these have changed meanwhile."""
        as_read = {kept.path(field): kept.ciphertexts[field] for field in fresh}
        changes = {kept.path(field): text for field, text in fresh.items()}
        done = await self._database[kept.collection].update_one({"_id": kept.id, **as_read}, {"$set": changes})
        return done.matched_count == 1


def _of(collection: str, tenant_id: str) -> Document:
    if collection == "tenants":
        return {"_id": tenant_id}
    if collection == "links":
        return {"tenant_id": tenant_id}
    return {"tenant_id": tenant_id, GRANT: {"$type": "object"}}


def _kept(collection: str, document: Document) -> Kept:
    at = document[GRANT] if collection == "pending_links" else document
    row = at["link_id"] if collection == "pending_links" else document["_id"]
    held = {field: at[field] for field in FIELDS[collection] if at.get(field)}
    return Kept(collection, document["_id"], row, held)
