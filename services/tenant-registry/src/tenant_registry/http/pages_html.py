"""How Bridge's pages for administrators are built: HTML in which everything is escaped, unless it is HTML already."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from importlib import resources

from starlette.responses import HTMLResponse, Response

ASSETS = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
VOID = frozenset({"input", "meta", "link", "br"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


NOTHING = Html("")


def tag(name: str, /, *children: str, **attributes: str | bool | None) -> Html:
    """Give an element; `for_` and `class_` lose their underscore, `aria_label` is `aria-label`."""
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{shown}>")
    return Html(f"<{name}{shown}>{inner(*children)}</{name}>")


def inner(*children: str) -> Html:
    """Give several pieces as one."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def _attribute(key: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(value)}"'


@dataclass(frozen=True)
class Page:
    """What is shown on one page."""

    title: str
    body: Html
    status: int = 200
    again: timedelta | None = None
    """Without scripts, load it again after this time."""


class Paper:
    """What all pages have around them; `root` is the path under which this service is reached, such as `/bridge`."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._read = {name: _asset(name) for name in ASSETS}

    def response(self, page: Page) -> HTMLResponse:
        """Put a page together."""
        html = f"<!doctype html>\n{tag('html', self._head(page), self._body(page), lang='en')}\n"
        return HTMLResponse(html, page.status, HEADERS)

    def asset(self, name: str) -> Response | None:
        """Give what pages load, which may be kept because its address changes with it."""
        if name not in self._read:
            return None
        return Response(self._read[name], headers=KEPT, media_type=ASSETS[name])

    def _head(self, page: Page) -> Html:
        again = NOTHING
        if page.again is not None:
            seconds = str(max(1, round(page.again.total_seconds())))
            again = tag("noscript", tag("meta", http_equiv="refresh", content=seconds))
        return tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", f"{page.title} – Bridge"),
            tag("link", rel="icon", type="image/svg+xml", href=self._at("icon.svg")),
            tag("link", rel="stylesheet", href=self._at("page.css")),
            tag("script", src=self._at("page.js"), defer=True),
            again,
        )

    def _body(self, page: Page) -> Html:
        brand = tag("span", "Bridge", class_="brand")
        return tag(
            "body",
            tag("a", "Skip to the content", href="#main", class_="skip"),
            tag("header", tag("div", brand, tag("span", "Microsoft Teams and Jira Data Center"), class_="wide")),
            tag("main", page.body, id="main", class_="wide"),
        )

    def _at(self, name: str) -> str:
        digest = hashlib.sha256(self._read[name]).hexdigest()[:12]
        return f"{self.root}/register/assets/{name}?{digest}"


def _asset(name: str) -> bytes:
    return (resources.files(__package__) / "assets" / name).read_bytes()
