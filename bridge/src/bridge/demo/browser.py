"""A scripted browser visit: follow the card's button to Jira, log in, press Allow, read the code."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from bridge.demo.failure import StepFailed


@dataclass
class Form:
    """A form of a page: where it goes and what its fields hold; buttons are pressed by name."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """The parts of a page that a person would use: links, forms, and texts that have an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms and their fields; remember what stands open for the text inside."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("action", "")))
        elif tag == "input" and self.forms:
            kept = self.forms[-1].buttons if found.get("type") == "submit" else self.forms[-1].fields
            kept[found.get("name", "")] = found.get("value", "")
        elif tag not in ("meta", "br", "img", "link"):
            self._open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened last under this name."""
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position][0] == tag:
                del self._open[position:]
                return

    def handle_data(self, data: str) -> None:
        """Keep the text of links and of everything with an id."""
        for tag, attributes in self._open:
            if "id" in attributes:
                self.texts[attributes["id"]] = self.texts.get(attributes["id"], "") + data
            if tag == "a" and data.strip():
                self.links[data.strip()] = attributes.get("href", "")


class Browser:
    """One person's browser; `http` follows redirects and keeps cookies."""

    def __init__(self, person: str, http: httpx.AsyncClient) -> None:
        self._person = person
        self._http = http

    async def allow(self, url: str) -> str:
        """Open the connect button's address, press Allow as the person, and give the code that the last page shows."""
        try:
            page, at = await self._log_in(await self._http.get(url))
            form = next((form for form in page.forms if "approve" in form.buttons), None)
            if form is None:
                raise StepFailed(f"There is no Allow button at {_bare(at)}.", "tenant-registry")
            pressed = form.fields | {"approve": form.buttons["approve"]}
            callback = await self._http.post(urljoin(at, form.action), data=pressed)
        except httpx.TransportError as error:
            raise StepFailed(f"A page did not open: {type(error).__name__}.", "tenant-registry") from error
        return self._code(callback)

    async def _log_in(self, answer: httpx.Response) -> tuple[Page, str]:
        """Choose the person on Jira's log-in page, if that is where the browser came."""
        page = _page(answer)
        if self._person not in page.links:
            return page, str(answer.url)
        answer = await self._http.get(urljoin(str(answer.url), page.links[self._person]))
        return _page(answer), str(answer.url)

    def _code(self, answer: httpx.Response) -> str:
        code = _page(answer).texts.get("code", "").strip()
        if not code:
            where = f"{_bare(str(answer.url))} (HTTP {answer.status_code})"
            raise StepFailed(f"The page after Allow shows no code: {where}.", "tenant-registry")
        return code


def _page(answer: httpx.Response) -> Page:
    if answer.status_code >= 400:
        where = _bare(str(answer.url))
        raise StepFailed(f"{where} answered the browser with HTTP {answer.status_code}.", "tenant-registry")
    return Page(answer.text)


def _bare(url: str) -> str:
    """The address without its query, which may hold a token."""
    return url.partition("?")[0]
