"""What the registry says to people: plain words, no markup, and what to do next."""

from datetime import datetime

from contracts.event import Event, ForOnePerson, Origin
from contracts.outcomes import Delayed, Refused
from tenant_registry.decide import Verdict

VERDICTS: dict[Verdict, tuple[str, str, str]] = {
    Verdict.NOTHING_WAITS: (
        "nothing_waits",
        "No connection of yours waits for a code, or it waited too long.",
        "Type connect to start a new one.",
    ),
    Verdict.NOT_ALLOWED_YET: (
        "not_allowed_yet",
        "You have not pressed Allow in Jira yet, so there is no code for you.",
        "Open the button of your connect card, press Allow, then bring the code from the page that follows.",
    ),
    Verdict.EXPIRED: (
        "code_expired",
        "This connection waited too long and has expired.",
        "Type connect to start a new one.",
    ),
    Verdict.USED: (
        "code_used",
        "This code has been used already.",
        "If Jira is not connected in a moment, type connect to start again.",
    ),
    Verdict.WRONG: (
        "code_wrong",
        "This is not the code that the page showed.",
        "Type verify and the eight digits from the page that followed Allow.",
    ),
    Verdict.TOO_OFTEN: (
        "too_many_attempts",
        "There were too many wrong codes, so this connection was given up.",
        "Type connect to start a new one.",
    ),
    Verdict.SOMEBODY_ELSES: (
        "code_of_somebody_else",
        "This code belongs to a connection that somebody else started. For your safety nobody was connected.",
        "If someone sent you that link, do not use it. Type connect to start your own connection.",
    ),
}


def code_refused(origin: Origin, verdict: Verdict) -> Refused:
    """Say why a code did not connect anybody."""
    code, why, advice = VERDICTS[verdict]
    return Refused(origin=origin, code=code, why=why, advice=advice)


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


def denied(origin: Origin) -> Refused:
    """Say that Jira reported a Deny."""
    return Refused(
        origin=origin,
        code="denied",
        why="You pressed Deny in Jira, so Bridge may not act for you.",
        advice="Type connect if you change your mind.",
    )


def delayed(event: Event, until: datetime) -> Delayed | None:
    """Say that it takes longer, and until when it is tried."""
    if not isinstance(event, ForOnePerson):
        return None
    return Delayed(origin=event.origin, why="My own records are out of reach at the moment.", until=until)


def given_up(event: Event, _: datetime) -> Refused | None:
    """Say that it is tried no more."""
    if not isinstance(event, ForOnePerson):
        return None
    return Refused(
        origin=event.origin,
        code="gave_up",
        why="My own records were out of reach for too long, so I stopped trying.",
        advice="Please ask again later.",
    )
