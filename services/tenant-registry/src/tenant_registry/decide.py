"""What the registry decides. Pure: no clock, no database, no network."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from contracts.catalogue import BY_TYPE
from contracts.event import Conversation, ForOnePerson, Origin
from contracts.ids import named_id
from contracts.jira import AuthorizationPrepared, IssueChanged
from contracts.registry import (
    AuthMode,
    AuthorizationEnded,
    CommandResumed,
    Notice,
    NoticeDue,
    RevocationAsked,
    WaitingIntent,
)
from contracts.teams import VerifyAsked
from tenant_registry.rows import LinkRow, PendingLink

CODE_ATTEMPTS = 5
CODE_LIVES = timedelta(minutes=10)
AUTHORIZED_APPLICATIONS = "/plugins/servlet/oauth/users/access-tokens"
PERSONAL_TOKENS = "/secure/ViewProfile.jspa?selectedTab=com.atlassian.pats.pats-plugin:jira-user-personal-access-tokens"
REFRESH = "refresh-"
SIGNED_SINCE = (10, 0)
VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")
DIGITS = 9
"""More than any number of a version has; int() refuses some thousands."""


class Verdict(Enum):
    """What to make of a code."""

    RIGHT = "right"
    NOTHING_WAITS = "nothing_waits"
    NOT_ALLOWED_YET = "not_allowed_yet"
    EXPIRED = "expired"
    USED = "used"
    WRONG = "wrong"
    TOO_OFTEN = "too_often"
    SOMEBODY_ELSES = "somebody_elses"


def fingerprint(secret: str) -> str:
    """Give the hex SHA-256 by which a secret is remembered."""
    return hashlib.sha256(secret.encode()).hexdigest()


def fits(secret: str, remembered: str) -> bool:
    """Compare a secret with what is remembered of it, in constant time."""
    return hmac.compare_digest(fingerprint(secret), remembered)


def is_refresh(check_id: str) -> bool:
    """Tell a check that only keeps what is known fresh from one that somebody asked for."""
    return check_id.startswith(REFRESH)


def version_in(text: str) -> str | None:
    """Give the version in what people write, such as `Jira 10.3` or `v10.3.1`; None where it holds no number."""
    found = VERSION.search(text)
    return found[0] if found else None


def version(text: str | None) -> tuple[int, int] | None:
    """Give the first two numbers of a Jira's version; None where it has none."""
    found = version_in(text or "")
    if found is None:
        return None
    major, minor, *_ = (int(number[:DIGITS]) for number in f"{found}.0".split("."))
    return major, minor


def signs_webhooks(jira_version: str | None) -> bool:
    """Tell whether this Jira is known to sign its webhooks."""
    return (version(jira_version) or (0, 0)) >= SIGNED_SINCE


def link_id(tenant_id: str, user: str) -> str:
    """Name a link."""
    return f"{tenant_id}:{user}"


def with_state(authorize_url: str, state: str) -> str:
    """Add the state to the address of Jira's page."""
    return f"{authorize_url}{'&' if '?' in authorize_url else '?'}{urlencode({'state': state})}"


def leads_to(url: str, base_url: str) -> bool:
    """Tell whether an address is one of this Jira."""
    return url.startswith(f"{base_url}/")


def tokens_url(auth_mode: AuthMode, base_url: str) -> str:
    """Give the page on which a person sees in Jira what applications may do in his or her name."""
    return base_url + (PERSONAL_TOKENS if auth_mode == "pat" else AUTHORIZED_APPLICATIONS)


def brought(asked: VerifyAsked) -> str:
    """Give the code without the blanks that people put into it."""
    return "".join(asked.code.split())


def judge(asked: VerifyAsked, own: PendingLink | None, others: PendingLink | None, now: datetime) -> Verdict:
    """Judge a code by what waits for the person who brought it, and by whoever else it belongs to."""
    intent_id = asked.origin.intent_id
    if own is not None and own.completed_by == intent_id:
        return Verdict.RIGHT  # the same message again
    right = own is not None and own.code_hash is not None and fits(brought(asked), own.code_hash)
    if others is not None and not right:
        return Verdict.SOMEBODY_ELSES
    if own is None:
        return Verdict.NOTHING_WAITS
    if own.completed_by is not None:
        return Verdict.USED
    if own.expires_at <= now:
        return Verdict.EXPIRED
    if own.code_hash is None:
        return Verdict.NOT_ALLOWED_YET
    if intent_id not in own.attempts[:CODE_ATTEMPTS]:
        return Verdict.TOO_OFTEN
    return Verdict.RIGHT if right else Verdict.WRONG


