"""What is stored of a tenant, and in which collections."""

import re
from collections.abc import AsyncIterator

from pymongo.errors import PyMongoError

from tenant_registry.mongo.database import Database, Document, unavailable


def of_tenant(tenant_id: str) -> dict[str, Document]:
    """Give what finds a tenant's documents, by collection; the tenant itself apart."""
    named = re.escape(tenant_id)
    return {
        "links": {"tenant_id": tenant_id},
        "pending_links": {"tenant_id": tenant_id},
        "subscriptions": {"tenant_id": tenant_id},
        "registration_codes": {"used_for": tenant_id},
        "outbox": {"$or": [{"data": {"$regex": named}}, {"_id": {"$regex": f"^[a-z]+:{named}"}}]},
        "told_changes": {"_id": {"$gte": f"{tenant_id}:", "$lt": f"{tenant_id};"}},
        "audit": {"tenant_id": tenant_id},
    }


def of_organisation(teams_tenant: str) -> dict[str, Document]:
    """Give what finds the documents of a Teams organisation that belong to no one Jira."""
    wanted = {"teams_tenant": teams_tenant}
    return {"registration_codes": wanted, "conversations": wanted, "audit": wanted}


class Holdings:
    """Reads what is stored as it is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def documents(self, collection: str, wanted: Document) -> AsyncIterator[Document]:
        """Give documents by their ids. Raises RegistryUnavailable."""
        try:
            async for document in self._database[collection].find(wanted).sort("_id"):
                yield document
        except PyMongoError as error:
            raise unavailable(error) from error
