"""A bot that takes every activity and does nothing, with microsoft-teams-apps; runs in the rivals' environment.

Its JWT validation is the library's own, pointed at another Connector by its `cloud` option.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc, untyped-decorator"
# What is imported lives in the rivals' environment alone.

import asyncio
import sys

import uvicorn
from microsoft_teams.api import MessageActivity
from microsoft_teams.api.auth.cloud_environment import PUBLIC, with_overrides
from microsoft_teams.apps import ActivityContext, App, FastAPIAdapter


def main() -> None:
    """Serve until stopped."""
    port, connector, app_id, secret, tenant = sys.argv[1:]
    adapter = FastAPIAdapter(
        server_factory=lambda app: uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)
        )
    )
    app = App(
        client_id=app_id,
        client_secret=secret,
        tenant_id=tenant,
        cloud=with_overrides(PUBLIC, openid_metadata_url=f"{connector}/v1/.well-known/openidconfiguration"),
        http_server_adapter=adapter,
    )

    @app.on_message
    async def silent(_: ActivityContext[MessageActivity]) -> None:
        """Do nothing."""

    asyncio.run(app.start(int(port)))


if __name__ == "__main__":
    main()
