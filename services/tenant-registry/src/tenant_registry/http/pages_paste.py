"""What to enter in Jira, field by field, each with the screen that it belongs to."""

from collections.abc import Sequence
from itertools import groupby

from contracts.hooks import SCREEN
from contracts.registry import AuthMode
from tenant_registry.http.pages_html import NOTHING, Html, inner, tag
from tenant_registry.http.pages_parts import away, copyable
from tenant_registry.http.pasting import Paste

LINK_STEPS = {
    "oauth1": (
        "Jira 8.22 and later: press Create link, choose Atlassian product. Before: there is a field for the URL.",
        "As the application's URL enter {public_url}. Jira may find no response there: continue all the same.",
        "Application Name: Bridge. Application Type: Generic Application. Tick Create incoming link, leave the rest.",
        "Press Continue, and enter what stands below.",
        "The callback URL has its field under Edit, Incoming Authentication of the new link; Jira works without it.",
    ),
    "oauth2": (
        "Press Create link, choose External application, then Incoming.",
        "Enter what stands below. If you did this before you registered, compare it.",
    ),
    "pat": (),
}
HOOK_STEPS = ("Press Create a webhook.", "Enter what stands below; leave the body of the webhook switched on.")
HOOK_BY_HAND = (
    "With OAuth 2.0 the bot cannot do this with its command webhook: people allow Bridge to write, and creating"
    " webhooks takes more. So it is entered by hand."
)
TOKENS = (
    "There is no application link to make. Whoever types connect in Teams is asked for a token, which he or she makes"
    " in Jira: profile, Personal Access Tokens, Create token. Only its owner ever sees it."
)
SECRETS = ("Secret",)


def to_enter(paste: Sequence[Paste], auth_mode: AuthMode, public_url: str, *, hook_is_secret: bool = False) -> Html:
    """Give one section per screen of Jira."""
    sections = []
    for screen, fields in groupby(paste, key=lambda one: one.screen):
        hook = screen.endswith(SCREEN)
        by_hand = (HOOK_BY_HAND,) if auth_mode == "oauth2" else ()
        told = (*by_hand, *HOOK_STEPS) if hook else LINK_STEPS[auth_mode]
        sections.append(_section(screen, hook, [text.format(public_url=public_url) for text in told], list(fields)))
    if auth_mode == "pat":
        sections.insert(0, _tokens())
    if hook_is_secret:
        note = "The webhook's URL is a secret too: whoever knows it can send webhooks in the name of your Jira."
        sections.append(tag("p", note, class_="note"))
    return inner(*sections)


def _section(screen: str, hook: bool, told: Sequence[str], fields: Sequence[Paste]) -> Html:
    name, where = ("The webhook", "WebHooks") if hook else ("The application link", "Application links")
    path = "Administration, System, " if hook else "Administration, Applications, "
    key = "webhook" if hook else "link"
    values = [inner(tag("dt", one.field), tag("dd", to_take(one))) for one in fields]
    return tag(
        "section",
        tag("h2", name, id=f"{key}-title"),
        tag("p", "In Jira: ", path, away(screen, where), "."),
        tag("ol", *(tag("li", text) for text in told), class_="how") if told else NOTHING,
        tag("dl", *values),
        class_="card",
        aria_labelledby=f"{key}-title",
    )


def to_take(one: Paste) -> Html:
    """Give what is to be copied, or read where Jira has boxes to tick."""
    if one.field in ("Events", "Permission"):
        return tag("p", one.value)
    return copyable(one.field, one.value, secret=one.field in SECRETS)


def _tokens() -> Html:
    return tag(
        "section",
        tag("h2", "Personal access tokens", id="link-title"),
        tag("p", TOKENS),
        class_="card",
        aria_labelledby="link-title",
    )
