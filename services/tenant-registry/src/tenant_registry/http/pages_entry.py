"""The page on which a registration begins: its form."""

from tenant_registry.http import pasting
from tenant_registry.http.pages_desk import Desk
from tenant_registry.http.pages_guard import FORM_FIELD
from tenant_registry.http.pages_html import Html, Page, inner, tag
from tenant_registry.http.pages_parts import Field, Said, away, control, steps, summary, wrong
from tenant_registry.http.pages_paste import to_take
from tenant_registry.http.pasting import LINKS_SCREEN

CODE = Field(
    "code",
    "Code from Teams",
    "Ask the bot in Teams for one with: register. It is good for one registration, for an hour.",
    optional=False,
)
BASE_URL = Field(
    "baseUrl",
    "Address of your Jira",
    "As people open it, with the path if it has one, such as https://jira.example.com or https://example.com/jira.",
    kind="url",
    optional=False,
)
VERSION = Field(
    "version", "Version of your Jira", "Such as 9.12.4. With 10 or later you get a secret that protects the webhook."
)
CLIENT_ID = Field("clientId", "Client ID", "Jira shows it once the incoming link is there.", optional=False)
CLIENT_SECRET = Field("clientSecret", "Client secret", "Jira shows it next to the client ID.", "password", False)
ALIAS = Field("alias", "Short name", "How people tell your Jiras apart in Teams, such as: on eu comment OPS-7 hi.")
SOURCES = Field(
    "sourceNetworks",
    "Networks that your calls and webhooks come from",
    "One per line, such as 192.0.2.0/24. Left empty: from anywhere. Include the network that you are in now.",
    "lines",
)
DESTINATIONS = Field(
    "destinations",
    "Networks that your Jira is in",
    "One per line. Bridge then calls no other address for this Jira. Left empty: what whoever runs Bridge allows.",
    "lines",
)
OLD_TOKEN = Field(
    "oldToken",
    "Registration token",
    "It was shown when this Jira was registered. People stay connected; old tokens and secrets end.",
    "password",
)
MODES = {
    "oauth1": (
        "OAuth 1.0a application link",
        "Any version from 8 on. Bridge makes the key, so nothing secret is typed or copied.",
    ),
    "oauth2": (
        "OAuth 2.0 incoming link",
        "Jira 8.22 and later. You create the link in Jira first, then enter its client ID and secret here.",
    ),
    "pat": (
        "Personal access tokens",
        "Jira 8.14 and later. Nothing to set up: each person makes a token in Jira and gives it to the bot.",
    ),
}
ORDER = (
    "code",
    "baseUrl",
    "version",
    "authMode",
    "clientId",
    "clientSecret",
    "alias",
    "sourceNetworks",
    "destinations",
    "oldToken",
)


def entry_page(desk: Desk, said: Said, status: int = 200) -> Page:
    """Give the form; `said` fills it and names what is wrong."""
    opening = "Register your Jira"
    form = tag(
        "form",
        tag("input", type="hidden", name=FORM_FIELD, value=desk.form_token),
        control(CODE, said),
        control(BASE_URL, said),
        control(VERSION, said),
        _modes(said),
        _incoming_link(desk.public_url, said),
        _folded("More options", (ALIAS, SOURCES, DESTINATIONS), said),
        _folded("This Jira was registered before", (OLD_TOKEN,), said),
        tag("button", "Register", type="submit", class_="main"),
        method="post",
        action=f"{desk.root}/register",
        novalidate=True,
    )
    intro = (
        "For administrators of Jira Data Center. You need a one-time code from an administrator of Microsoft Teams, and"
        " the right to add application links in Jira."
    )
    body = inner(steps(0), summary(said, ORDER), tag("h1", opening), tag("p", intro, class_="lead"), form)
    return Page(f"Error: {opening}" if said.problems else opening, body, status)


def _modes(said: Said) -> Html:
    chosen = said.texts.get("authMode", "oauth1")
    choices = []
    for number, (mode, (name, hint)) in enumerate(MODES.items()):
        choice = "authMode" if number == 0 else f"mode-{mode}"  # the summary of what is wrong leads to the first
        radio = tag(
            "input",
            type="radio",
            name="authMode",
            value=mode,
            id=choice,
            class_=f"is-{mode}",
            checked=chosen == mode,
            aria_describedby=f"{mode}-hint",
        )
        label = tag("label", name, for_=choice)
        choices.append(tag("div", radio, label, tag("p", hint, id=f"{mode}-hint", class_="hint"), class_="choice"))
    legend = tag("legend", "How Bridge acts for people")
    hint = tag("p", "Each person allows it once; Bridge then does in Jira only what that person may do.", class_="hint")
    problem = "field wrong" if "authMode" in said.problems else "field"
    return tag("fieldset", legend, hint, wrong("authMode", said), *choices, class_=problem)


def _incoming_link(public_url: str, said: Said) -> Html:
    """Say what to do in Jira first, where OAuth 2.0 was chosen."""
    base_url = said.texts.get("baseUrl", "") if "baseUrl" not in said.problems else ""
    links = (
        away(base_url.rstrip("/") + LINKS_SCREEN, "Application links")
        if base_url.startswith(("https://", "http://"))
        else "Application links"
    )
    values = [(one.field, to_take(one)) for one in pasting.incoming_link("", public_url)]
    return tag(
        "fieldset",
        tag("legend", "The incoming link in Jira"),
        tag("p", "In Jira, as administrator: Administration, Applications, ", links, "."),
        tag("p", "Create link, External application, Incoming. Enter this, save, then copy what Jira shows to here."),
        tag("dl", *(inner(tag("dt", name), tag("dd", value)) for name, value in values)),
        control(CLIENT_ID, said),
        control(CLIENT_SECRET, said),
        class_="only-oauth2",
    )


def _folded(title: str, fields: tuple[Field, ...], said: Said) -> Html:
    busy = any(said.texts.get(field.name) or field.name in said.problems for field in fields)
    return tag("details", tag("summary", title), *(control(field, said) for field in fields), open=busy)
