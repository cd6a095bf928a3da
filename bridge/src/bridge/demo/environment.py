"""The environment of the four services in the demo: loopback addresses, and credentials for this machine alone."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World
from devstack.engines import Engines

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")


@dataclass(frozen=True)
class Addresses:
    """Where everything of one demo listens; the health ports are by service."""

    engines: Engines
    jira: str
    connector: str
    registry_port: int
    gateway_port: int
    health_ports: Mapping[str, int]

    @property
    def registry(self) -> str:
        """Where browsers and Jira reach the registry."""
        return f"http://127.0.0.1:{self.registry_port}"

    @property
    def bot(self) -> str:
        """Where Teams sends activities."""
        return f"http://127.0.0.1:{self.gateway_port}/api/messages"


def environment(service: str, at: Addresses, bot: ConnectorSettings) -> dict[str, str]:
    """Everything that this service's settings need; of our own environment only what a process needs to run."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {
        "bot-gateway": lambda: _bot_gateway(at, bot),
        "tenant-registry": lambda: _tenant_registry(at, bot),
        "jira-actor": lambda: _jira_actor(at),
        "key-vault": lambda: _key_vault(at),
    }[service]()
    settings = {**_all(at), **own, "HEALTH_PORT": str(at.health_ports[service])}
    return kept | {f"BRIDGE_{name}": value for name, value in settings.items()}


def _all(at: Addresses) -> dict[str, str]:
    common = {"KAFKA_BOOTSTRAP": at.engines.kafka_bootstrap, "HEALTH_HOST": "127.0.0.1", "LOG_LEVEL": "DEBUG"}
    if at.engines.embedded_kafka:  # it knows no idempotent producers, and answers late when asked to wait
        common |= {
            "KAFKA_IDEMPOTENCE": "false",
            "KAFKA_FETCH_MAX_WAIT": "PT0.01S",
            "KAFKA_SESSION_TIMEOUT": "PT3S",  # the first join of a group takes half of it there
        }
    return common


def _bot_gateway(at: Addresses, bot: ConnectorSettings) -> dict[str, str]:
    return {
        "BOT_APP_ID": bot.app_id,
        "BOT_APP_SECRET": bot.app_secret,
        "BOT_APP_TENANT": bot.tenant,
        "LOGIN_AUTHORITY": at.connector,
        "OPENID_METADATA_URL": f"{at.connector}/v1/.well-known/openidconfiguration",
        "ALLOW_LOOPBACK_HTTP": "true",
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(at.gateway_port),
    }


def _tenant_registry(at: Addresses, bot: ConnectorSettings) -> dict[str, str]:
    return {
        "MONGO_URL": at.engines.mongo_url,
        "REGISTRY_HOST": "127.0.0.1",
        "REGISTRY_PORT": str(at.registry_port),
        "REGISTRY_PUBLIC_URL": at.registry,
        "REGISTRARS": World(bot).person("ada").aad_object_id,
        "ALLOW_HTTP": "true",
    }


def _jira_actor(at: Addresses) -> dict[str, str]:
    return {"REGISTRY_PUBLIC_URL": at.registry, "UNSAFE_ALLOW_LOOPBACK": "true", "ALLOW_HTTP": "true"}


def _key_vault(at: Addresses) -> dict[str, str]:
    return {"VAULT_URL": at.engines.vault_url, "VAULT_TOKEN": at.engines.vault_token}
