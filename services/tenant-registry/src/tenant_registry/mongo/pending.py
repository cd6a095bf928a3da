"""Pending links in MongoDB: at most one per person, and none for long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from contracts.jira import AuthorizationPrepared, GrantHeld
from contracts.registry import WaitingIntent
from tenant_registry.mongo.database import Database, Document, DuplicateKeyError, Session, guarded
from tenant_registry.rows import PendingLink

REMEMBERED = timedelta(hours=1)  # after expiry, so that a late code hears "expired" and not "unknown"


@dataclass(frozen=True)
class Allowed:
    """What the callback brought: the verifier as a JWE, the hash of our code, and how long the code holds."""

    lookup: str
    verifier: str
    code_hash: str
    expires_at: datetime


@dataclass(frozen=True)
class CodeSeen:
    """OAuth 2.0: the hashes of Jira's code and of ours, and how long ours holds."""

    lookup: str
    jira_code_hash: str
    code_hash: str
    expires_at: datetime


class PendingLinks:
    """The collection `pending_links`; `_id` is the person."""

    def __init__(self, database: Database) -> None:
        self._rows = database["pending_links"]

    @guarded
    async def prepare(self, prepared: AuthorizationPrepared) -> PendingLink | None:
        """Remember where a person was sent, and give the older one that this replaces; a repeat changes nothing."""
        origin = prepared.origin
        document: Document = {
            "lookup": prepared.lookup,
            "tenant_id": prepared.tenant_id,
            "teams_tenant": origin.teams_tenant,
            "user": origin.user,
            "origin": origin.model_dump(),
            "request_token": prepared.request_token,
            "authorize_url": prepared.authorize_url,
            "code_verifier": prepared.code_verifier,
            "grant": None,
            "jira_code_hash": None,
            "verifier": None,
            "code_hash": None,
            "attempts": [],
            "completed_by": None,
            "resume": prepared.resume.model_dump_json() if prepared.resume else None,
            "prepared_until": prepared.expires_at,
            "expires_at": prepared.expires_at,
            "purge_at": prepared.expires_at + REMEMBERED,
        }
        older = {
            "_id": origin.person,
            "lookup": {"$ne": prepared.lookup},
            "prepared_until": {"$lte": prepared.expires_at},
        }
        try:
            return _read(await self._rows.find_one_and_replace(older, document, upsert=True))
        except DuplicateKeyError:
            return None

    @guarded
    async def by_lookup(self, lookup: str) -> PendingLink | None:
        """Find what a browser brings back from Jira."""
        return _read(await self._rows.find_one({"lookup": lookup}))

    @guarded
    async def allow(self, allowed: Allowed) -> bool:
        """Note that Allow was pressed; a second visit of the callback gives a second code in place of the first."""
        changes = {
            "verifier": allowed.verifier,
            "code_hash": allowed.code_hash,
            "expires_at": allowed.expires_at,
            "purge_at": allowed.expires_at + REMEMBERED,
        }
        done = await self._rows.update_one({"lookup": allowed.lookup, "completed_by": None}, {"$set": changes})
        return done.matched_count == 1

    @guarded
    async def see_code(self, seen: CodeSeen, session: Session) -> PendingLink | None:
        """Note that Jira gave a code, and give what was there before; None where another code came first.

        A second visit with the same code gives a second code of ours in place of the first.
        """
        same = {"lookup": seen.lookup, "completed_by": None, "jira_code_hash": {"$in": [None, seen.jira_code_hash]}}
        changes = {
            "jira_code_hash": seen.jira_code_hash,
            "code_hash": seen.code_hash,
            "expires_at": seen.expires_at,
            "purge_at": seen.expires_at + REMEMBERED,
        }
        return _read(await self._rows.find_one_and_update(same, {"$set": changes}, session=session))

    @guarded
    async def hold(self, grant: GrantHeld) -> None:
        """Keep what Jira granted with the connection that it was asked for; the first grant stays."""
        waits = {"lookup": grant.lookup, "_id": grant.origin.person, "grant": None}
        await self._rows.update_one(waits, {"$set": {"grant": grant.model_dump()}})

    @guarded
    async def of_person(self, person: str, session: Session | None = None) -> PendingLink | None:
        """Find what waits for a person."""
        return _read(await self._rows.find_one({"_id": person}, session=session))

    @guarded
    async def take(self, pending: PendingLink, now: datetime, session: Session) -> bool:
        """Take one away to make a link of it; False where it has ended meanwhile."""
        still = {"_id": pending.id, "lookup": pending.lookup, "expires_at": {"$gt": now}}
        return (await self._rows.delete_one(still, session=session)).deleted_count == 1

    @guarded
    async def untry_code(self, person: str, intent_id: str) -> None:
        """Do not count this attempt."""
        await self._rows.update_one({"_id": person}, {"$pull": {"attempts": intent_id}})

    @guarded
    async def try_code(self, person: str, intent_id: str) -> PendingLink | None:
        """Count an attempt and give what waits for this person; the same intent counts once."""
        return _read(
            await self._rows.find_one_and_update(
                {"_id": person}, {"$addToSet": {"attempts": intent_id}}, return_document=ReturnDocument.AFTER
            )
        )

    @guarded
    async def of_others(self, teams_tenant: str, user: str, code_hash: str) -> PendingLink | None:
        """Find somebody else's connecting with this code."""
        return _read(
            await self._rows.find_one({"teams_tenant": teams_tenant, "code_hash": code_hash, "user": {"$ne": user}})
        )

    @guarded
    async def complete(self, lookup: str, intent_id: str) -> bool:
        """Note who brought the right code; only one intent can."""
        done = await self._rows.update_one(
            {"lookup": lookup, "completed_by": {"$in": [None, intent_id]}}, {"$set": {"completed_by": intent_id}}
        )
        return done.matched_count == 1

    @guarded
    async def spoil(self, lookup: str, now: datetime) -> None:
        """End a connecting whose code came from somebody else: it can no longer be completed."""
        await self._rows.update_one({"lookup": lookup}, {"$set": {"expires_at": now}})

    @guarded
    async def drop(self, lookup: str, session: Session) -> PendingLink | None:
        """Forget one, and give what it was."""
        return _read(await self._rows.find_one_and_delete({"lookup": lookup}, session=session))

    @guarded
    async def drop_for(self, person: str, tenant_ids: Collection[str], session: Session) -> PendingLink | None:
        """Forget what waits for a person, if it is for one of these Jiras, and give what it was."""
        wanted = {"_id": person, "tenant_id": {"$in": sorted(tenant_ids)}}
        return _read(await self._rows.find_one_and_delete(wanted, session=session))


def _read(document: Document | None) -> PendingLink | None:
    if document is None:
        return None
    resume = document["resume"]
    held: dict[str, Any] = {**document, "resume": WaitingIntent.model_validate_json(resume) if resume else None}
    return PendingLink.read(held)
