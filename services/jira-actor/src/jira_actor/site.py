"""Where one tenant's Jira is, and one exchange with it."""

from dataclasses import dataclass
from functools import lru_cache

from contracts.keys import Call
from contracts.registry import Tenant
from jira_actor.errors import JiraRefused, JiraUnavailable
from jira_actor.guard import Reach, Target, TargetRefused, checked_target
from jira_actor.http import Answer, AnswerTooLarge, Http, NoAnswer, Request


@dataclass(frozen=True)
class Site:
    """Where one tenant's Jira is, and by which base URL it knows itself."""

    tenant_id: str
    target: Target
    signing_base_url: str

    @property
    def url(self) -> str:
        """Give the base URL for people's browsers."""
        return self.target.url

    def call(self, request: Request, **oauth: str) -> Call:
        """Give the request as it is to be authorized."""
        return Call(method=request.method, url=self.signing_base_url + request.path, **oauth)


@lru_cache(maxsize=1000)  # every command asks for its tenant's
def site_of(tenant: Tenant, reach: Reach) -> Site:
    """Take a tenant's address, checked; raise `JiraRefused` where Bridge may not go."""
    try:
        target = checked_target(tenant.base_url, reach.narrowed(tenant.destinations))
    except TargetRefused as refusal:
        raise address_refused(refusal) from refusal
    except ValueError as error:
        said = "The networks to which this Jira is narrowed are none."
        raise JiraRefused(said, "address_refused", "Register its destinations anew, such as 192.0.2.0/24.") from error
    return Site(tenant.tenant_id, target, (tenant.signing_base_url or target.url).rstrip("/"))


async def exchange(http: Http, target: Target, request: Request, authorization: str | None = None) -> Answer:
    """Send one request; raise a `JiraError` when no whole answer came."""
    try:
        return await http.exchange(target, request, authorization)
    except TargetRefused as refusal:
        raise address_refused(refusal) from refusal
    except AnswerTooLarge as error:
        raise JiraRefused("Jira's answer is larger than Bridge reads.", "too_large") from error
    except NoAnswer as error:
        raise JiraUnavailable(f"no answer from Jira: {error}") from error


def address_refused(refusal: TargetRefused) -> JiraRefused:
    """Say that the rules forbid this address, and what to do."""
    return JiraRefused(str(refusal), "address_refused", refusal.advice)
