"""The demo's processes, with each service in a container of its own image."""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.image_tests.engine import Image, remove

from bridge.demo.stack import Service, Stack, Startable
from devstack.process import Process, ProcessFailed

SECRETS = {"BRIDGE_BOT_APP_SECRET", "BRIDGE_MONGO_URL", "BRIDGE_VAULT_TOKEN"}
"""Settings that the containers get as files."""
SECRETS_DIR = "/etc/bridge/secrets"
SHELLS = ("/usr/bin/dash", "/usr/bin/bash")


@dataclass
class ContainerStack(Stack):
    """Engines and stand-ins as processes of this machine, the services as containers, the topics made by `cli`."""

    images: Mapping[str, Image] = field(default_factory=dict)
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return f"bridge-test-{self.run}-{service}"

    def codes(self) -> dict[str, int | None]:
        """How each service's process ended; None while it runs."""
        return {service.name: service.process.returncode for service in self._services}

    async def stop(self) -> None:
        """Stop everything; a container that would not end is removed."""
        await super().stop()
        for service, image in self.images.items():
            await asyncio.to_thread(remove, image.engine, self.container(service))

    async def _start(self, layer: Sequence[Startable]) -> None:
        for one in layer:
            if isinstance(one, Service):
                one.process = Process(one.name, self._argv(one), None, self.log_of(one.name))
        await super()._start(layer)

    async def _topics(self, kafka: str) -> None:
        began = time.perf_counter()
        options = ["--env", f"BRIDGE_KAFKA_BOOTSTRAP={kafka}"]
        ended = await asyncio.to_thread(self.images["cli"].run, "topics", "apply", options=options)
        if ended.code:
            raise ProcessFailed(f"The topics were not made: {ended.out}{ended.err}")
        self.show("topics, made by the image cli", time.perf_counter() - began)

    def _argv(self, service: Service) -> list[str]:
        own = {name: value for name, value in service.env.items() if name.startswith("BRIDGE_")}
        directory = self.directory / "containers" / service.name
        secrets = _secrets(directory / "secrets", {name: own.pop(name) for name in SECRETS & own.keys()})
        own |= {"BRIDGE_SECRETS_DIR": SECRETS_DIR, "BRIDGE_DATA_DIR": "/var/lib/bridge"}
        lines = directory / "env"
        lines.write_text("".join(f"{name}={value}\n" for name, value in own.items()))
        no_shell = directory / "no-shell"
        no_shell.touch()
        return self.images[service.name].argv(
            *("--name", self.container(service.name), "--env-file", str(lines)),
            *("--volume", f"{secrets}:{SECRETS_DIR}:ro"),
            *(word for shell in SHELLS for word in ("--volume", f"{no_shell}:{shell}:ro")),
        )


def _secrets(directory: Path, secrets: Mapping[str, str]) -> Path:
    """One file per setting, which the container's user may read."""
    directory.mkdir(parents=True)
    for name, value in secrets.items():
        file = directory / name.lower()
        file.write_text(value)
        file.chmod(0o444)
    return directory
