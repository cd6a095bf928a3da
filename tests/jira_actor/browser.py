"""The person in the browser: logs in to the simulated Jira and presses a button on its Allow page."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx

CALLBACK = "https://bridge.example.com/oauth/callback?"


async def press(address: str, button: str, allow_page: str, user: str = "ada") -> dict[str, str]:
    """Open the page as this user, press `approve` or `deny`, and give the query with which Jira sends one back."""
    async with httpx.AsyncClient(base_url=address, trust_env=False) as browser:
        await browser.get("/login", params={"user": user})
        page = await browser.get(allow_page)
        assert page.status_code == 200, page.text
        fields = dict(re.findall(r"type='hidden' name='([^']*)' value='([^']*)'", page.text))
        form = {name: unescape(value) for name, value in fields.items()}
        answer = await browser.post(urlsplit(allow_page).path, data={**form, button: "yes"})
    assert answer.headers["location"].startswith(CALLBACK), answer.headers
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
