"""What is stored about a person: shown, and deleted with a receipt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.event import Event, Origin
from contracts.keys import StatementSigned
from contracts.outcomes import DataAbout, MyDataDeleted, MyDataShown
from contracts.teams import MyDataAsked, MyDataDeletionAsked
from tenant_registry.decide import ended
from tenant_registry.my_data import Who, in_words
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, deed

Clock = Callable[[], datetime]
DELETED = "personal_data_deleted"


class Signs(Protocol):
    """The part of key-vault that this needs; raises Unavailable and KeysRefusal."""

    async def sign_statement(self, tenant_id: str, statement: Mapping[str, Any]) -> StatementSigned: ...


@dataclass(frozen=True)
class Means:
    """What deleting with a receipt takes."""

    registry: Registry
    keys: Signs
    now: Clock


async def my_data_asked(asked: MyDataAsked, registry: Registry) -> MyDataShown:
    """Show what is stored about the person who asks."""
    who = _who(asked.origin)
    tenants = await registry.tenants.of_organisation(who.teams_tenant)
    data = await registry.people.about(who, _own_chat(asked.origin))
    return MyDataShown(origin=asked.origin, data=in_words(data, {tenant.id: tenant.site for tenant in tenants}))


async def my_data_deletion_asked(asked: MyDataDeletionAsked, means: Means) -> list[Event]:
    """Delete what is stored about the person who asks; the audit keeps that this was done, but not for whom."""
    origin, registry = asked.origin, means.registry
    noted, waits = await registry.audit.find(deed(DELETED, origin)), await registry.pending.of_person(origin.person)
    if noted is None:
        await registry.erase_person(_who(origin), _own_chat(origin), _nameless(origin, means.now()))
        noted = await registry.audit.find(deed(DELETED, origin))
    assert noted is not None
    await registry.people.blank(_who(origin), noted.at)
    deleted = tuple(DataAbout(what=what, count=int(count)) for what, count in noted.details.items())
    done = MyDataDeleted(origin=origin, receipt=await _receipt(origin, noted, means.keys), deleted=deleted)
    return [done, ended(waits, "withdrawn")] if waits else [done]


def _who(origin: Origin) -> Who:
    return Who(origin.teams_tenant, origin.user)


def _own_chat(origin: Origin) -> str | None:
    return origin.conversation.conversation_id if origin.conversation.personal else None


def _nameless(origin: Origin, at: datetime) -> AuditRow:
    return AuditRow.of(DELETED, origin, at).model_copy(update={"user": ""})


async def _receipt(origin: Origin, noted: AuditRow, keys: Signs) -> str:
    """Have it signed what was deleted, of whom and when; asking again gives the same statement."""
    statement = {
        "what": DELETED,
        "teams_tenant": origin.teams_tenant,
        "user": origin.user,
        "at": noted.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "deleted": {what: int(count) for what, count in noted.details.items()},
    }
    try:
        return (await keys.sign_statement(origin.teams_tenant, statement)).jws
    except KeysRefusal as refusal:
        raise Unavailable(f"key-vault refused to sign a receipt: {refusal.code}") from refusal
