"""The simulated Bot Connector: Microsoft's side of a Teams bot, standing in for what cannot be installed.

It imports nothing of the services: what they believe about Teams is checked against a second reading of the protocol.
"""

from devstack.connector.app import Connector
from devstack.connector.settings import ConnectorSettings
from devstack.connector.teams import BotAnswer, Teams

__all__ = ["BotAnswer", "Connector", "ConnectorSettings", "Teams"]
