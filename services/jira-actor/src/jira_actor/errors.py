"""How a call to Jira can fail."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

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


@dataclass(frozen=True)
class Lost:
    """The link that is worth nothing any more."""

    link_id: str
    generation: int
    why: Literal["revoked", "expired"]


class PermissionLost(NotLinked):
    """Jira no longer accepts the permission that Bridge holds for this person; `lost` where the link must go."""

    def __init__(self, problem: str, lost: Lost | None = None) -> None:
        super().__init__(problem)
        self.lost = lost


class TokenExpired(JiraError):
    """Key-vault says that the link's access token has ended: it has to be refreshed."""


class GrantInvalid(JiraError):
    """Jira gives no tokens for this code or refresh token: used, revoked or expired."""


class SignatureRefused(JiraError):
    """Jira does not accept Bridge itself; `problem` is Jira's `oauth_problem`, or the `error` of OAuth 2.0."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class JiraUnavailable(JiraError, Unavailable):
    """Jira cannot answer for now."""

    def __init__(self, what: str, retry_after: timedelta | None = None) -> None:
        Unavailable.__init__(self, what, retry_after)
