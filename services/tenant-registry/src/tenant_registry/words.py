"""What the registry says to people: plain words, no markup, and what to do next."""

from collections.abc import Sequence
from datetime import datetime

from contracts.event import Event, ForOnePerson, Origin
from contracts.hooks import SCREEN, events_in_words
from contracts.jira import GrantHeld, LinkLost, LinkRefreshed
from contracts.outcomes import UNKNOWN_ALIAS, Delayed, Outcome, Refused
from contracts.sites import NoSite, how_to_name, written_for
from tenant_registry.decide import Verdict
from tenant_registry.rows import TenantRow

UNASKED = (Outcome, GrantHeld, LinkRefreshed, LinkLost)
"""Nobody waits for what the registry makes of these: where its records are out of reach, people need not know."""
VERDICTS: dict[Verdict, tuple[str, str, str]] = {
    Verdict.NOTHING_WAITS: (
        "nothing_waits",
        "No connection of yours waits for a code, or it waited too long.",
        "Type {connect} to start a new one.",
    ),
    Verdict.NOT_ALLOWED_YET: (
        "not_allowed_yet",
        "You have not pressed Allow in Jira yet, so there is no code for you.",
        "Open the button of your connect card, press Allow, then bring the code from the page that follows.",
    ),
    Verdict.EXPIRED: (
        "code_expired",
        "This connection waited too long and has expired.",
        "Type {connect} to start a new one.",
    ),
    Verdict.USED: (
        "code_used",
        "This code has been used already.",
        "If Jira is not connected in a moment, type {connect} to start again.",
    ),
    Verdict.WRONG: (
        "code_wrong",
        "This is not the code that the page showed.",
        "Type verify and the eight digits from the page that followed Allow.",
    ),
    Verdict.TOO_OFTEN: (
        "too_many_attempts",
        "There were too many wrong codes, so this connection was given up.",
        "Type {connect} to start a new one.",
    ),
    Verdict.SOMEBODY_ELSES: (
        "code_of_somebody_else",
        "This code belongs to a connection that somebody else started. For your safety nobody was connected.",
        "If someone sent you that link, do not use it. Type {connect} to start your own connection.",
    ),
}


def code_refused(origin: Origin, verdict: Verdict, tenant: TenantRow | None = None) -> Refused:
    """Say why a code did not connect anybody to this Jira, where it is known to which."""
    code, why, advice = VERDICTS[verdict]
    return Refused(origin=origin, code=code, why=why, advice=advice.format(connect=connect(tenant)))


def connect(tenant: TenantRow | None) -> str:
    """Give the command that connects to this Jira; where it is not known which, the one for the default."""
    return "connect" if tenant is None else written_for(tenant, "connect")


def not_a_registrar(origin: Origin) -> Refused:
    """Say who may register a Jira."""
    return Refused(
        origin=origin,
        code="forbidden",
        why="You may not register a Jira: the operator of Bridge has to allow you first.",
        advice=f"Ask the operator to add your Entra object id {origin.user} to BRIDGE_REGISTRARS.",
    )


def not_linked(origin: Origin) -> Refused:
    """Say that there is nothing to disconnect."""
    return Refused(origin=origin, code="not_linked", why="You are not connected to a Jira, so nothing was changed.")


def not_registered(origin: Origin) -> Refused:
    """Say that the Jira is not, or no longer, registered here."""
    return Refused(
        origin=origin,
        code="not_registered",
        why="This Jira is not registered for your organisation.",
        advice="Ask your Teams administrator to register it.",
    )


def other_organisation(origin: Origin) -> Refused:
    """Say that this install serves one organisation only."""
    return Refused(
        origin=origin,
        code="forbidden",
        why="This Bridge serves another organisation than yours.",
        advice="Ask your administrator which Bridge is yours.",
    )


def no_site(origin: Origin, why: NoSite, tenants: Sequence[TenantRow]) -> Refused:
    """Say why no Jira is meant, and how to name one."""
    if why is NoSite.NONE_REGISTERED:
        return not_registered(origin)
    if why is NoSite.NO_SUCH_ALIAS:
        said = "Your organisation has no Jira of this name."
        return Refused(origin=origin, code=UNKNOWN_ALIAS, why=said, advice=how_to_name(tenants))
    said = "Your organisation has several Jiras, and none of them is the default."
    return Refused(origin=origin, code="ambiguous", why=said, advice=how_to_name(tenants))


