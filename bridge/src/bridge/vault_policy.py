"""`bridge vault`: the policy that key-vault works with, and how to set up the role that carries it."""

import shlex
from enum import StrEnum
from typing import Annotated

import typer

from bridge.options import EXIT_CODES, OutputOption
from bridge.output import Output, print_json

NAME = "key-vault"
"""Of the policy and of the role, as key-vault's own settings have it."""
OWN_KEYS = {"key-vault-sealing": ("sign",), "bridge-receipts": ("encrypt", "decrypt")}
"""Keys of the service itself, and what each is not for; all others in the mount are tenants'."""
ROLE = {
    "token_policies": NAME,
    "token_no_default_policy": "true",
    "token_type": "service",
    "token_ttl": "1h",
    "token_max_ttl": "24h",
}
IMPORT = {"ciphertext": "", "hash_function": ""}
OLDEST = {"min_decryption_version": "", "min_encryption_version": ""}
CONFIG = {"deletion_allowed": "", **OLDEST}
RENEWED = "key-vault-sealing"
"""The one of its own keys that key-vault renews, and of which it removes what is old."""

app = typer.Typer(help="What an operator of Vault needs to let key-vault in.", epilog=EXIT_CODES, no_args_is_help=True)
MountOption = Annotated[str, typer.Option(help="Where the transit engine is mounted that is Bridge's alone.")]


class Auth(StrEnum):
    """The ways in which key-vault logs in."""

    APPROLE = "approle"
    KUBERNETES = "kubernetes"


@app.command("policy", epilog=EXIT_CODES)
def print_policy(mount: MountOption = "transit", output: OutputOption = Output.TEXT) -> None:
    """Print the least that key-vault needs, as a policy of Vault.

    Use it so: bridge vault policy | vault policy write key-vault -
    """
    if output is Output.JSON:
        return print_json({"name": NAME, "policy": policy(mount)})
    typer.echo(policy(mount), nl=False)
    return None


@app.command("role", epilog=EXIT_CODES)
def print_role(
    auth: Annotated[Auth, typer.Argument(help="How key-vault proves who it is.")],
    namespace: Annotated[str, typer.Option(help="Kubernetes only: where key-vault runs.")] = "bridge",
    service_account: Annotated[str, typer.Option(help="Kubernetes only: as whom it runs.")] = NAME,
    audience: Annotated[str | None, typer.Option(help="Kubernetes only: for whom its token must be meant.")] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Print the commands that make key-vault's role; the auth method itself must be enabled and configured."""
    commands = approle() if auth is Auth.APPROLE else kubernetes(namespace, service_account, audience)
    if output is Output.JSON:
        return print_json({"auth": auth, "commands": commands})
    for command in commands:
        typer.echo(shlex.join(command))
    return None


def approle() -> list[list[str]]:
    """Give the commands for a machine outside Kubernetes; the last two print what key-vault's settings want."""
    role = f"auth/approle/role/{NAME}"
    return [
        ["vault", "write", role, *_given(ROLE)],
        ["vault", "read", "-field=role_id", f"{role}/role-id"],
        ["vault", "write", "-f", "-field=secret_id", f"{role}/secret-id"],
    ]


def kubernetes(namespace: str, service_account: str, audience: str | None = None) -> list[list[str]]:
    """Give the command for a cluster."""
    bound = {"bound_service_account_names": service_account, "bound_service_account_namespaces": namespace}
    if audience:
        bound["audience"] = audience
    return [["vault", "write", f"auth/kubernetes/role/{NAME}", *_given(bound | ROLE)]]


def policy(mount: str = "transit") -> str:
    """Give the policy in HCL; what it does not name, Vault refuses."""
    at = mount.strip("/")
    return "\n\n".join(
        [
            f"# {NAME}: uses, makes, rotates and destroys keys of the transit engine at {at}/; can read none of them.",
            _path(f"{at}/config/keys", "create, update", {"disable_upsert": "true"}),
            _path(f"{at}/wrapping_key", "read"),
            "# Only kinds of keys that Vault never shows: parameters such as exportable are refused.",
            _path(f"{at}/keys/+", "create, read, update, delete", {"type": '"aes256-gcm96", "rsa-2048"'}),
            _path(f"{at}/keys/+/import", "create, update", IMPORT | {"type": "", "allow_rotation": ""}),
            _path(f"{at}/keys/+/import_version", "create, update", IMPORT),
            _path(f"{at}/keys/+/rotate", "create, update"),
            _path(f"{at}/keys/+/config", "create, update", CONFIG),
            *(_path(f"{at}/{use}/+", "create, update") for use in ("encrypt", "decrypt", "sign")),
            f"# {NAME}'s own keys, each for one thing; one is renewed; only an operator removes them.",
            *(stanza for name in OWN_KEYS for stanza in _own(at, name)),
            "# Never, whatever other policies the token may have.",
            *(_path(f"{at}/{way}/*", "deny") for way in ("export", "backup", "restore")),
            "# Its own login.",
            _path("auth/token/lookup-self", "read"),
            _path("auth/token/renew-self", "create, update"),
            "",
        ]
    )


def _own(at: str, name: str) -> list[str]:
    renewed = name == RENEWED
    denied = [f"keys/{name}/{act}" for act in ("import", "import_version", *(() if renewed else ("config", "rotate")))]
    denied += [f"{use}/{name}" for use in OWN_KEYS[name]]
    given = [_path(f"{at}/keys/{name}", "create, read, update", {"type": '"rsa-2048"'})]
    if renewed:
        given.append(_path(f"{at}/keys/{name}/config", "create, update", OLDEST))
        given.append(_path(f"{at}/keys/{name}/trim", "create, update", {"min_available_version": ""}))
    return [*given, *(_path(f"{at}/{path}", "deny") for path in denied)]


def _path(path: str, capabilities: str, allowed: dict[str, str] | None = None) -> str:
    """Give a stanza; `allowed`: the parameters that may come with a request, and their values, none for any."""
    quoted = ", ".join(f'"{it}"' for it in capabilities.split(", "))
    lines = [f"  capabilities = [{quoted}]"]
    if allowed is not None:
        lines.append("  allowed_parameters = {")
        lines += [f'    "{name}" = [{values}]' for name, values in allowed.items()]
        lines.append("  }")
    return "\n".join([f'path "{path}" {{', *lines, "}"])


def _given(values: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]
