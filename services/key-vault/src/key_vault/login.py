"""How key-vault proves to Vault who it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from key_vault.settings import Settings
from key_vault.wire import Body, VaultUnavailable, Wire


@dataclass(frozen=True)
class Lease:
    """How long the token that Vault gave us is good for."""

    lasts: timedelta | None
    """None: it does not expire."""
    renewable: bool


Login = Callable[[Wire], Lease]


def login_of(settings: Settings) -> Login:
    """Choose the way to log in that the settings name."""
    mount = settings.vault_auth_mount or settings.vault_auth
    match settings.vault_auth:
        case "token":
            return TokenLogin(settings.vault_token.get_secret_value())
        case "approle":
            return AppRoleLogin(mount, settings.vault_role_id, settings.vault_secret_id.get_secret_value())
        case "kubernetes":
            return KubernetesLogin(mount, settings.vault_role, settings.vault_jwt_file)


@dataclass(frozen=True)
class TokenLogin:
    """A token made by others: for the devstack."""

    token: str = field(repr=False)

    def __call__(self, wire: Wire) -> Lease:
        """Ask Vault how long the token is good for."""
        wire.use(self.token)
        data = wire.call("get", "auth/token/lookup-self")["data"]
        lasts = timedelta(seconds=data["ttl"]) if data["ttl"] else None
        return Lease(lasts, bool(data.get("renewable")))


@dataclass(frozen=True)
class AppRoleLogin:
    """A role id and a secret id: for a machine outside Kubernetes."""

    mount: str
    role_id: str
    secret_id: str = field(repr=False)

    def __call__(self, wire: Wire) -> Lease:
        """Trade both for a token."""
        return _log_in(wire, self.mount, {"role_id": self.role_id, "secret_id": self.secret_id})


@dataclass(frozen=True)
class KubernetesLogin:
    """The pod's own service account token: for a cluster."""

    mount: str
    role: str
    jwt_file: Path

    def __call__(self, wire: Wire) -> Lease:
        """Trade it for a token of Vault; it is read anew because Kubernetes replaces it."""
        try:
            jwt = self.jwt_file.read_text().strip()
        except OSError as error:
            raise VaultUnavailable(f"no service account token at {self.jwt_file}") from error
        return _log_in(wire, self.mount, {"role": self.role, "jwt": jwt})


def renew(wire: Wire) -> Lease:
    """Lengthen the present token's life."""
    return _lease(wire.call("post", "auth/token/renew-self", {}))


def _log_in(wire: Wire, mount: str, proof: Body) -> Lease:
    answer = wire.call("post", f"auth/{mount}/login", proof)
    wire.use(answer["auth"]["client_token"])
    return _lease(answer)


def _lease(answer: Body) -> Lease:
    return Lease(timedelta(seconds=answer["auth"]["lease_duration"]), bool(answer["auth"].get("renewable")))
