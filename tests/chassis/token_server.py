"""An authorization server that gives tokens for clients' credentials (RFC 6749, section 4.4)."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from tests.answering import Posted, answering


@dataclass
class TokenServer:
    """What it knows, what it was asked, and how it answers."""

    url: str = ""
    clients: dict[str, str] = field(default_factory=dict)
    """Secrets by client id."""
    lives: int = 3600
    """Seconds of a token."""
    status: int = 200
    """Another one: it is out of order."""
    answer: dict[str, Any] = field(default_factory=dict)
    """What the answer says otherwise."""
    asked: list[dict[str, str]] = field(default_factory=list)

    def respond(self, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        kind, _, credentials = authorization.partition(" ")
        client, _, secret = base64.b64decode(credentials).decode().partition(":")
        if kind != "Basic" or self.clients.get(unquote_plus(client)) != unquote_plus(secret):
            return 401, {"error": "invalid_client", "error_description": f"{secret} is wrong"}
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if self.status != 200:
            return self.status, {"error": "temporarily_unavailable"}
        token = unsigned(unquote_plus(client), self.lives, form.get("scope", ""))
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lives} | self.answer


def unsigned(subject: str, lives: int, scope: str) -> str:
    """Give a JWS without a signature, which a Kafka broker takes when it is told to."""
    now = time.time()
    parts = (
        {"alg": "none"},
        {"sub": subject, "iat": now, "exp": now + lives, "scope": scope, "n": time.monotonic_ns()},
    )
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return f"{encoded[0]}.{encoded[1]}."


@contextmanager
def running_token_server(certificate: tuple[Path, Path] | None = None) -> Iterator[TokenServer]:
    """Serve on this machine; with the files of a certificate and its key, over TLS."""
    tokens = TokenServer()

    def answer(posted: Posted) -> tuple[int, bytes]:
        form = {name: values[0] for name, values in parse_qs(posted.body.decode()).items()}
        status, said = tokens.respond(posted.headers.get("Authorization", ""), form)
        return status, json.dumps(said).encode()

    with answering(answer, certificate) as port:
        tokens.url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}/token"
        yield tokens
