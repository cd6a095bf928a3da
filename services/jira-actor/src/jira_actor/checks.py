"""The five checks of a Jira: dns, tcp, tls, server_info, authentication; each with its own result in plain words."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from chassis.keys import KeysRefusal
from contracts.jira import CheckResult, TenantChecked
from contracts.registry import Tenant, TenantCheckAsked
from jira_actor import probes, requests
from jira_actor.check_authentication import CLOCKS_MAY_DIFFER, Known, authenticate, minutes
from jira_actor.check_server import clock_off, server_info_in
from jira_actor.errors import JiraRefused, JiraUnavailable
from jira_actor.guard import Address
from jira_actor.jira_wire import ServerInfo
from jira_actor.means import Means
from jira_actor.probes import CheckFailed
from jira_actor.site import Site, exchange

LET_THROUGH = "let requests from Bridge pass to /rest and /plugins/servlet/oauth."
CHECK_AGAIN = "Mend that in Jira, then have it checked again."
FOR_ADMINISTRATORS = {
    "forbidden": (
        "Jira, or something in front of it, refuses requests from Bridge.",
        f"If a firewall, a proxy or an allow-list stands in front of Jira, {LET_THROUGH}",
    ),
    "not_jira": (
        "What answers is a web page instead of Jira's data, such as a login page.",
        f"If a proxy in front of Jira asks everybody to log in, {LET_THROUGH}",
    ),
    "redirected": (
        "This address redirects somewhere else.",
        f"Register the address at which people end up when they open Jira; if that is a login page, {LET_THROUGH}",
    ),
}
"""What the commands tell people, in words for who can mend it; by the refusal's code."""
Name = Literal["dns", "tcp", "tls", "server_info", "authentication"]


class Skipped(Exception):
    """A check that does not apply; the text says why."""


async def check(asked: TenantCheckAsked, means: Means) -> TenantChecked:
    """Try a Jira from end to end; what comes after a failure is skipped. Raises `Unavailable` without key-vault."""
    trial = Trial(asked.tenant, means)
    results: list[CheckResult] = []
    for name in get_args(Name):
        if any(result.status == "failed" for result in results):
            results.append(CheckResult(name=name, status="skipped", said="Not tried, because the check before failed."))
        else:
            results.append(await _result(name, trial.steps[name]))
    info = trial.info
    return TenantChecked(
        tenant_id=asked.tenant.tenant_id,
        check_id=asked.check_id,
        checks=tuple(results),
        signing_base_url=info.base_url.rstrip("/") if info else None,
        jira_version=info.version if info else None,
        title=info.server_title if info else None,
        checked_at=datetime.now(UTC),
    )


class Trial:
    """One run of the checks; each step says what it found, and keeps what the next one needs."""

    def __init__(self, tenant: Tenant, means: Means) -> None:
        self.info: ServerInfo | None = None
        self.steps: dict[Name, Callable[[], Awaitable[str]]] = {
            "dns": self._dns,
            "tcp": self._tcp,
            "tls": self._tls,
            "server_info": self._server_info,
            "authentication": self._authentication,
        }
        self._tenant = tenant
        self._means = means
        self._addresses: list[Address] = []
        self._clock_off = timedelta()

    @property
    def _site(self) -> Site:
        return self._means.site(self._tenant)

    async def _dns(self) -> str:
        target = self._site.target
        self._addresses = await probes.resolve(target, replace(self._means.reach, only=target.only))
        return f"{target.host} has the address {', '.join(sorted({str(address) for address in self._addresses}))}."

    async def _tcp(self) -> str:
        port = self._site.target.port
        answering = await probes.connect(self._addresses, port)
        self._addresses = [answering]
        return f"Port {port} is open."

    async def _tls(self) -> str:
        target = self._site.target
        if target.scheme == "http":
            raise Skipped("The address begins with http: nothing is encrypted on the way to this Jira.")
        await probes.shake_hands(self._addresses[0], target, self._means.tls)
        return "The certificate is valid."

    async def _server_info(self) -> str:
        target = self._site.target
        answer = await exchange(self._means.http, target, requests.server_info())
        self.info = info = server_info_in(answer, target)
        self._clock_off = clock_off(info, answer)
        known_as = "" if info.base_url.rstrip("/") == target.url else f" It knows itself as {info.base_url}."
        clock = f" Its clock is {minutes(self._clock_off)} off." if self._clock_off > CLOCKS_MAY_DIFFER else ""
        return f"This is Jira {info.version}.{known_as}{clock}"

    async def _authentication(self) -> str:
        assert self.info is not None, "server_info came before"
        return await authenticate(Known(self._tenant, self._site, self.info, self._clock_off), self._means)


async def _result(name: Name, step: Callable[[], Awaitable[str]]) -> CheckResult:
    try:
        return CheckResult(name=name, status="ok", said=await step())
    except Skipped as skipped:
        return CheckResult(name=name, status="skipped", said=str(skipped))
    except CheckFailed as failed:
        return CheckResult(name=name, status="failed", said=failed.said, advice=failed.advice)
    except KeysRefusal as refused:
        said = f"Bridge's own keys for this Jira are of no use ({refused.code})."
        return CheckResult(name=name, status="failed", said=said, advice="Register it anew with the same address.")
    except JiraRefused as refused:
        said, advice = FOR_ADMINISTRATORS.get(refused.code, (refused.for_people, refused.advice))
        return CheckResult(name=name, status="failed", said=said, advice=advice or CHECK_AGAIN)
    except JiraUnavailable as error:
        advice = "Check that Jira is up, then have it checked again."
        return CheckResult(name=name, status="failed", said=f"Jira did not answer properly: {error}.", advice=advice)
