"""Account links in MongoDB."""

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
        """Write a link, whatever was there."""
        await self._rows.replace_one({"_id": link.id}, link.document(), upsert=True, session=session)

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
    async def forget(self, link_id: str) -> None:
        """Remove the mark, once everybody was told; a link that is there again stays."""
        await self._rows.delete_one({"_id": link_id, "gone": True})
