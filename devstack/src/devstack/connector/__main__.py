"""Run the simulated Bot Connector: python -m devstack.connector --port 3979."""

import argparse
import os

import uvicorn

from devstack.connector.app import Connector
from devstack.connector.settings import ConnectorSettings

DEFAULTS = ConnectorSettings()


def arguments() -> argparse.Namespace:
    """What the command line says; the bot's secret comes from the environment, if not the default."""
    parser = argparse.ArgumentParser(prog="python -m devstack.connector", description=__doc__)
    parser.add_argument("--port", type=int, default=3979)
    parser.add_argument("--bot-url", default=DEFAULTS.bot_url, help="where the bot takes activities")
    parser.add_argument("--app-id", default=DEFAULTS.app_id, help="the bot's application id")
    parser.add_argument("--tenant", default=DEFAULTS.tenant, help="the Entra tenant")
    parser.add_argument("--extra-people", type=int, default=0, help="so many more users: person1, person2, …")
    parser.add_argument("--no-limits", action="store_true", help="do not enforce Teams' rate limits")
    return parser.parse_args()


def main() -> None:
    """Serve until stopped."""
    asked = arguments()
    settings = ConnectorSettings(
        public_url=f"http://127.0.0.1:{asked.port}",
        bot_url=asked.bot_url,
        app_id=asked.app_id,
        app_secret=os.environ.get("DEVSTACK_BOT_SECRET", DEFAULTS.app_secret),
        tenant=asked.tenant,
        extra_people=asked.extra_people,
    )
    connector = Connector(settings)
    connector.state.limits.enforced = not asked.no_limits
    uvicorn.run(connector.app, host="127.0.0.1", port=asked.port, log_level="warning")


if __name__ == "__main__":
    main()
