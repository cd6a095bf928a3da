"""A bot in the same process as the simulated Connector, and a way to call the Connector as that bot."""

from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.connector import Connector, ConnectorSettings

SETTINGS = ConnectorSettings(public_url="http://connector.test", bot_url="http://bot.test/api/messages")


class FakeBot:
    """Remembers what it was sent; answers invokes with what it heard."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.app = Starlette(routes=[Route("/api/messages", self._messages, methods=["POST"])])

    async def _messages(self, request: Request) -> Response:
        activity = await request.json()
        self.heard.append(activity)
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        return JSONResponse({"heard": activity["value"]}) if activity["type"] == "invoke" else Response(status_code=202)


class BotSide:
    """A connector with a bot, and the bot's own HTTP client towards it."""

    def __init__(self, settings: ConnectorSettings = SETTINGS) -> None:
        self.bot = FakeBot()
        self.connector = Connector(settings, httpx.AsyncClient(transport=httpx.ASGITransport(self.bot.app)))
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.connector.app),
            base_url=settings.service_url,
            headers=self.authorization(),
        )
        self.chat = self.connector.state.world.conversation("ada").id

    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.connector.state.tokens.issue()}"}

    async def post(self, activity: object, conversation: str | None = None) -> httpx.Response:
        return await self.http.post(f"v3/conversations/{conversation or self.chat}/activities", json=activity)
