"""The three engines as containers, where Docker runs.

Written after the source of testcontainers and never run so far: it was made where no Docker runs.
"""

import shutil
import subprocess

from testcontainers.community.kafka import KafkaContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from devstack.engines.transit import transit_mounted

KAFKA_IMAGE = (
    "confluentinc/cp-kafka:7.6.0"  # KafkaContainer rewrites scripts inside it; this is the image it is tested with
)
MONGO_IMAGE = "mongo:8.0"
VAULT_IMAGE = "hashicorp/vault:1.20"
MONGO_PORT = 27017
VAULT_PORT = 8200
MAKE_PRIMARY = """
rs.initiate({_id: "bridge", members: [{_id: 0, host: "localhost:27017"}]});
while (!db.hello().isWritablePrimary) sleep(50);
"""


def why_not() -> str | None:
    """Why containers cannot run here, in words for people; None when they can."""
    if shutil.which("docker") is None:
        return "there is no Docker"
    asked = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True, check=False
    )
    return None if asked.returncode == 0 else f"Docker does not answer ({asked.stderr.strip()})"


class KafkaInDocker:
    """One broker in KRaft mode, which creates no topic by itself."""

    name = KAFKA_IMAGE

    def __init__(self) -> None:
        self._container = KafkaContainer(KAFKA_IMAGE).with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")

    @property
    def url(self) -> str:
        return self._container.get_bootstrap_server()

    def start(self) -> None:
        self._container.start(timeout=120)

    def stop(self) -> None:
        self._container.stop()


class MongoInDocker:
    """A replica set of one node: change streams and transactions need one."""

    name = MONGO_IMAGE

    def __init__(self) -> None:
        self._container = (
            DockerContainer(MONGO_IMAGE)
            .with_command("mongod --replSet bridge --bind_ip_all")
            .with_exposed_ports(MONGO_PORT)
            .waiting_for(LogMessageWaitStrategy("Waiting for connections"))
        )

    @property
    def url(self) -> str:
        host, port = self._container.get_container_host_ip(), self._container.get_exposed_port(MONGO_PORT)
        return f"mongodb://{host}:{port}/?directConnection=true"

    def start(self) -> None:
        self._container.start()
        made = self._container.exec(["mongosh", "--quiet", "--eval", MAKE_PRIMARY])
        if made.exit_code != 0:
            raise RuntimeError(f"MongoDB's replica set could not be made: {made.output.decode(errors='replace')}")

    def stop(self) -> None:
        self._container.stop()


class VaultInDocker:
    """A development server with its transit engine mounted."""

    name = VAULT_IMAGE

    def __init__(self, token: str) -> None:
        self._container = (
            DockerContainer(VAULT_IMAGE)
            .with_env("VAULT_DEV_ROOT_TOKEN_ID", token)
            .with_exposed_ports(VAULT_PORT)
            .waiting_for(LogMessageWaitStrategy("Development mode should NOT be used"))
        )
        self._token = token

    @property
    def url(self) -> str:
        return f"http://{self._container.get_container_host_ip()}:{self._container.get_exposed_port(VAULT_PORT)}"

    def start(self) -> None:
        self._container.start()
        if not transit_mounted(self.url, self._token):
            raise RuntimeError("Vault's transit engine could not be mounted")

    def stop(self) -> None:
        self._container.stop()
