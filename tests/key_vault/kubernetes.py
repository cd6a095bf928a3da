"""A Kubernetes that does nothing but review service account tokens, as Vault asks it to at a login."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.answering import Posted, answering
from tests.certificates import Authority

REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews"
KEY = RSAKey.generate_key(2048)


@dataclass
class Kubernetes:
    """Knows the tokens that it issued, and what Vault asked about."""

    url: str = ""
    authority: str = ""
    """Of its certificate, PEM."""
    reviewer: str = "the-reviewers-token"
    issued: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By token: the service account, as `namespace:name`, and its id."""
    reviews: list[str] = field(default_factory=list)
    """The tokens that Vault asked about."""

    @property
    def config(self) -> dict[str, Any]:
        """Give what Vault's operator tells Vault of it."""
        return {
            "kubernetes_host": self.url,
            "kubernetes_ca_cert": self.authority,
            "token_reviewer_jwt": self.reviewer,
            "disable_local_ca_jwt": True,
        }

    def issue(self, namespace: str, name: str) -> str:
        """Give a service account's token as a pod finds it in its file."""
        account = {"name": name, "uid": str(uuid4())}  # Vault compares the id with the one in the review
        claims = {
            "iss": "https://kubernetes.default.svc",
            "sub": f"system:serviceaccount:{namespace}:{name}",
            "aud": ["https://kubernetes.default.svc"],
            "exp": int((datetime.now(UTC) + timedelta(hours=1)).timestamp()),
            "iat": int(datetime.now(UTC).timestamp()),
            "jti": str(uuid4()),
            "kubernetes.io": {"namespace": namespace, "serviceaccount": account},
        }
        token = jwt.encode({"alg": "RS256"}, claims, KEY)
        self.issued[token] = f"{namespace}:{name}", account["uid"]
        return token

    def review(self, token: str, audiences: list[str]) -> dict[str, object]:
        """Give the status of a TokenReview."""
        self.reviews.append(token)
        if token not in self.issued:
            return {"authenticated": False, "error": "token is not known"}
        account, uid = self.issued[token]
        groups = ["system:serviceaccounts", "system:authenticated"]
        user = {"username": f"system:serviceaccount:{account}", "uid": uid, "groups": groups}
        return {"authenticated": True, "user": user, "audiences": audiences}


@contextmanager
def running_kubernetes(directory: Path) -> Iterator[Kubernetes]:
    authority = Authority(directory)
    kubernetes = Kubernetes(authority=authority.file.read_text())

    def answer(posted: Posted) -> tuple[int, bytes]:
        asked = json.loads(posted.body)
        if posted.headers["Authorization"] != f"Bearer {kubernetes.reviewer}" or posted.path != REVIEW:
            return 403, json.dumps({"kind": "Status"}).encode()
        status = kubernetes.review(asked["spec"]["token"], asked["spec"].get("audiences", []))
        return 201, json.dumps(asked | {"status": status}).encode()

    with answering(answer, authority.certify("localhost")) as port:
        kubernetes.url = f"https://localhost:{port}"
        yield kubernetes