def resumed(waiting: WaitingIntent | None, person: str) -> CommandResumed | None:
    """Give back the command that waited for this person; one of anybody else's is not carried out."""
    if waiting is None or (kind := BY_TYPE.get(waiting.event_type)) is None:
        return None
    try:
        intent = kind.model_validate(waiting.data)
    except ValueError:
        return None
    if not isinstance(intent, ForOnePerson) or intent.origin.person != person:
        return None
    return CommandResumed(origin=intent.origin, waiting=waiting)


def ended(connecting: PendingLink | AuthorizationPrepared, why: str) -> AuthorizationEnded:
    """Say that a connecting came to nothing."""
    origin, tenant_id = connecting.origin, connecting.tenant_id
    return AuthorizationEnded(origin=origin, tenant_id=tenant_id, link_id=link_id(tenant_id, origin.user), why=why)


def revocation(link: LinkRow, ended_by: str, origin: Origin | None) -> RevocationAsked | None:
    """Ask for what made a link to be taken back in Jira; None where Jira has no call for it.

    `ended_by` is the deed that ended it; without an origin nobody is told what came of it.
    """
    token = link.access_token if link.auth_mode == "pat" else link.refresh_token
    if link.auth_mode == "oauth1" or not token:
        return None
    return RevocationAsked(
        revocation_id=f"{ended_by}:{link.tenant_id}",
        tenant_id=link.tenant_id,
        link_id=link.id,
        auth_mode=link.auth_mode,
        generation=link.generation,
        token=token,
        origin=origin,
    )


def place(conversation: Conversation) -> Conversation:
    """Give the channel for a thread in it: what is posted there starts its own thread."""
    return conversation.model_copy(update={"conversation_id": conversation.conversation_id.split(";messageid=")[0]})


def teller(change: IssueChanged) -> str:
    """Tell one event about a change from another about the same change: a repeat of one has the same."""
    return fingerprint(change.model_dump_json())


def notice(change: IssueChanged, site: str) -> Notice | None:
    """Give what to post about a change; None where Jira did not say enough to write a card."""
    if change.issue_key is None or change.project is None or change.url is None:
        return None
    return Notice(
        kind=change.kind,
        site=site,
        issue_key=change.issue_key,
        url=change.url,
        summary=change.summary or "",
        status=change.status,
        issue_type=change.issue_type,
        priority=change.priority,
        assignee=change.assignee,
        actor=change.actor,
        changes=tuple((one.field, one.was, one.now) for one in change.changes),
        comment=change.comment,
        at=change.at,
    )


def notices_due(change: IssueChanged, what: Notice, conversations: Sequence[Conversation]) -> list[NoticeDue]:
    """Address a notice; the same change in the same conversation always has the same id."""
    return [
        NoticeDue(notice_id=notice_id(change, where.conversation_id), conversation=where, notice=what)
        for where in conversations
    ]


def notice_id(change: IssueChanged, conversation_id: str) -> str:
    """Name one change in one conversation."""
    return named_id(f"{change.tenant_id}/{change.change_id}/{conversation_id}")


def issue_of(body: Mapping[str, Any]) -> str:
    """Give the issue that a webhook is about, for the order only; empty where it names none."""
    for parent, name in (("issue", "id"), ("worklog", "issueId")):
        found = body.get(parent)
        if isinstance(found, dict) and isinstance(found.get(name), str | int):
            said = str(found[name])[:40]
            return said.encode(errors="replace").decode()  # half of a surrogate pair can be in no key
    comment = body.get("comment")
    link = comment.get("self") if isinstance(comment, dict) else None
    told = re.search(r"/issue/(\d{1,40})/comment/", link) if isinstance(link, str) else None
    return told[1] if told else ""
