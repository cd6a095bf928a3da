"""The page that shows how a registration stands: its five checks, and what is known of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.jira import CheckResult
from tenant_registry import words
from tenant_registry.http.pages_desk import Desk
from tenant_registry.http.pages_html import NOTHING, Html, Page, inner, tag
from tenant_registry.http.pages_parts import steps
from tenant_registry.rows import TenantRow

CHECKS = {
    "dns": "Name: DNS knows your Jira",
    "tcp": "Port: Bridge reaches it",
    "tls": "Certificate: the way is encrypted",
    "server_info": "Jira: it answers",
    "authentication": "Sign-in: it knows Bridge",
}
WORDS = {"ok": "Passed", "failed": "Failed", "skipped": "Not tried", "waiting": "Waiting"}
MARKS = {"ok": "✓", "failed": "✕", "skipped": "–", "waiting": "…"}
LATE = "This takes longer than it should: check again, or tell whoever runs Bridge."
AGAIN = timedelta(seconds=2)
PATIENCE = timedelta(seconds=90)
STATES = {
    "pending": "waiting for its checks",
    "active": "active",
    "failed": "not working yet",
    "suspended": "suspended",
}


@dataclass(frozen=True)
class Watch:
    """Which results are waited for: those after `seen`, the moment of the last ones before."""

    tenant: TenantRow
    seen: str
    now: datetime

    @property
    def running(self) -> bool:
        """Tell whether the checks are still at it."""
        return self.tenant.state == "pending" or (bool(self.seen) and self.seen == moment_of(self.tenant))

    @property
    def late(self) -> bool:
        """Tell whether it takes longer than it should."""
        asked = self.tenant.check_asked_at
        return self.running and (asked is None or self.now - asked > PATIENCE)


def moment_of(tenant: TenantRow) -> str:
    """Name the last results; "none" where there were none."""
    return tenant.checked_at.strftime("%Y%m%dT%H%M%S%f") if tenant.checked_at else "none"


def status_page(watch: Watch, desk: Desk) -> Page:
    """Show how a registration stands."""
    tenant = watch.tenant
    again = AGAIN if watch.running and not watch.late else None
    hidden = again is not None  # scripts show it once the results are there; without them the page is loaded again
    following = tag("div", desk.check(tenant.id, "Check again", look="plain"), data_after="yes", hidden=hidden)
    body = inner(
        steps(2),
        tag("h1", f"Connection to {tenant.site}"),
        tag("div", checks(watch), id="checks", data_live=desk.at(tenant.id, "checks") if again else None),
        following,
        facts(tenant),
        _more(tenant, desk),
    )
    return Page(f"Connection to {tenant.site}", body, again=again)


def checks(watch: Watch) -> Html:
    """Give the five checks and, above them, one sentence that is read out when it changes."""
    tenant = watch.tenant
    found: dict[str, CheckResult] = {} if watch.running else {one.name: one for one in tenant.checks}
    items = [_check_item(name, found.get(name)) for name in CHECKS]
    late = tag("p", LATE, data_late="yes") if watch.late else NOTHING
    state = "running" if watch.running else "failed" if _failed(tenant) else "passed"
    return inner(
        tag("p", _sentence(watch), role="status", class_=f"verdict {state}", data_state=state),
        late,
        tag("ol", *items, class_="checks"),
    )


def _check_item(name: str, result: CheckResult | None) -> Html:
    status = result.status if result else "waiting"
    advice = NOTHING
    if result and result.advice:
        advice = tag("p", tag("strong", "What to do: "), result.advice, class_="advice")
    return tag(
        "li",
        tag("span", MARKS[status], class_="mark", aria_hidden="true"),
        tag(
            "div",
            tag("h2", CHECKS[name], tag("span", WORDS[status], class_="word")),
            tag("p", result.said) if result else NOTHING,
            advice,
        ),
        class_=status,
    )


def _sentence(watch: Watch) -> str:
    tenant = watch.tenant
    if watch.running:
        return "Checking the connection. This takes a few seconds."
    if failed := _failed(tenant):
        return (
            f"Not yet: {CHECKS[failed.name].partition(':')[0].lower()} failed. Mend it as said below, then check again."
        )
    if tenant.state == "suspended":
        return "This registration is suspended: ask whoever runs Bridge to resume it."
    if not tenant.checks:
        return "There are no results yet."
    return f"All is well: {tenant.site} is connected. In Teams, people can now type: {words.connect(tenant)}"


def _failed(tenant: TenantRow) -> CheckResult | None:
    return next((one for one in tenant.checks if one.status == "failed"), None)


def facts(tenant: TenantRow) -> Html:
    """Give what is known of a registration."""
    ways = {
        "oauth1": "OAuth 1.0a application link",
        "oauth2": "OAuth 2.0 incoming link",
        "pat": "Personal access tokens",
    }
    known = {
        "State": STATES[tenant.state],
        "Address": tenant.base_url,
        "Short name in Teams": f"{tenant.alias or 'none'}{' (the default)' if tenant.is_default else ''}",
        "Version": tenant.jira_version or "not known yet",
        "People are connected by": ways[tenant.auth_mode],
        "Webhooks": "signed with a secret" if tenant.webhook_secret else "known by their address",
        "Calls and webhooks come from": ", ".join(tenant.source_networks) or "anywhere",
        "Last check": f"{tenant.checked_at:%Y-%m-%d %H:%M} UTC" if tenant.checked_at else "none yet",
    }
    shown = [inner(tag("dt", name), tag("dd", value)) for name, value in known.items()]
    title = tag("h2", "This registration", id="facts-title")
    return tag("section", title, tag("dl", *shown, class_="facts"), class_="card", aria_labelledby="facts-title")


def _more(tenant: TenantRow, desk: Desk) -> Html:
    return tag(
        "nav",
        tag("a", "What to enter in Jira", href=desk.at(tenant.id, "jira")),
        tag("a", "Download what is stored", href=desk.at(tenant.id, "export")),
        tag("a", "Delete this registration", href=desk.at(tenant.id, "delete")),
        desk.button("Leave this page", desk.at(tenant.id, "leave"), look="link"),
        aria_label="More about this registration",
        class_="more",
    )
