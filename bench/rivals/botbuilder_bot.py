"""A bot that takes every activity and does nothing, with botbuilder-integration-aiohttp; for the rivals' environment.

Its JWT validation is the library's own, pointed at another Connector by the settings it reads from its configuration.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc, untyped-decorator"
# What is imported lives in the rivals' environment alone.

import sys
from typing import Any

from aiohttp import web
from botbuilder.core import ActivityHandler, BotFrameworkAdapter, BotFrameworkAdapterSettings, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity


class Configuration:
    """What the library's samples call DefaultConfig; the last five name our Connector instead of Microsoft's."""

    def __init__(self, connector: str, app_id: str, secret: str, tenant: str) -> None:
        self.APP_ID, self.APP_PASSWORD = app_id, secret
        self.APP_TYPE, self.APP_TENANTID = "SingleTenant", tenant
        self.TO_CHANNEL_FROM_BOT_LOGIN_URL = f"{connector}/{tenant}"
        self.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE = "https://api.botframework.com"
        self.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER = "https://api.botframework.com"  # noqa: S105 - a name
        self.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL = f"{connector}/v1/.well-known/openidconfiguration"
        self.OAUTH_URL = connector


class Silent(ActivityHandler):
    """Takes messages."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Do nothing."""


def cloud_adapter(configuration: Configuration) -> Any:
    """The adapter of the library's present samples."""
    adapter, bot = CloudAdapter(ConfigurationBotFrameworkAuthentication(configuration)), Silent()

    async def messages(request: web.Request) -> web.StreamResponse:
        return await adapter.process(request, bot) or web.Response(status=201)

    return messages


def classic_adapter(configuration: Configuration) -> Any:
    """The adapter of its older samples, which does less per message."""
    settings = BotFrameworkAdapterSettings(
        configuration.APP_ID,
        configuration.APP_PASSWORD,
        open_id_metadata=configuration.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL,
    )
    adapter, bot = BotFrameworkAdapter(settings), Silent()

    async def messages(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        answer = await adapter.process_activity(activity, request.headers.get("Authorization", ""), bot.on_turn)
        return web.json_response(answer.body, status=answer.status) if answer else web.Response(status=201)

    return messages


def main() -> None:
    """Serve until stopped."""
    kind, port, *configuration = sys.argv[1:]
    make = {"cloud": cloud_adapter, "classic": classic_adapter}[kind]
    app = web.Application()
    app.router.add_post("/api/messages", make(Configuration(*configuration)))
    web.run_app(app, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main()
