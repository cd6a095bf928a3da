"""The five checks of a Jira: dns, tcp, tls, server_info, authentication; each with its own result in plain words."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, get_args

from pydantic import ValidationError

from contracts.jira import CheckResult, TenantChecked
from contracts.registry import Tenant, TenantCheckAsked
from jira_actor import probes, requests
from jira_actor.answers import data
from jira_actor.errors import JiraRefused, JiraUnavailable, SignatureRefused
from jira_actor.guard import Address
from jira_actor.http import Answer
from jira_actor.jira_wire import ServerInfo
from jira_actor.means import Means
from jira_actor.oauth import OAuthDance
from jira_actor.probes import CheckFailed
from jira_actor.session import Site, exchange, site_of
from jira_actor.words import about

Name = Literal["dns", "tcp", "tls", "server_info", "authentication"]
CLOCKS_MAY_DIFFER = timedelta(minutes=2)

_BASE_URL = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~-]+)*/?")


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
        return site_of(self._tenant, self._means.reach)

    async def _dns(self) -> str:
        target = self._site.target
        self._addresses = await probes.resolve(target, self._means.reach)
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
        advice = "Check the address; a Jira in a path needs it, as in https://example.com/jira."
        if answer.status == 404:
            raise CheckFailed("There is no Jira at this address.", advice)
        try:
            info = ServerInfo.model_validate(data(answer))
        except ValidationError as error:
            raise CheckFailed("What answers at this address is not a Jira.", advice) from error
        if not _BASE_URL.fullmatch(info.base_url):
            raise CheckFailed("Jira's own base URL is not valid.", "Correct it in Jira's general settings.")
        self.info = info
        self._clock_off = _clock_off(info, answer)
        known_as = "" if info.base_url.rstrip("/") == target.url else f" It knows itself as {info.base_url}."
        clock = f" Its clock is {_minutes(self._clock_off)} off." if self._clock_off > CLOCKS_MAY_DIFFER else ""
        return f"This is Jira {info.version}.{known_as}{clock}"

    async def _authentication(self) -> str:
        assert self.info is not None, "server_info came before"
        site = replace(self._site, signing_base_url=self.info.base_url.rstrip("/"))
        try:
            await OAuthDance(site, self._means.keys, self._means.http).request_token(self._means.callback)
        except SignatureRefused as refused:
            raise self._signature_failed(refused.problem, site) from refused
        except JiraRefused as refused:
            if refused.code == "not_found":
                raise CheckFailed("Jira has no OAuth service.", "Switch on its OAuth plugins.") from refused
            raise
        return "Jira knows Bridge and accepts its signature."

    def _signature_failed(self, problem: str, site: Site) -> CheckFailed:
        words = about(problem)
        said = words.said
        if problem == "timestamp_refused" and self._clock_off > CLOCKS_MAY_DIFFER:
            said += f" They are {_minutes(self._clock_off)} apart."
        if problem == "signature_invalid" and site.signing_base_url != site.target.url:
            said += f" Jira knows itself as {site.signing_base_url}, but {site.target.url} was registered."
        return CheckFailed(said, words.advice)


async def _result(name: Name, step: Callable[[], Awaitable[str]]) -> CheckResult:
    try:
        return CheckResult(name=name, status="ok", said=await step())
    except Skipped as skipped:
        return CheckResult(name=name, status="skipped", said=str(skipped))
    except CheckFailed as failed:
        return CheckResult(name=name, status="failed", said=failed.said, advice=failed.advice)
    except JiraRefused as refused:
        return CheckResult(name=name, status="failed", said=refused.for_people, advice=refused.advice)
    except JiraUnavailable as error:
        advice = "Check that Jira is up, then have it checked again."
        return CheckResult(name=name, status="failed", said=f"Jira did not answer properly: {error}.", advice=advice)


def _clock_off(info: ServerInfo, answer: Answer) -> timedelta:
    try:
        theirs = info.server_time or parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return timedelta()
    return abs(datetime.now(UTC) - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)))


def _minutes(off: timedelta) -> str:
    minutes = round(off / timedelta(minutes=1))
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
