"""What to say about the problems that Jira's OAuth names."""

from dataclasses import dataclass


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
