"""The outbox: events that the HTTP edge gives rise to, stored with what they tell of and published by the relay."""

from datetime import datetime, timedelta

from contracts.catalogue import BY_TYPE
from contracts.event import Event
from tenant_registry.mongo.database import Database, Document, DuplicateKeyError, Session, guarded

REMEMBERED = timedelta(days=1)
"""What came twice within this is taken in once. A webhook may say a time up to `hook_window` ahead or behind, so it
fits for twice as long as that, and must not be forgotten before."""


class Outbox:
    """The collection `outbox`; `_id` becomes the event's id."""

    def __init__(self, database: Database) -> None:
        self._rows = database["outbox"]

    @guarded
    async def add(self, event_id: str, event: Event, at: datetime, session: Session | None = None) -> bool:
        """Put an event in; False where one with this id is, or was, there. In a transaction that is an error."""
        document = {"_id": event_id, "event_type": event.event_type(), "data": event.model_dump_json(), "at": at}
        try:
            await self._rows.insert_one(document, session=session)
        except DuplicateKeyError:
            if session is not None:
                raise
            return False
        return True

    @guarded
    async def told(self, event_id: str, at: datetime) -> None:
        """Keep only the id of what has been published."""
        gone = {"event_type": "", "data": "", "at": ""}
        await self._rows.update_one({"_id": event_id}, {"$unset": gone, "$set": {"purge_at": at + REMEMBERED}})


def event_in(document: Document) -> Event | None:
    """Give the event of an outbox document; None where it has been published."""
    if "data" not in document:
        return None
    return BY_TYPE[document["event_type"]].model_validate_json(document["data"])
