"""Kubernetes' control plane on loopback: etcd, kube-apiserver, kube-controller-manager and kube-scheduler."""

import json
import secrets
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from devstack.engines.server import free_port
from devstack.process import Process

STARTS_WITHIN = timedelta(minutes=2)
SERVICES = "10.96.0.0/16"


@dataclass(frozen=True)
class Access:
    """How an administrator reaches the API server; `authority` is the file of the certificate that it shows."""

    url: str
    authority: Path
    token: str

    def write_kubeconfig(self, path: Path) -> None:
        """Write what kubectl, helm and the controllers read."""
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        told = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": {"token": self.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "current-context": "test",
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(told))

    def client(self) -> httpx.Client:
        """A client of its API with these rights."""
        trusted = ssl.create_default_context(cafile=str(self.authority))
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, verify=trusted, timeout=30)


@dataclass(frozen=True)
class ControlPlane:
    """Where its programs are, and the (empty) directory for its data, keys and logs."""

    programs: Path
    directory: Path

    @property
    def kubeconfig(self) -> Path:
        """An administrator's."""
        return self.directory / "kubeconfig"

    @contextmanager
    def running(self) -> Iterator[Access]:
        """Start all of it; stop it at the end."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stop:
            store = f"http://127.0.0.1:{free_port()}"
            self._start(stop, Process("etcd", self._etcd(store), None, self._log("etcd")), f"{store}/health")
            access = self._start_api(stop, store)
            access.write_kubeconfig(self.kubeconfig)
            for name, arguments in (("kube-controller-manager", self._controllers()), ("kube-scheduler", [])):
                port = free_port()
                argv = [*self._common(name, port), f"--kubeconfig={self.kubeconfig}", "--leader-elect=false"]
                process = Process(name, [*argv, *arguments], None, self._log(name))
                self._start(stop, process, f"https://127.0.0.1:{port}/healthz")
            yield access

    def _start_api(self, stop: ExitStack, store: str) -> Access:
        key, public, tokens = (self.directory / name for name in ("accounts.key", "accounts.pub", "tokens.csv"))
        _write_account_keys(key, public)
        port, token = free_port(), secrets.token_urlsafe()
        tokens.write_text(f'{token},administrator,administrator,"system:masters"\n')
        argv = [
            *self._common("kube-apiserver", port),
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--etcd-servers={store}",
            f"--service-cluster-ip-range={SERVICES}",
            "--authorization-mode=RBAC",
            f"--token-auth-file={tokens}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={public}",
            f"--service-account-signing-key-file={key}",
        ]
        access = Access(f"https://127.0.0.1:{port}", self._keys("kube-apiserver") / "apiserver.crt", token)
        process = Process("kube-apiserver", argv, None, self._log("kube-apiserver"))
        self._start(stop, process, f"{access.url}/readyz")
        return access

    def _etcd(self, store: str) -> list[str]:
        peers = f"http://127.0.0.1:{free_port()}"
        return [
            str(self.programs / "etcd"),
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--log-level=warn",
            "--unsafe-no-fsync",
        ]

    def _controllers(self) -> list[str]:
        return [
            f"--service-account-private-key-file={self.directory / 'accounts.key'}",
            f"--root-ca-file={self._keys('kube-apiserver') / 'apiserver.crt'}",
            "--use-service-account-credentials",
            "--controllers=*,-node-lifecycle-controller",  # our nodes renew no lease, and would count as lost
            "--concurrent-gc-syncs=5",
        ]

    def _common(self, name: str, port: int) -> list[str]:
        keys = f"--cert-dir={self._keys(name)}"
        return [str(self.programs / name), "--bind-address=127.0.0.1", f"--secure-port={port}", keys]

    def _keys(self, name: str) -> Path:
        return self.directory / f"{name}-keys"

    def _log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def _start(self, stop: ExitStack, process: Process, health: str) -> None:
        process.start()
        stop.callback(process.stop)
        process.wait_ready(lambda: _healthy(health), STARTS_WITHIN)


def _healthy(url: str) -> bool:
    """Whether it answers; without a token, which health does not need, and before its certificate can be trusted."""
    try:
        return httpx.get(url, verify=False).is_success
    except httpx.TransportError:
        return False


def _write_account_keys(private: Path, public: Path) -> None:
    """The pair that signs service accounts' tokens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(encoding, shape))
