"""What is stored about a person, in words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.outcomes import DataAbout
from tenant_registry.rows import CodeRow, ConversationRow, LinkRow, PendingLink, SubscriptionRow, TenantRow

MOST = 20
"""Details of one kind that are told; a card has an end."""
MODES = {"oauth1": "OAuth 1.0a", "oauth2": "OAuth 2.0", "pat": "a personal access token"}


@dataclass(frozen=True)
class Who:
    """One person: Teams tenant and Entra object id."""

    teams_tenant: str
    user: str

    @property
    def key(self) -> str:
        """Give the person's key."""
        return f"{self.teams_tenant}|{self.user}"


@dataclass(frozen=True)
class PersonalData:
    """All that is stored about a person."""

    links: Sequence[LinkRow]
    pending: PendingLink | None
    subscriptions: Sequence[SubscriptionRow]
    chats: Sequence[ConversationRow]
    """The person's own with the bot."""
    codes: Sequence[CodeRow]
    registered: Sequence[TenantRow]
    noted: Mapping[str, int]
    """How many entries of the audit name the person, by what they note."""
    places: Mapping[str, str | None]
    """Names of conversations by their ids."""


def in_words(data: PersonalData, sites: Mapping[str, str]) -> tuple[DataAbout, ...]:
    """Tell what there is, and nothing of what there is not; `sites` are Jiras by their tenant ids."""
    codes = sorted(data.codes, key=lambda code: (code.expires_at, code.used_for or ""))
    subscriptions = sorted(data.subscriptions, key=lambda one: one.project)
    kinds = {
        "account links": [_link(link, sites) for link in data.links],
        "connections under way": [_pending(data.pending, sites)] if data.pending else [],
        "subscriptions made by you": [_subscription(one, data.places) for one in subscriptions],
        "addresses of your own chat": [
            f"{chat.service_url}, last heard from on {_moment(chat.seen_at)}" for chat in data.chats
        ],
        "registration codes": [
            f"{'used' if code.used_for else 'not used'}, good until {_moment(code.expires_at)}" for code in codes
        ],
        "Jiras registered by you": [f"{one.site}, on {_day(one.registered_at)}" for one in data.registered],
    }
    told = [DataAbout(what=what, count=len(all_), details=_shortened(all_)) for what, all_ in kinds.items() if all_]
    if data.noted:
        noted = [f"{what.replace('_', ' ')}: {count}" for what, count in sorted(data.noted.items())]
        told.append(
            DataAbout(what="audit entries with your name", count=sum(data.noted.values()), details=_shortened(noted))
        )
    return tuple(told)


def _link(link: LinkRow, sites: Mapping[str, str]) -> str:
    site, mode = sites.get(link.tenant_id, "a Jira"), MODES[link.auth_mode]
    return f"{site} as {link.jira_user}, by {mode}, since {_day(link.linked_at)}; its tokens are encrypted"


def _pending(pending: PendingLink, sites: Mapping[str, str]) -> str:
    waits = ", with the command that waits for it" if pending.resume else ""
    return f"{sites.get(pending.tenant_id, 'a Jira')}, good until {_moment(pending.expires_at)}{waits}"


def _subscription(one: SubscriptionRow, places: Mapping[str, str | None]) -> str:
    place = places.get(one.conversation_id) or "a chat"
    return f"{one.project} ({one.project_name}) in {place}, since {_day(one.subscribed_at)}"


def _shortened(details: Sequence[str]) -> tuple[str, ...]:
    more = len(details) - MOST
    return (*details[:MOST], *([f"and {more} more"] if more > 0 else []))


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _moment(at: datetime) -> str:
    return f"{_day(at)}, {at:%H:%M} UTC"
