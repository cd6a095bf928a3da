"""The two ways to register that are not the API: the command, and the web page."""

import re
import secrets
import tempfile
from pathlib import Path

import httpx
from tests.flows.canaries import TO_PASTE, Place
from tests.flows.watched import Watched

FORM = re.compile(r'name="form" value="([^"]+)"')
OWN = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
"""As a browser says it for a page without referrer."""
NOBODY_IS_THERE = "http://127.0.0.1:9"


async def by_command(town: Watched) -> list[Place]:
    """Register with `bridge tenant register`, look at it and change it with the token that was saved."""
    with tempfile.TemporaryDirectory() as directory:
        code, client_secret, token = (Path(directory) / name for name in ("code", "client-secret", "token"))
        code.write_text(await town.registration_code())
        client_secret.write_text(secrets.token_urlsafe())
        town.canaries.remember("clientSecret", client_secret.read_text())
        files = {"--code-file": code, "--client-secret-file": client_secret, "--save-token": token}
        options = [text for name, path in files.items() for text in (name, str(path))]
        client = ["--auth-mode", "oauth2", "--client-id", "an-id", "--jira-version", "10.3"]
        made = await town.output("tenant", "register", f"{NOBODY_IS_THERE}/command", *client, *options, kind=TO_PASTE)
        town.canaries.remember("registration token", token.read_text().strip())
        town.canaries.remember("webhook secret", *re.findall(r'"webhookSecret": "([^"]+)"', made.data.decode()))
        [tenant] = re.findall(r'"tenantId": "([^"]+)"', made.data.decode())
        as_owner = ["--token-file", str(token)]
        edited = await town.output("tenant", "edit", tenant, "--alias", "by-command", *as_owner)
        return [made, edited, await town.output("tenant", "show", tenant, *as_owner)]


async def by_page(town: Watched) -> None:
    """Register on the web page, with a wrong code first; look around, make a new secret, come back with the token."""
    async with httpx.AsyncClient(base_url=town.at.registry, headers=OWN, timeout=30, trust_env=False) as browser:
        form = await _form(browser)
        town.canaries.remember("form token", form)
        client_secret = secrets.token_urlsafe()
        town.canaries.remember("clientSecret", client_secret)
        said = {"form": form, "baseUrl": f"{NOBODY_IS_THERE}/page", "authMode": "oauth2", "version": "10.3"}
        said |= {"clientId": "an-id", "clientSecret": client_secret, "alias": "by-page"}
        refused = await browser.post("/register", data={**said, "code": "no-such-code"})
        assert refused.status_code == 403, refused.text
        made = await browser.post("/register", data={**said, "code": await town.registration_code()})
        assert made.status_code == 201, made.text
        token = browser.cookies["bridge-registration"]
        town.canaries.remember("registration token", token)
        _remember_secret(town, made.text)
        [page] = set(re.findall(r"/register/[0-9a-f]{32}", made.text))
        assert (await browser.post(f"{page}/checks", data={"form": form})).status_code == 303
        assert (await browser.get(f"{page}/jira")).is_success
        renewed = await browser.post(f"{page}/webhook/signed", data={"form": form})
        assert renewed.is_success, renewed.text
        _remember_secret(town, renewed.text)
        await browser.post(f"{page}/leave", data={"form": form})
        assert (await browser.post(page, data={"form": form, "token": f"{token}x"})).status_code >= 400
        assert (await browser.post(page, data={"form": form, "token": token})).status_code == 303


async def _form(browser: httpx.AsyncClient) -> str:
    found = FORM.search((await browser.get("/register")).text)
    assert found is not None
    return found[1]


def _remember_secret(town: Watched, page: str) -> None:
    """Remember every long value that the page shows for copying: the webhook's secret is among them."""
    values = re.findall(r">([A-Za-z0-9_-]{43})<", page)
    assert values, "the page shows a secret once"
    town.canaries.remember("webhook secret", *values)
