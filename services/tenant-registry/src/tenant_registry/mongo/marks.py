"""Marks by which one knows how far the relay has come."""

from tenant_registry.mongo.database import Database, guarded


class Marks:
    """Marks in the collection `links`: each is like a link that is gone.

    The relay tells changes in the order in which they were made, and removes what is gone once Kafka has confirmed
    that. So when a mark is no longer there, everything that was stored before it has been told. One exception: a relay
    that lost its place looks at everything once, and may pass a link just before it changes and the mark just after.
    It tells that change next, so a second mark that is put when the first has gone rules this out too.
    """

    def __init__(self, database: Database) -> None:
        self._rows = database["links"]

    @guarded
    async def put(self, mark: str) -> None:
        """Put a mark."""
        await self._rows.replace_one({"_id": mark}, {"_id": mark, "gone": True}, upsert=True)

    @guarded
    async def waits(self, mark: str) -> bool:
        """Tell whether the relay has yet to come by."""
        return await self._rows.find_one({"_id": mark}) is not None
