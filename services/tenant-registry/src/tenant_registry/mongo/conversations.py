"""Conversations and what they hear of, in MongoDB."""

from collections.abc import Iterable
from datetime import datetime

from contracts.event import Conversation
from tenant_registry.mongo.database import Database, Document, DuplicateKeyError, Session, guarded
from tenant_registry.rows import ConversationRow, SubscriptionRow


class Conversations:
    """The collection `conversations`."""

    def __init__(self, database: Database) -> None:
        self._rows = database["conversations"]

    @guarded
    async def seen(self, where: Conversation, at: datetime) -> None:
        """Keep the newest address of a place; older news changes nothing, and news of another organisation neither."""
        row = ConversationRow.model_validate({**where.model_dump(), "id": where.conversation_id, "seen_at": at})
        older = {"_id": row.id, "seen_at": {"$lte": at}, "teams_tenant": row.teams_tenant}
        try:
            await self._rows.replace_one(older, row.document(), upsert=True)
        except DuplicateKeyError:
            return

    @guarded
    async def left(self, where: Conversation, at: datetime, session: Session) -> bool:
        """Note that the bot is no longer there; False where it came back later than this."""
        older = {"_id": where.conversation_id, "seen_at": {"$lte": at}, "teams_tenant": where.teams_tenant}
        done = await self._rows.update_one(older, {"$set": {"left_at": at, "seen_at": at}}, session=session)
        return done.matched_count == 1

    @guarded
    async def of_another(self, where: Conversation) -> bool:
        """Tell whether this place is known as another organisation's."""
        return await self.any_of_another(where.teams_tenant, [where.conversation_id])

    @guarded
    async def any_of_another(self, teams_tenant: str, ids: Iterable[str]) -> bool:
        """Tell whether one of these places is known as another organisation's."""
        foreign = {"_id": {"$in": sorted(ids)}, "teams_tenant": {"$ne": teams_tenant}}
        return await self._rows.find_one(foreign, {"_id": 1}) is not None

    @guarded
    async def reachable(self, teams_tenant: str, ids: Iterable[str]) -> list[Conversation]:
        """Give an organisation's places where the bot is, with their latest addresses."""
        wanted = {"_id": {"$in": sorted(ids)}, "left_at": None, "teams_tenant": teams_tenant}
        found = await self._rows.find(wanted).sort("_id").to_list(None)
        return [ConversationRow.read(one).conversation() for one in found]


class Subscriptions:
    """The collection `subscriptions`."""

    def __init__(self, database: Database) -> None:
        self._rows = database["subscriptions"]

    @guarded
    async def add(self, subscription: SubscriptionRow, session: Session) -> bool:
        """Add one; False where the conversation hears of the project already."""
        what = {
            "tenant_id": subscription.tenant_id,
            "project": subscription.project,
            "conversation_id": subscription.conversation_id,
        }
        done = await self._rows.update_one(
            what, {"$setOnInsert": subscription.document()}, upsert=True, session=session
        )
        return done.upserted_id is not None

    @guarded
    async def remove(self, what: Document, session: Session) -> int:
        """Remove subscriptions; gives how many that were."""
        return (await self._rows.delete_many(what, session=session)).deleted_count

    @guarded
    async def remove_all(self, conversation_id: str, session: Session) -> None:
        """Forget what a conversation heard of."""
        await self._rows.delete_many({"conversation_id": conversation_id}, session=session)

    @guarded
    async def listeners(self, tenant_id: str, project: str) -> list[str]:
        """Give the ids of the conversations that hear of a project."""
        found = await self._rows.find({"tenant_id": tenant_id, "project": project}, {"conversation_id": 1}).to_list(
            None
        )
        return [one["conversation_id"] for one in found]
