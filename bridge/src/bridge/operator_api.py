"""tenant-registry's HTTP API, as `bridge tenant`, `bridge keys` and `bridge audit` use it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

Json = dict[str, Any]
PATIENCE = timedelta(seconds=30)
TEMPORARY = (429, 502, 503, 504)


class RegistryError(Exception):
    """tenant-registry did not do it; the text is for people. `temporary`: it may do it in a moment."""

    def __init__(self, said: str, *, status: int = 0, code: str = "", temporary: bool = False) -> None:
        super().__init__(said)
        self.status = status
        self.code = code
        self.temporary = temporary


class RegistryApi:
    """One client; every call raises RegistryError when the answer is no success. Follows no redirect."""

    def __init__(self, url: str, token: SecretStr | None) -> None:
        headers = {"Accept": "application/json", "User-Agent": "bridge"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        self._url = url.rstrip("/")
        try:
            self._http = httpx.Client(base_url=self._url, headers=headers, timeout=PATIENCE.total_seconds())
        except (httpx.InvalidURL, ValueError) as error:
            raise RegistryError(f"{url!r} is no URL: write it as https://bridge.example.com.") from error

    def __enter__(self) -> "RegistryApi":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def register(self, call: Json) -> Json:
        """Register a Jira; with a token, one that is registered already."""
        return self._json("POST", "/v1/registrations", body=call)

    def tenants(self, **only: str) -> Iterator[Json]:
        """Give all tenants, page by page."""
        yield from self._pages("/v1/tenants", "tenants", only)

    def tenant(self, tenant_id: str) -> Json:
        """Give one."""
        return self._json("GET", _at(tenant_id))

    def edit(self, tenant_id: str, changes: Json) -> Json:
        """Change what these name of it."""
        return self._json("PATCH", _at(tenant_id), body=changes)

    def check(self, tenant_id: str) -> Json:
        """Have its checks run."""
        return self._json("POST", _at(tenant_id, "checks"))

    def tokens(self, tenant_id: str) -> Json:
        """Give the report of its tokens' ages."""
        return self._json("GET", _at(tenant_id, "tokens"))

    def suspend(self, tenant_id: str) -> Json:
        """Let nothing out or in."""
        return self._json("POST", _at(tenant_id, "suspension"))

    def resume(self, tenant_id: str) -> Json:
        """End that, once its checks pass."""
        return self._json("DELETE", _at(tenant_id, "suspension"))

    def erase(self, tenant_id: str, base_url: str) -> Json:
        """Erase it; gives the receipt (`state` erased), or that it goes on by itself (`state` erasing)."""
        return self._json("DELETE", _at(tenant_id), query={"confirm": base_url})

    def export(self, tenant_id: str) -> Iterator[bytes]:
        """Give all that is stored of it, as one JSON document in pieces."""
        with self._stream(_at(tenant_id, "export"), {}) as answer:
            yield from answer.iter_bytes()

    def rotate(self, tenant_id: str, *, signing_key: bool) -> Json:
        """Have its keys rotated."""
        return self._json("POST", _at(tenant_id, "rotation"), body={"signingKey": True} if signing_key else {})

    def rotation(self, tenant_id: str) -> Json:
        """Say how far that has come."""
        return self._json("GET", _at(tenant_id, "rotation"))

    def rotate_all(self) -> Json:
        """Have the keys of all tenants rotated."""
        return self._json("POST", "/v1/rotations")

    def rotations(self) -> Json:
        """Count the rotations by how far they are, and give the first page of them."""
        return self._json("GET", "/v1/rotations")

    def audit(self, tenant_id: str | None, **wanted: str) -> Iterator[Json]:
        """Give the entries that are wanted, the oldest first."""
        with self._stream(_at(tenant_id, "audit") if tenant_id else "/v1/audit", wanted) as answer:
            for line in answer.iter_lines():
                if line:
                    yield json.loads(line)

    def audit_holds(self, tenant_id: str | None, **wanted: str) -> Json:
        """Say whether the audit's chain holds."""
        where = _at(tenant_id, "audit", "verification") if tenant_id else "/v1/audit/verification"
        return self._json("GET", where, query=wanted)

    def _pages(self, path: str, name: str, only: dict[str, str]) -> Iterator[Json]:
        after: str | None = ""
        while after is not None:
            page = self._json("GET", path, query={**only, "after": after})
            yield from page[name]
            after = page["next"]

    def _json(self, method: str, path: str, *, body: Json | None = None, query: dict[str, str] | None = None) -> Json:
        try:
            answer = self._http.request(method, path, json=body, params=query)
            self._check(answer)
            found: Json = answer.json()
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        except ValueError as error:
            raise RegistryError(f"What answers at {self._url} is not tenant-registry. {_CHECK}") from error
        return found

    @contextmanager
    def _stream(self, path: str, query: dict[str, str]) -> Iterator[httpx.Response]:
        try:
            with self._http.stream("GET", path, params=query) as answer:
                if not answer.is_success:
                    answer.read()
                self._check(answer)
                yield answer
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        if answer.is_redirect:
            raise RegistryError(f"{self._url} leads elsewhere: give the address that it leads to.", status=302)
        problem = _problem(answer)
        detail = problem.get("detail") or f"tenant-registry answered with HTTP {answer.status_code}. {_CHECK}"
        code = str(problem.get("type", "")).rpartition(":")[2]
        temporary = answer.status_code in TEMPORARY
        raise RegistryError(str(detail), status=answer.status_code, code=code, temporary=temporary)

    def _unreachable(self, error: httpx.TransportError) -> RegistryError:
        why = str(error) or type(error).__name__
        return RegistryError(f"tenant-registry at {self._url} does not answer: {why}. {_CHECK}", temporary=True)


_CHECK = "Check --url (BRIDGE_REGISTRY_URL)."


def _at(tenant_id: str, *more: str) -> str:
    return "/".join(("/v1/tenants", quote(tenant_id, safe=""), *more))


def _problem(answer: httpx.Response) -> Json:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
