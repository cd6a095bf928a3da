"""What is said about outages, and about the problems that Jira's OAuth names."""

from dataclasses import dataclass
from datetime import datetime

from contracts.event import Event, ForOnePerson
from contracts.jira import RevocationTried
from contracts.outcomes import Delayed, Refused
from contracts.registry import AuthorizationEnded, CodeExchangeAsked, RevocationAsked
from jira_actor.revoking import tried

UNASKED = (CodeExchangeAsked, AuthorizationEnded)
"""Nobody waits for these: the code is dead by then, and a connecting that ended has been told of."""


@dataclass(frozen=True)
class Words:
    """What is wrong, and what can be done about it."""

    said: str
    advice: str


_PROBLEMS = {
    "consumer_key_unknown": Words(
        "Jira does not know Bridge's consumer key.",
        "In Jira's administration, open Application links and create the incoming link with exactly the consumer key "
        "from the registration.",
    ),
    "signature_invalid": Words(
        "Jira does not accept Bridge's signature.",
        "Check that the application link holds the public key from the registration, and that Jira's base URL "
        "(and its proxy settings: scheme, host, port, context path) is the address that people use.",
    ),
    "timestamp_refused": Words(
        "Jira refuses the time in Bridge's signature: the clocks differ.",
        "Set the clocks of Jira and of Bridge with NTP.",
    ),
    "consumer_key_refused": Words(
        "Jira refuses Bridge's consumer key.",
        "In Jira's administration, check that the application link is enabled.",
    ),
    "invalid_client": Words(
        "Jira does not know Bridge's client id, or its client secret has changed.",
        "In Jira's administration, open Application links, look up the incoming link's client id and secret, and "
        "register them anew.",
    ),
    "unauthorized_client": Words(
        "Jira does not let Bridge's client ask for tokens.",
        "In Jira's administration, check that the link is an incoming OAuth 2.0 link and is enabled.",
    ),
}


def about(problem: str) -> Words:
    """Give the words for an `oauth_problem`."""
    return _PROBLEMS.get(
        problem,
        Words(
            f"Jira refused Bridge's signed request ({problem}).",
            "Jira's log has more about it; look for com.atlassian.oauth.",
        ),
    )


def delayed(event: Event, until: datetime) -> Delayed | None:
    """Say that it takes longer, and until when it is tried."""
    if not isinstance(event, ForOnePerson) or isinstance(event, UNASKED):
        return None
    return Delayed(origin=event.origin, why="Jira does not answer at the moment.", until=until)


def given_up(event: Event, _: datetime) -> Refused | RevocationTried | None:
    """Say that it is tried no more."""
    if isinstance(event, RevocationAsked):
        return tried(event, "unreachable")
    if not isinstance(event, ForOnePerson) or isinstance(event, UNASKED):
        return None
    return Refused(
        origin=event.origin,
        code="gave_up",
        why="Jira did not answer for too long, so I stopped trying.",
        advice="It may have been done all the same: look in Jira before you ask again.",
    )
