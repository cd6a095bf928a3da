"""What is stored about one person, in all collections: to be shown, and to be deleted."""

from collections import Counter
from datetime import datetime

from tenant_registry.mongo.audit import BLANK
from tenant_registry.mongo.database import Database, Document, Session, guarded
from tenant_registry.mongo.pending import PendingLinks
from tenant_registry.my_data import PersonalData, Who
from tenant_registry.rows import CodeRow, ConversationRow, LinkRow, SubscriptionRow, TenantRow

NOBODY = ""
"""Stands where a person's id stood, in what belongs to others as well."""


class People:
    """All collections, from one person's point of view."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending = PendingLinks(database)

    @guarded
    async def about(self, who: Who, chat: str | None) -> PersonalData:
        """Gather what is stored about a person; `chat` is his or her own with the bot, where it is known."""
        subscriptions = await self._all("subscriptions", _names(who, "subscribed_by"))
        places = {"_id": {"$in": [one["conversation_id"] for one in subscriptions]}}
        noted = self._database["audit"].find(_names(who, "user"), {"what": 1})
        return PersonalData(
            links=[LinkRow.read(one) for one in await self._all("links", _names(who, "user"))],
            pending=await self._pending.of_person(who.key),
            subscriptions=[SubscriptionRow.read(one) for one in subscriptions],
            chats=[ConversationRow.read(one) for one in await self._chats(who, chat, subscriptions)],
            codes=[CodeRow.read(one) for one in await self._all("registration_codes", _names(who, "user"))],
            registered=[TenantRow.read(one) for one in await self._all("tenants", _names(who, "registered_by"))],
            noted=Counter([one["what"] async for one in noted]),
            places={one["_id"]: one["name"] for one in await self._all("conversations", places)},
        )

    @guarded
    async def erase(self, who: Who, chat: str | None, session: Session) -> dict[str, int]:
        """Delete what is the person's alone, and the name from what is others' too; gives how much that was.

        `chat` is the person's own chat with the bot, where it is known. What the audit noted, `blank` deletes.
        """
        links = await self._all("links", _names(who, "user"), session)
        for link in links:
            gone = {"_id": link["_id"], "gone": True}
            await self._database["links"].replace_one({"_id": link["_id"]}, gone, session=session)
        made = await self._all("subscriptions", _names(who, "subscribed_by"), session)
        own = [one["_id"] for one in await self._chats(who, chat, made, session)]
        heard = {"conversation_id": {"$in": own}, "teams_tenant": who.teams_tenant}
        noted = await self._database["audit"].count_documents(_names(who, "user"), session=session)
        erased = {
            "account links": len(links),
            "connections under way": await self._delete("pending_links", {"_id": who.key}, session),
            "registration codes": await self._delete("registration_codes", _names(who, "user"), session),
            "subscriptions of your own chat": await self._delete("subscriptions", heard, session),
            "addresses of your own chat": await self._delete("conversations", {"_id": {"$in": own}}, session),
            "your name on other subscriptions": await self._unname("subscriptions", "subscribed_by", who, session),
            "your name on Jiras": await self._unname("tenants", "registered_by", who, session),
            "audit entries with your name": noted,
        }
        return {what: count for what, count in erased.items() if count}

    @guarded
    async def blank(self, who: Who, until: datetime) -> None:
        """Take the person out of what the audit noted up to a time; its digests stay, so the chain holds."""
        noted = {**_names(who, "user"), "at": {"$lte": until}}
        await self._database["audit"].update_many(noted, {"$set": BLANK})

    async def _chats(
        self, who: Who, chat: str | None, subscriptions: list[Document], session: Session | None = None
    ) -> list[Document]:
        """Give the person's own chats with the bot: this one, and those in which he or she subscribed."""
        places = {one["conversation_id"] for one in subscriptions} | ({chat} if chat else set())
        chats = {"_id": {"$in": sorted(places)}, "kind": "personal", "teams_tenant": who.teams_tenant}
        return await self._all("conversations", chats, session)

    async def _all(self, collection: str, wanted: Document, session: Session | None = None) -> list[Document]:
        return await self._database[collection].find(wanted, session=session).sort("_id").to_list(None)

    async def _delete(self, collection: str, wanted: Document, session: Session) -> int:
        return (await self._database[collection].delete_many(wanted, session=session)).deleted_count

    # A tenant's `updated_at` stays: nothing that others act upon has changed.
    async def _unname(self, collection: str, field: str, who: Who, session: Session) -> int:
        rows, nobody = self._database[collection], {"$set": {field: NOBODY}}
        return (await rows.update_many(_names(who, field), nobody, session=session)).modified_count


def _names(who: Who, field: str) -> Document:
    return {"teams_tenant": who.teams_tenant, field: who.user}
