"""Everything that one simulated Connector knows."""

from dataclasses import dataclass, field

from devstack.connector.entra import AccessTokens
from devstack.connector.faults import Faults
from devstack.connector.keys import SigningKeys
from devstack.connector.limits import Limits
from devstack.connector.posts import MessageIds, Posts
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World


@dataclass
class State:
    """Shared by the Connector REST, the control API and the Teams client.

    `blocked` holds the chats and channels from which the bot was removed.
    """

    settings: ConnectorSettings
    world: World
    tokens: AccessTokens
    posts: Posts
    ids: MessageIds
    keys: SigningKeys = field(default_factory=SigningKeys)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    blocked: set[str] = field(default_factory=set)

    @classmethod
    def fresh(cls, settings: ConnectorSettings) -> "State":
        """A Connector in which nothing has happened yet."""
        ids = MessageIds()
        return cls(settings, World(settings), AccessTokens(settings), Posts(ids), ids)
