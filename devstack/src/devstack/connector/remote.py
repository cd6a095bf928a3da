"""The Teams client for another process: the same deeds as `Teams`, through the control API."""

from typing import Any

import httpx

from devstack.connector.posts import Post
from devstack.connector.teams import BotAnswer


class ControlRefused(RuntimeError):
    """The simulated Connector could not do what it was asked; the text says why."""


class RemoteTeams:
    """Plays Teams' users at a simulated Connector that runs elsewhere."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self._url = f"{url}/_control"
        self._http = http

    async def say(self, user: str, text: str, **where: str | bool) -> BotAnswer:
        """Type a message; `where` may name `conversation`, `mention`, `root`."""
        return BotAnswer(**await self.do("say", user=user, text=text, **where))

    async def verify_state(self, user: str, state: str) -> BotAnswer:
        """What Teams does when a sign-in window calls `notifySuccess(state)`."""
        return BotAnswer(**await self.do("verify_state", user=user, state=state))

    async def install(self, user: str, conversation: str | None = None) -> list[BotAnswer]:
        """Add the bot to a conversation."""
        return [BotAnswer(**answer) for answer in await self.do("install", user=user, conversation=conversation)]

    async def posts(self, conversation: str | None = None, *, since: int = 0, wait: float = 0) -> list[Post]:
        """What the bot did after `since`; with `wait`, for at most so many seconds until there is something."""
        asked = {"since": str(since), "wait": str(wait)} | ({"conversation": conversation} if conversation else {})
        answer = await self._ask("GET", "posts", params=asked, timeout=wait + 10)
        return [Post(**post) for post in answer["posts"]]

    async def world(self) -> dict[str, Any]:
        """Who and what there is, with Teams' ids."""
        world: dict[str, Any] = await self._ask("GET", "world")
        return world

    async def do(self, deed: str, **arguments: object) -> Any:
        """Any deed of the control API by its name."""
        return await self._ask("POST", deed, json=arguments, timeout=30)

    async def _ask(self, method: str, name: str, **request: Any) -> Any:
        try:
            response = await self._http.request(method, f"{self._url}/{name}", **request)
        except httpx.TransportError as error:
            raise ControlRefused(f"The simulated Connector did not answer: {error!r}") from error
        if response.is_error:
            raise ControlRefused(response.text)
        return response.json()
