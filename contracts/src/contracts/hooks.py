"""Of what Jira is to tell Bridge: what the bot has created in Jira, and what administrators are told to tick there."""

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
)
"""As Jira's webhooks name them."""
SCREEN = "/plugins/servlet/webhooks"
"""Jira's page where its administrators enter a webhook."""


def events_in_words() -> str:
    """Give them as Jira's screen shows them: `Issue: created, updated, deleted. Comment: created, …`"""
    by_subject: dict[str, list[str]] = {}
    for event in EVENTS:
        subject, _, what = event.removeprefix("jira:").partition("_")
        by_subject.setdefault(subject.capitalize(), []).append(what)
    return " ".join(f"{subject}: {', '.join(what)}." for subject, what in by_subject.items())