def not_active(origin: Origin, tenant: TenantRow) -> Refused:
    """Say that a Jira cannot be used now."""
    if tenant.state == "suspended":
        advice = "Ask the operator of Bridge to resume it."
        return Refused(origin=origin, code="suspended", why=f"{tenant.site} is suspended.", advice=advice)
    advice = "Ask your Jira administrator to look at its checks."
    return Refused(origin=origin, code="not_ready", why=f"{tenant.site} has not passed its checks.", advice=advice)


def webhooks_switched_off(origin: Origin) -> Refused:
    """Say that an older Jira's webhooks would be turned away."""
    return Refused(
        origin=origin,
        code="forbidden",
        why="This Jira cannot sign its webhooks, and unsigned ones are switched off for it, so nothing was created.",
        advice="Make an address for them first: POST to tenantUrl/webhook with signed false.",
    )


def webhook_by_hand(origin: Origin, tenant: TenantRow, public_url: str) -> Refused:
    """Say why Bridge cannot create the webhook over OAuth 2.0, and who enters what where."""
    return Refused(
        origin=origin,
        code="by_hand",
        why=f"People connect to {tenant.site} by OAuth 2.0 and allow Bridge to write there. Creating webhooks takes an"
        " administrator's permission, which Bridge does not ask for, so nothing was created.",
        advice=f"A Jira administrator opens {tenant.base_url}{SCREEN} and enters what {public_url}/register/"
        f"{tenant.id} shows under What to enter in Jira, with these events: {events_in_words()}",
    )


def not_here(origin: Origin) -> Refused:
    """Say that a conversation belongs to another organisation than the person."""
    return Refused(
        origin=origin,
        code="forbidden",
        why="This conversation belongs to another organisation than yours, so nothing was changed.",
        advice="Ask somebody of that organisation, or do this in a conversation of your own.",
    )


def forgotten(origin: Origin) -> Refused:
    """Say that a person asked for this, and then to be forgotten."""
    return Refused(
        origin=origin,
        code="forgotten",
        why="You had what is stored about you deleted after you asked for this, so it was not done.",
        advice="If you still want it, ask again.",
    )


def not_granted(origin: Origin, tenant: TenantRow | None) -> Refused:
    """Say that Jira gave no permission although the person allowed it, or the way to connect has changed."""
    return Refused(
        origin=origin,
        code="link_failed",
        why="Jira gave Bridge no permission to act for you, so nothing is connected.",
        advice=f"Type {connect(tenant)} to try again. If it happens again, tell your Jira administrator.",
    )


def one_moment(origin: Origin) -> Refused:
    """Say that Jira's answer is still on its way; the code keeps."""
    return Refused(
        origin=origin,
        code="one_moment",
        why="Jira has not told me yet that you allowed it.",
        advice="Send the same code again in a moment: it is still good.",
    )


def denied(origin: Origin, tenant: TenantRow) -> Refused:
    """Say that Jira reported a Deny."""
    return Refused(
        origin=origin,
        code="denied",
        why="You pressed Deny in Jira, so Bridge may not act for you.",
        advice=f"Type {connect(tenant)} if you change your mind.",
    )


ROTATION_WAITS = "Key-vault or the database does not answer right now: the rotation goes on by itself when it does."


def rotation_refused(code: str) -> str:
    """Say why a rotation ended before its time."""
    if code in ("keys_destroyed", "unknown_tenant"):
        return "This tenant has no keys any more, so there is nothing to rotate: register its Jira anew."
    return f"Key-vault refused ({code}): look at its log, then ask for the rotation again."


def unreadable_secrets(count: int) -> str:
    """Say that some ciphertexts are of no use any more."""
    return (
        f"What is stored in {count} places did not open with any version of the keys, so it was left as it is:"
        " the people concerned are asked to connect again."
    )


def delayed(event: Event, until: datetime) -> Delayed | None:
    """Say that it takes longer, and until when it is tried."""
    if not isinstance(event, ForOnePerson) or isinstance(event, UNASKED):
        return None
    return Delayed(origin=event.origin, why="My own records are out of reach at the moment.", until=until)


def given_up(event: Event, _: datetime) -> Refused | None:
    """Say that it is tried no more."""
    if not isinstance(event, ForOnePerson) or isinstance(event, UNASKED):
        return None
    return Refused(
        origin=event.origin,
        code="gave_up",
        why="My own records were out of reach for too long, so I stopped trying.",
        advice="Please ask again later.",
    )
