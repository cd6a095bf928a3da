"""The manifest of the Teams app, and what Teams would refuse in one (its JSON schema 1.19)."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bridge.teams.verbs import command_lists

VERSION = "1.19"
"""Of the manifest's schema: known to all clouds, and the first that writes `groupChat` as the clients do."""
SCHEMA = f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
SCOPES = ("personal", "team", "groupChat")
COLOUR_ICON = "color.png"
OUTLINE_ICON = "outline.png"

SHORT_NAME, FULL_NAME = 30, 100
SHORT_DESCRIPTION, FULL_DESCRIPTION = 80, 4000
DEVELOPER_NAME = 32
URL = 2048
MOST_DOMAINS = 16

_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_APP_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")


@dataclass(frozen=True)
class Developer:
    """Who offers the app; Teams' administrators and people see it."""

    name: str
    website: str
    privacy: str
    terms: str


@dataclass(frozen=True)
class Words:
    """What people read of the app."""

    name: str
    full_name: str
    description: str
    full_description: str


@dataclass(frozen=True)
class TeamsApp:
    """One app: which bot it is, where its pages are, and how it looks."""

    bot_app_id: str
    app_id: str
    hosts: tuple[str, ...]
    version: str
    accent_colour: str
    words: Words
    developer: Developer


def problems(app: TeamsApp) -> list[str]:
    """Say all that Teams would refuse, each with what to write instead; none for an app that it takes."""
    return [
        *_identity(app),
        *_hosts(app.hosts),
        *_length("--name", app.words.name, SHORT_NAME),
        *_length("--full-name", app.words.full_name, FULL_NAME),
        *_length("--description", app.words.description, SHORT_DESCRIPTION),
        *_length("--full-description", app.words.full_description, FULL_DESCRIPTION),
        *_length("--developer", app.developer.name, DEVELOPER_NAME),
        *_urls(app),
    ]


def front_page(host: str) -> str:
    """Give the page of tenant-registry that stands for the app's own where none was named."""
    return f"https://{host}/register"


def manifest(app: TeamsApp) -> dict[str, object]:
    """Give manifest.json of an app without problems.

    `validDomains` are the hosts whose pages Teams opens in its own window: the connect page, which gives the
    code back. There is no `webApplicationInfo`: people sign in to Jira, not to an Entra application.
    """
    return {
        "$schema": SCHEMA,
        "manifestVersion": VERSION,
        "version": app.version,
        "id": app.app_id.lower(),
        "developer": {
            "name": app.developer.name,
            "websiteUrl": app.developer.website,
            "privacyUrl": app.developer.privacy,
            "termsOfUseUrl": app.developer.terms,
        },
        "name": {"short": app.words.name, "full": app.words.full_name},
        "description": {"short": app.words.description, "full": app.words.full_description},
        "icons": {"color": COLOUR_ICON, "outline": OUTLINE_ICON},
        "accentColor": app.accent_colour,
        "bots": [
            {
                "botId": app.bot_app_id.lower(),
                "scopes": list(SCOPES),
                "supportsFiles": False,
                "isNotificationOnly": False,
                "commandLists": command_lists(),
            }
        ],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": list(dict.fromkeys(app.hosts)),
        "defaultInstallScope": "personal",
    }


def _identity(app: TeamsApp) -> list[str]:
    wrong = [
        f"{option} {value!r} is no application id: write it as 01234567-89ab-cdef-0123-456789abcdef."
        for option, value in (("--bot-app-id", app.bot_app_id), ("--app-id", app.app_id))
        if not _GUID.fullmatch(value)
    ]
    if wrong and app.app_id == app.bot_app_id:
        del wrong[1:]
    if not _APP_VERSION.fullmatch(app.version):
        wrong.append(f"--app-version {app.version!r} is no version: write three numbers, as 1.0.0.")
    if not _COLOUR.fullmatch(app.accent_colour):
        wrong.append(f"--accent-colour {app.accent_colour!r} is no colour: write six hex digits, as #0B5CAD.")
    return wrong


def _hosts(hosts: tuple[str, ...]) -> list[str]:
    wrong = [
        f"--host {host!r} is no host name: write the name alone, as bridge.example.com, in lower case and without"
        " https://, port or path."
        for host in hosts
        if not _HOST.fullmatch(host)
    ]
    if not hosts:
        wrong.append("--host is missing: name the host on which people reach tenant-registry.")
    if len(set(hosts)) > MOST_DOMAINS:
        wrong.append(f"--host was given {len(set(hosts))} times: Teams takes at most {MOST_DOMAINS} hosts.")
    return wrong


def _length(option: str, text: str, most: int) -> list[str]:
    if not text.strip():
        return [f"{option} is empty: write up to {most} characters."]
    if len(text) > most:
        return [f"{option} has {len(text)} characters: Teams takes at most {most}."]
    return []


def _urls(app: TeamsApp) -> list[str]:
    """Say what is wrong with addresses; each once, and none that a wrong host led to."""
    shown = app.developer
    options = {shown.terms: "--terms-url", shown.privacy: "--privacy-url", shown.website: "--website-url"}
    for host in app.hosts[:1]:
        options.pop(front_page(host), None)
    return [wrong for url, option in options.items() for wrong in _url(option, url)]


def _url(option: str, url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return [f"{option} {url!r} is no address: write it as https://example.com/page."]
    if parts.scheme != "https" or not host or len(url) > URL or not url.isprintable() or " " in url:
        return [f"{option} {url!r} is no address that Teams takes: write it as https://example.com/page."]
    return []
