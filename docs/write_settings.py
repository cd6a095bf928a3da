"""Write `settings.md` from the services' settings classes (run by `make documents`)."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import bot_gateway.settings
import jira_actor.settings
import key_vault.settings
import tenant_registry.settings
from bridge.tenant_options import RegistryAccess
from chassis.settings import ServiceSettings

HERE = Path(__file__).parent
SERVICES: dict[str, type[ServiceSettings]] = {
    "bot-gateway": bot_gateway.settings.Settings,
    "tenant-registry": tenant_registry.settings.Settings,
    "jira-actor": jira_actor.settings.Settings,
    "key-vault": key_vault.settings.Settings,
}
HEAD = """# Settings

Every setting is an environment variable; secrets may instead be files in the directory that `BRIDGE_SECRETS_DIR`
names, one per setting, named as the variable in lower case. Durations are ISO 8601 (`PT20S`). Written by
`make documents`.
"""
COMMAND = """## The command `bridge`

It reads the settings of all services, and for `bridge doctor` those of MongoDB, Vault and Teams, under the services'
names. `bridge tenant`, `bridge keys` and `bridge audit` speak to tenant-registry, and need:
"""


def document() -> str:
    """Give the page."""
    shared = ServiceSettings.model_fields
    parts = [HEAD, "## All services\n", _table(shared)]
    for service, settings in SERVICES.items():
        own = {
            name: field
            for name, field in settings.model_fields.items()
            if name not in shared or shared[name].default != field.default
        }
        parts += [f"## {service}\n", _table(own)]
    command = {name: field for name, field in RegistryAccess.model_fields.items() if name not in shared}
    parts += [COMMAND, _table(command)]
    return "\n".join(parts)


def _table(fields: dict[str, FieldInfo]) -> str:
    rows = [
        f"| `BRIDGE_{name.upper()}` | {_default(field)} | {_cell(field.description)} |"
        for name, field in fields.items()
    ]
    return "\n".join(["| variable | default | what |", "| --- | --- | --- |", *rows, ""])


def _default(field: FieldInfo) -> str:
    default: Any = field.default
    if default is PydanticUndefined:
        return "**required**"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, timedelta):
        return f"`PT{default.total_seconds():g}S`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return "" if default in (None, "", ()) else f"`{default}`"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    (HERE / "settings.md").write_text(document())
    sys.stdout.write("wrote settings.md\n")
