"""Who had everything about him or her deleted, and when: what was asked before is noted without the person."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from contracts.event import Origin
from tenant_registry.mongo.database import Database, Session, guarded

REMEMBERED = timedelta(days=40)  # longer than an event can wait in Kafka: seven days, and thirty put aside


class Forgotten:
    """The collection `forgotten`; `_id` is a hash of organisation and person, so that it names nobody by itself."""

    def __init__(self, database: Database) -> None:
        self._rows = database["forgotten"]

    @guarded
    async def note(self, person: str, at: datetime, session: Session) -> None:
        """Note that a person's data are deleted."""
        held = {"at": at, "purge_at": at + REMEMBERED}
        await self._rows.replace_one({"_id": _pseudonym(person)}, held, upsert=True, session=session)

    @guarded
    async def of(self, people: Collection[str]) -> dict[str, datetime]:
        """Give when, for those of these people who had it done."""
        names = {_pseudonym(person): person for person in people}
        found = self._rows.find({"_id": {"$in": sorted(names)}})
        return {names[one["_id"]]: one["at"] async for one in found}

    async def since(self, origin: Origin) -> bool:
        """Tell whether the person had it done after asking for this."""
        at = (await self.of([origin.person])).get(origin.person)
        return at is not None and origin.asked_at <= at


def _pseudonym(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()
