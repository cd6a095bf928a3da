"""Account links in MongoDB."""

from contracts.jira import LinkRefreshed
from contracts.registry import AuthMode
from tenant_registry.mongo.database import Database, Session, guarded
from tenant_registry.rows import LinkRow


class Links:
    """The collection `links`.

    A link that was taken back stays as `{_id, gone: true}` until the relay has told everybody,
    so that a sweep after a lost resume token still finds it.
    """

    def __init__(self, database: Database) -> None:
        self._rows = database["links"]

    @guarded
    async def put(self, link: LinkRow, session: Session) -> None:
        """Write a link, whatever was there; its generation is newer than that of any before."""
        before = await self._rows.find_one({"_id": link.id}, {"generation": 1}, session=session) or {}
        generation = max(link.generation, before.get("generation", -1) + 1)
        document = {**link.document(), "generation": generation}
        await self._rows.replace_one({"_id": link.id}, document, upsert=True, session=session)

    @guarded
    async def find(self, link_id: str) -> LinkRow | None:
        """Find one; a link that is gone is none."""
        found = await self._rows.find_one({"_id": link_id, "gone": {"$exists": False}})
        return LinkRow.read(found) if found else None

    @guarded
    async def refresh(self, fact: LinkRefreshed) -> bool:
        """Keep tokens that Jira rotated; False where the link is gone, or has newer ones."""
        older = {"_id": fact.link_id, "auth_mode": "oauth2", "generation": {"$lt": fact.generation}}
        tokens = fact.model_dump(include={"access_token", "refresh_token", "expires_at", "generation"})
        return (await self._rows.update_one(older, {"$set": tokens})).matched_count == 1

    @guarded
    async def lose(self, link_id: str, generation: int, session: Session) -> bool:
        """Erase a link but for the mark that it is gone, unless it is newer than this generation."""
        lost = {"_id": link_id, "generation": {"$lte": generation}}
        done = await self._rows.replace_one(lost, {"_id": link_id, "gone": True}, session=session)
        return done.matched_count == 1

    @guarded
    async def of_person(self, teams_tenant: str, user: str, session: Session | None = None) -> list[LinkRow]:
        """Give a person's links."""
        found = await self._rows.find({"teams_tenant": teams_tenant, "user": user}, session=session).to_list(None)
        return [LinkRow.read(one) for one in found]

    @guarded
    async def remove(self, link_id: str, session: Session) -> None:
        """Erase a link but for the mark that it is gone."""
        await self._rows.replace_one({"_id": link_id}, {"_id": link_id, "gone": True}, session=session)

    @guarded
    async def remove_of_other_ways(self, tenant_id: str, auth_mode: AuthMode, session: Session) -> int:
        """Erase a tenant's links that are not of this way to act as people, but for the marks; gives how many."""
        others = {"tenant_id": tenant_id, "auth_mode": {"$ne": auth_mode}}
        gone = [{"$replaceWith": {"_id": "$_id", "gone": True}}]
        return (await self._rows.update_many(others, gone, session=session)).modified_count

    @guarded
    async def forget(self, link_id: str) -> None:
        """Remove the mark, once everybody was told; a link that is there again stays."""
        await self._rows.delete_one({"_id": link_id, "gone": True})
