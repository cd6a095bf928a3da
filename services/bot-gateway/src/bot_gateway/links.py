"""Links that a card may carry: only to the site it speaks of."""

import re
from urllib.parse import urlsplit

from bot_gateway.card_model import OpenUrl

NEVER_IN_URLS = re.compile(r"[\x00-\x20\x7f\\]")
LONGEST = 2000
LONGEST_TO_ISSUE = 400
"""A list of issues must not outgrow what Teams takes."""


def web_link(title: str | None, url: str) -> OpenUrl | None:
    """Give a link to a web page, or None where the URL is something else."""
    return OpenUrl(title=title, url=url) if _is_web(url) else None


def issue_link(title: str | None, key: str, url: str) -> OpenUrl | None:
    """Give a link to an issue, or None where the URL does not lead to it."""
    fits = len(url) <= LONGEST_TO_ISSUE and url.endswith(f"/browse/{key}")
    return web_link(title, url) if fits else None


def link_below(title: str | None, url: str, key: str, issue_url: str) -> OpenUrl | None:
    """Give a link to a page of the site that an issue is on."""
    base, browse, _ = issue_url.rpartition(f"/browse/{key}")
    return web_link(title, url) if browse and _is_web(base) and url.startswith(f"{base}/") else None


def _is_web(url: str) -> bool:
    if len(url) > LONGEST or NEVER_IN_URLS.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
