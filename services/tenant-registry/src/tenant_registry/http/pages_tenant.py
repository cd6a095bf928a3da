"""The pages of one registration but its state: what is shown once, what to enter in Jira, opening it, deleting it."""

import re
from collections.abc import Sequence

from tenant_registry.http.calls import Registered
from tenant_registry.http.erasure import Receipt
from tenant_registry.http.pages_desk import Desk
from tenant_registry.http.pages_guard import FORM_FIELD
from tenant_registry.http.pages_html import NOTHING, Html, Page, inner, tag
from tenant_registry.http.pages_parts import Field, Said, control, copyable, steps, summary
from tenant_registry.http.pages_paste import to_enter
from tenant_registry.http.pasting import Paste
from tenant_registry.rows import TenantRow

TOKEN = Field("token", "Registration token", "It was shown when this Jira was registered.", "password", False)


def registered_page(answer: Registered, desk: Desk) -> Page:
    """Show what is shown this once."""
    title = "Enter this in Jira"
    token = tag(
        "section",
        tag("h2", "Keep this", id="token-title"),
        tag(
            "p",
            "The registration token opens this registration's page and lets you register this Jira anew. Keep it where"
            " you keep passwords. It, and every secret on this page, is shown only now.",
        ),
        tag(
            "dl",
            tag("dt", "Registration token"),
            tag("dd", copyable("Registration token", answer.registration_token, secret=True)),
            tag("dt", "Page of this registration"),
            tag("dd", copyable("Page of this registration", f"{desk.public_url}/register/{answer.tenant_id}")),
        ),
        class_="card",
        aria_labelledby="token-title",
    )
    body = inner(
        steps(1),
        tag("h1", title),
        tag("p", f"{answer.base_url} is registered. Go through this page from top to bottom.", class_="lead"),
        token,
        to_enter(answer.paste, answer.auth_mode, desk.public_url, hook_is_secret=answer.webhook_secret is None),
        desk.check(answer.tenant_id, "Check connection"),
    )
    return Page(title, body, 201)


def enter_page(tenant: TenantRow, paste: Sequence[Paste], desk: Desk, *, fresh: bool = False) -> Page:
    """Show again what is no secret; `fresh`: with a secret that was made just now."""
    title = "What to enter in Jira"
    kinds = (
        ("signed", "Make a new webhook secret (Jira 10 and later)"),
        ("unsigned", "Make a new webhook address (before Jira 10)"),
    )
    renew = tag(
        "section",
        tag("h2", "Lost the webhook's secret or address?", id="renew-title"),
        tag("p", "A new one is shown once; what you had of the same kind ends at once."),
        tag(
            "div",
            *(desk.button(text, desk.at(tenant.id, "webhook", kind), look="plain") for kind, text in kinds),
            class_="buttons",
        ),
        class_="card",
        aria_labelledby="renew-title",
    )
    unsigned = fresh and not any(one.field == "Secret" for one in paste)
    body = inner(
        steps(1),
        tag("h1", title),
        tag("p", f"For {tenant.site}." + (" What is secret is shown only now." if fresh else ""), class_="lead"),
        to_enter(paste, tenant.auth_mode, desk.public_url, hook_is_secret=unsigned),
        NOTHING if fresh else renew,
        desk.check(tenant.id, "Check connection"),
    )
    return Page(title, body)


def token_page(tenant_id: str, desk: Desk, said: Said, status: int = 200) -> Page:
    """Ask for the registration token."""
    title = "Open a registration"
    form = tag(
        "form",
        tag("input", type="hidden", name=FORM_FIELD, value=desk.form_token),
        control(TOKEN, said),
        tag("button", "Open", type="submit", class_="main"),
        method="post",
        action=desk.at(tenant_id),
        novalidate=True,
    )
    body = inner(summary(said, ("token",)), tag("h1", title), form)
    return Page(f"Error: {title}" if said.problems else title, body, status)


def delete_page(tenant: TenantRow, desk: Desk, said: Said, status: int = 200) -> Page:
    """Ask whether it is meant."""
    title = "Delete this registration"
    site = Field(
        "confirm",
        "To confirm, type the address of this Jira",
        f"It is {tenant.base_url}",
        optional=False,
    )
    form = tag(
        "form",
        tag("input", type="hidden", name=FORM_FIELD, value=desk.form_token),
        control(site, said),
        tag("button", "Delete for good", type="submit", class_="danger"),
        method="post",
        action=desk.at(tenant.id, "delete"),
        novalidate=True,
    )
    text = (
        "All that Bridge stores about this registration is erased: the connections of all people, subscriptions,"
        " secrets, and the keys that open them, so that copies in backups cannot be read either. In Jira, nothing"
        " changes: remove the application link and the webhook there. You get a signed receipt."
    )
    back = tag("p", tag("a", "Keep it", href=desk.at(tenant.id)))
    body = inner(summary(said, ("confirm",)), tag("h1", title), tag("p", text, class_="lead"), form, back)
    return Page(f"Error: {title}" if said.problems else title, body, status)


def receipt_page(receipt: Receipt | None, tenant_id: str, desk: Desk) -> Page:
    """Show the receipt of an erasure; None: it is still under way."""
    if receipt is None:
        title = "It is being deleted"
        text = "The registration is gone, and the rest of it is being erased. This goes on by itself."
        again = tag("div", desk.button("Ask for the receipt", desk.at(tenant_id, "delete")), class_="buttons")
        return Page(title, inner(tag("h1", title), tag("p", text, role="status", class_="lead"), again), 202)
    title = "Deleted"
    values = {"Receipt": receipt.receipt_url, "Signed (JWS)": receipt.jws}
    shown = [inner(tag("dt", name), tag("dd", copyable(name, value))) for name, value in values.items()]
    counts = receipt.statement.get("counts") or {}
    facts = [tag("li", f"{_spaced(name)}: {count}") for name, count in counts.items()]
    card = tag(
        "section",
        tag("h2", "The receipt", id="receipt-title"),
        tag("p", f"Erased on {receipt.at:%Y-%m-%d at %H:%M} UTC. Keep the receipt: it is signed with a key of Bridge."),
        tag("ul", *facts) if facts else NOTHING,
        tag("dl", *shown),
        class_="card",
        aria_labelledby="receipt-title",
    )
    return Page(title, inner(tag("h1", title), tag("p", "Nothing of it is left.", class_="lead"), card))


def message_page(title: str, text: str, status: int, back: str) -> Page:
    """Say what is in the way."""
    body: Html = inner(tag("h1", title), tag("p", text, class_="lead"), tag("p", tag("a", "Go back", href=back)))
    return Page(title, body, status)


def _spaced(name: str) -> str:
    """Write `pendingLinks` as people do."""
    return re.sub("[A-Z]", lambda big: f" {big[0].lower()}", name)
