"""The few pages that a person's browser sees: plain HTML, everything from outside escaped."""

import base64
import hashlib
from html import escape

from starlette.responses import HTMLResponse

TEAMS_JS = "https://res.cdn.office.net/teams-js/2.34.0/js/MicrosoftTeams.min.js"
TEAMS_JS_DIGEST = "sha384-brW9AazbKR2dYw2DucGgWCCcmrm2oBFV4HQidyuyZRI/TnAkmOOnTARSTdps3Hwt"
# In the Teams pop-up this hands the code over and closes the window; anywhere else the person reads the code.
SCRIPT = """\
if (window.microsoftTeams) {
  microsoftTeams.app.initialize().then(function () {
    microsoftTeams.authentication.notifySuccess(document.getElementById("code").textContent);
  }, function () {});
}"""
STYLE = """\
body { font: 16px/1.5 "Segoe UI", system-ui, sans-serif; max-width: 34em; margin: 4em auto; padding: 0 1em; }
#code { font: 600 2em/1.2 ui-monospace, monospace; letter-spacing: 0.1em; }"""


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src {_digest(SCRIPT)} {TEAMS_JS}; style-src {_digest(STYLE)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def code_page(code: str, site: str) -> HTMLResponse:
    """Show the code that the person brings to Teams, and hand it over where Teams opened the page."""
    body = (
        f"<p>{escape(site)} allowed it. One step is left: bring this code to the bot in Teams.</p>\n"
        f'<p id="code">{escape(code)}</p>\n'
        f"<p>In Teams, type <strong>verify {escape(code)}</strong>. If this window closes by itself, it is done."
        " Give the code to nobody: it connects your Jira account.</p>\n"
        f'<script src="{TEAMS_JS}" integrity="{TEAMS_JS_DIGEST}" crossorigin="anonymous"></script>\n'
        f"<script>{SCRIPT}</script>"
    )
    return _page(200, "Almost connected", body)


def message_page(status: int, title: str, text: str) -> HTMLResponse:
    """Say something."""
    return _page(status, title, f"<p>{escape(text)}</p>")


def _page(status: int, title: str, body: str) -> HTMLResponse:
    html = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )
    return HTMLResponse(html, status, HEADERS)
