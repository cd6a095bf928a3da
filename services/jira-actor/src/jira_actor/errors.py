"""How a call to Jira can fail."""

from datetime import timedelta

from chassis.errors import Unavailable


class JiraError(Exception):
    """Jira did not do what was asked."""


class JiraRefused(JiraError):
    """Jira said no, and asking again will not help."""

    def __init__(self, for_people: str, code: str, advice: str | None = None) -> None:
        super().__init__(f"{code}: {for_people}")
        self.for_people = for_people
        self.code = code
        self.advice = advice


class NotLinked(JiraError):
    """Bridge holds no permission to act for this person."""


class PermissionLost(NotLinked):
    """Jira no longer accepts the permission that Bridge holds for this person."""


class SignatureRefused(JiraError):
    """Jira does not accept Bridge's own signature; `problem` is Jira's `oauth_problem`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class JiraUnavailable(JiraError, Unavailable):
    """Jira cannot answer for now."""

    def __init__(self, what: str, retry_after: timedelta | None = None) -> None:
        Unavailable.__init__(self, what, retry_after)
