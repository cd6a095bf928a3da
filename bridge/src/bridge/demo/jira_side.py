"""The part of Jira's administrator: the registration call, the application link, the webhook, and a look inside."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from bridge.demo.failure import StepFailed

Json = dict[str, Any]
POLL_SECONDS = 0.5  # the registry lets one source ask twice a second


@dataclass(frozen=True)
class JiraSide:
    """Talks to the registry as Jira's administrator does, and to the simulated Jira's control API."""

    http: httpx.AsyncClient
    jira_url: str
    registry_url: str

    async def register(self, code: str) -> Json:
        """Make Jira's registration call with the code from Teams."""
        body = {"code": code, "baseUrl": self.jira_url, "product": "jira", "authMode": "oauth1"}
        return await self._registry("POST", "/v1/registrations", json=body)

    async def link_application(self, registration: Json) -> None:
        """Enter Bridge's consumer key and public key in Jira, as its form for incoming links asks."""
        link = {"name": "Bridge", "publicKey": registration["publicKey"]}
        await self._control("PUT", f"/consumers/{registration['consumerKey']}", link)

    async def add_webhook(self, registration: Json) -> None:
        """Let Jira tell Bridge what changes."""
        await self._control("PUT", "/webhooks", {"url": registration["webhookUrl"]})

    async def check(self, registration: Json, deadline: timedelta = timedelta(seconds=20)) -> Json:
        """Ask the registry to check this Jira and wait until it has; gives the tenant with its checks."""
        tenant, token = registration["tenantId"], {"Authorization": f"Bearer {registration['registrationToken']}"}
        await self._registry("POST", f"/v1/tenants/{tenant}/checks", headers=token)
        ends = time.monotonic() + deadline.total_seconds()
        found: Json = {}
        while time.monotonic() < ends:
            found = await self._registry("GET", f"/v1/tenants/{tenant}", headers=token)
            if found["state"] == "active":
                return found
            await asyncio.sleep(POLL_SECONDS)
        wrong = [f"{check['name']}: {check['said']}" for check in found.get("checks", []) if check["status"] != "ok"]
        why = f"The checks of this Jira did not turn green within {deadline.total_seconds():g} s: {found.get('state')}."
        raise StepFailed(" ".join([why, *wrong]), "jira-actor")

    async def comment_as(self, user: str, issue: str, text: str) -> None:
        """Somebody comments in Jira itself, with a personal access token."""
        token = f"pat-of-{user}-in-the-demo"
        await self._control("PUT", f"/users/{user}", {"personalAccessToken": token})
        headers = {"Authorization": f"Bearer {token}", "X-Atlassian-Token": "no-check"}
        url = f"{self.jira_url}/rest/api/2/issue/{issue}/comment"
        await self._ask("jira", "POST", url, json={"body": text}, headers=headers)

    async def issue(self, key: str) -> Json:
        """One issue as Jira holds it."""
        state = (await self._ask("jira", "GET", f"{self.jira_url}/_control/state")).json()
        found: Json | None = next((issue for issue in state["issues"] if issue["key"] == key), None)
        if found is None:
            raise StepFailed(f"Jira does not hold {key}.", "jira")
        return found

    async def _control(self, method: str, path: str, body: Json) -> None:
        await self._ask("jira", method, f"{self.jira_url}/_control{path}", json=body)

    async def _registry(self, method: str, path: str, **request: Any) -> Json:
        found: Json = (await self._ask("tenant-registry", method, f"{self.registry_url}{path}", **request)).json()
        return found

    async def _ask(self, process: str, method: str, url: str, **request: Any) -> httpx.Response:
        """Call; a failure says which call, never what was sent."""
        call = f"{method} {url}"
        try:
            answer = await self.http.request(method, url, **request)
        except httpx.TransportError as error:
            raise StepFailed(f"{call} was not answered: {type(error).__name__}.", process) from error
        if answer.is_error:
            raise StepFailed(f"{call} was answered with HTTP {answer.status_code}: {answer.text[:300]}", process)
        return answer
