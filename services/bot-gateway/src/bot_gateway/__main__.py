"""Run bot-gateway: `python -m bot_gateway`."""

from functools import partial

from bot_gateway.app import connect
from bot_gateway.settings import Settings
from chassis.service import main

if __name__ == "__main__":
    settings = Settings()
    main("bot-gateway", settings, partial(connect, settings=settings))
