"""Does a Jira let Bridge act for people? Tried without any person, in the way that was chosen for the tenant."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from contracts.registry import Tenant
from jira_actor import oauth2, requests
from jira_actor.answers import raise_for
from jira_actor.errors import GrantInvalid, JiraRefused, SignatureRefused
from jira_actor.jira_wire import ServerInfo
from jira_actor.means import Means
from jira_actor.oauth import OAuthDance
from jira_actor.oauth2 import OAuth2
from jira_actor.probes import CheckFailed
from jira_actor.site import Site, exchange
from jira_actor.words import about

CLOCKS_MAY_DIFFER = timedelta(minutes=2)
NO_CODE = "bridge-checks-whether-jira-knows-it"
NO_VERIFIER = "0" * 43
TOKENS_SINCE = (8, 14)
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")


@dataclass(frozen=True)
class Known:
    """What the checks before found."""

    tenant: Tenant
    site: Site
    info: ServerInfo
    clock_off: timedelta


async def authenticate(known: Known, means: Means) -> str:
    """Say what works; raise `CheckFailed`, `JiraError`, or `Unavailable` without key-vault."""
    match known.tenant.auth_mode:
        case "oauth1":
            return await _sign(known, means)
        case "oauth2":
            return await _ask_for_tokens(known, means)
        case "pat":
            return await _call_without_token(known, means)


async def _sign(known: Known, means: Means) -> str:
    base_url = known.info.base_url.rstrip("/")
    try:
        await _request_token(base_url, known, means)
    except SignatureRefused as refused:
        raise await _why_not_signed(refused.problem, base_url, known, means) from refused
    except JiraRefused as refused:
        if refused.code == "not_found":
            raise CheckFailed("Jira has no OAuth service.", "Switch on its OAuth plugins.") from refused
        raise
    return "Jira knows Bridge and accepts its signature."


async def _request_token(base_url: str, known: Known, means: Means) -> None:
    site = replace(known.site, signing_base_url=base_url)
    await OAuthDance(site, means.keys, means.http).request_token(means.callback)


async def _why_not_signed(problem: str, base_url: str, known: Known, means: Means) -> CheckFailed:
    words = about(problem)
    if problem == "timestamp_refused" and known.clock_off > CLOCKS_MAY_DIFFER:
        return CheckFailed(f"{words.said} They are {minutes(known.clock_off)} apart.", words.advice)
    if problem != "signature_invalid":
        return CheckFailed(words.said, words.advice)
    seen_as = await _address_that_jira_sees(base_url, known, means)
    if seen_as is not None:
        return CheckFailed(
            f"A proxy changes the address: Jira is called as {seen_as}, but its base URL is {base_url}, so it takes "
            "Bridge's signature for wrong.",
            "In Jira's server.xml, set proxyName, proxyPort and scheme of the Connector to the address that people "
            "use; in its general settings, the base URL to the same.",
        )
    said = words.said
    if base_url != known.site.url:
        said += f" Jira knows itself as {base_url}, but {known.site.url} was registered."
    return CheckFailed(said, words.advice)


async def _address_that_jira_sees(base_url: str, known: Known, means: Means) -> str | None:
    """Find an address with which the signature would be right: then the key is right, and a proxy is the reason."""
    registered = known.site.url
    for address in dict.fromkeys((registered, _other_scheme(base_url), _other_scheme(registered))):
        if address == base_url:
            continue
        try:
            await _request_token(address, known, means)
        except SignatureRefused:
            continue
        return address
    return None


def _other_scheme(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{'https' if scheme == 'http' else 'http'}://{rest}"


async def _ask_for_tokens(known: Known, means: Means) -> str:
    """Bring a code that Jira never gave: who is known hears that the code is wrong, who is not hears that instead."""
    opened = await oauth2.opened(known.tenant, means.callback, means.keys)
    try:
        await OAuth2(known.site, means.http, opened.client).tokens_for_code(NO_CODE, NO_VERIFIER)
    except GrantInvalid:
        return "Jira knows Bridge's client id and secret."
    except SignatureRefused as refused:
        words = about(refused.problem)
        raise CheckFailed(words.said, words.advice) from refused
    except JiraRefused as refused:
        if refused.code == "not_offered":
            advice = f"It needs Jira 8.22 or newer, and this is {known.info.version}: choose another way to connect."
            raise CheckFailed(refused.for_people, advice) from refused
        raise
    raise CheckFailed("Jira gave tokens for a code that it never made.", "This is not a Jira: check the address.")


async def _call_without_token(known: Known, means: Means) -> str:
    """Call without a token: Jira must want one."""
    version = _VERSION.match(known.info.version)
    if version and (int(version[1]), int(version[2])) < TOKENS_SINCE:
        advice = f"They need Jira 8.14 or newer, and this is {known.info.version}: choose another way to connect."
        raise CheckFailed("This Jira knows no personal access tokens.", advice)
    answer = await exchange(means.http, known.site.target, requests.myself())
    if answer.status == 401:
        return "Jira asks who calls; people bring their own tokens."
    if answer.status >= 300:
        raise_for(answer)
    raise CheckFailed(
        "Jira does not ask who calls.",
        "Something in front of Jira logs everybody in: let Bridge's calls pass as they are, with their Authorization.",
    )


def minutes(off: timedelta) -> str:
    """Say how far clocks are apart."""
    rounded = round(off / timedelta(minutes=1))
    return f"{rounded} minutes" if rounded < 120 else f"{rounded // 60} hours"
