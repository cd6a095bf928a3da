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
PIECE = 64 * 1024  # bytes of an export at one time

# What the answers hold at least: by it tenant-registry is told from something else that answers with JSON.
REGISTERED = frozenset({"tenantId", "registrationToken", "paste"})
TENANT = frozenset({"tenantId", "state", "baseUrl", "checks"})
CHECK_STARTED = frozenset({"checkId"})
TOKENS = frozenset({"links", "ages", "byKeyVersion"})
ERASURE = frozenset({"state"})
ROTATION = frozenset({"state", "done", "of"})
ROTATIONS_ASKED = frozenset({"asked", "underWay"})
ROTATIONS = frozenset({"states"})
ENTRY = frozenset({"seq", "at", "what"})
VERIFICATION = frozenset({"holds", "entries", "said"})


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
        if "@" in url:
            raise RegistryError("The URL of tenant-registry has an @: leave out name and password.")
        self._url = url.rstrip("/")
        try:
            base_url = httpx.URL(self._url)
        except (httpx.InvalidURL, ValueError) as error:
            raise RegistryError(f"{url!r} is no URL: write it as https://bridge.example.com.") from error
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=PATIENCE.total_seconds())

    def __enter__(self) -> "RegistryApi":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def register(self, call: Json) -> Json:
        """Register a Jira; with a token, one that is registered already."""
        return self._json("POST", "/v1/registrations", REGISTERED, body=call)

    def tenants(self, **only: str) -> Iterator[Json]:
        """Give all tenants, page by page."""
        yield from self._pages("/v1/tenants", "tenants", TENANT, only)

    def tenant(self, tenant_id: str) -> Json:
        """Give one."""
        return self._json("GET", _at(tenant_id), TENANT)

    def edit(self, tenant_id: str, changes: Json) -> Json:
        """Change what these name of it."""
        return self._json("PATCH", _at(tenant_id), TENANT, body=changes)

    def check(self, tenant_id: str) -> Json:
        """Have its checks run."""
        return self._json("POST", _at(tenant_id, "checks"), CHECK_STARTED)

    def tokens(self, tenant_id: str) -> Json:
        """Give the report of its tokens' ages."""
        return self._json("GET", _at(tenant_id, "tokens"), TOKENS)

    def suspend(self, tenant_id: str) -> Json:
        """Let nothing out or in."""
        return self._json("POST", _at(tenant_id, "suspension"), TENANT)

    def resume(self, tenant_id: str) -> Json:
        """End that, once its checks pass."""
        return self._json("DELETE", _at(tenant_id, "suspension"), TENANT)

    def erase(self, tenant_id: str, base_url: str) -> Json:
        """Erase it; gives the receipt (`state` erased), or that it goes on by itself (`state` erasing)."""
        return self._json("DELETE", _at(tenant_id), ERASURE, query={"confirm": base_url})

    def export(self, tenant_id: str) -> Iterator[bytes]:
        """Give all that is stored of it, as one JSON document in pieces."""
        with self._stream(_at(tenant_id, "export"), "application/json", {}) as answer:
            pieces = answer.iter_bytes(PIECE)
            first = next(pieces, b"")
            _need(first.startswith(b"{") and b'"exportedAt"' in first)
            yield first
            yield from pieces

    def rotate(self, tenant_id: str, *, signing_key: bool) -> Json:
        """Have its keys rotated."""
        body = {"signingKey": True} if signing_key else {}
        return self._json("POST", _at(tenant_id, "rotation"), ROTATION, body=body)

    def rotation(self, tenant_id: str) -> Json:
        """Say how far that has come."""
        return self._json("GET", _at(tenant_id, "rotation"), ROTATION)

    def rotate_all(self) -> Json:
        """Have the keys of all tenants rotated."""
        return self._json("POST", "/v1/rotations", ROTATIONS_ASKED)

    def rotations(self) -> Json:
        """Count the rotations by how far they are, and give the first page of them."""
        return self._json("GET", "/v1/rotations", ROTATIONS)

    def audit(self, tenant_id: str | None, **wanted: str) -> Iterator[Json]:
        """Give the entries that are wanted, the oldest first."""
        where = _at(tenant_id, "audit") if tenant_id else "/v1/audit"
        with self._stream(where, "application/x-ndjson", wanted) as answer:
            for line in _lines(answer.iter_bytes()):
                if line:
                    yield _holding(json.loads(line), ENTRY)

    def audit_holds(self, tenant_id: str | None, **wanted: str) -> Json:
        """Say whether the audit's chain holds."""
        where = _at(tenant_id, "audit", "verification") if tenant_id else "/v1/audit/verification"
        return self._json("GET", where, VERIFICATION, query=wanted)

    def _pages(self, path: str, name: str, each: frozenset[str], only: dict[str, str]) -> Iterator[Json]:
        after: str | None = ""
        while after is not None:
            page = self._json("GET", path, frozenset({name, "next"}), query={**only, "after": after})
            with self._understood():
                _need(isinstance(page[name], list))
                found = [_holding(one, each) for one in page[name]]
            yield from found
            after = page["next"]

    def _json(
        self,
        method: str,
        path: str,
        holds: frozenset[str],
        *,
        body: Json | None = None,
        query: dict[str, str] | None = None,
    ) -> Json:
        with self._understood():
            answer = self._http.request(method, path, json=body, params=query)
            self._check(answer)
            return _holding(answer.json(), holds)

    @contextmanager
    def _stream(self, path: str, content_type: str, query: dict[str, str]) -> Iterator[httpx.Response]:
        with self._understood(), self._http.stream("GET", path, params=query) as answer:
            if not answer.is_success:
                answer.read()
            self._check(answer)
            _need(answer.headers.get("content-type", "").startswith(content_type))
            yield answer

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Turn what goes wrong on the way, and an answer that is not tenant-registry's, into RegistryError."""
        try:
            yield
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        except (ValueError, httpx.DecodingError) as error:
            said = f"What answers at {self._url} is not tenant-registry, but perhaps a proxy or a sign-in page."
            raise RegistryError(f"{said} {_CHECK}") from error

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
        unsent = isinstance(error, httpx.LocalProtocolError)  # its text repeats a header, and so the token
        why = type(error).__name__ if unsent else str(error) or type(error).__name__
        return RegistryError(f"tenant-registry at {self._url} does not answer: {why}. {_CHECK}", temporary=True)


_CHECK = "Check --url (BRIDGE_REGISTRY_URL)."


def _at(tenant_id: str, *more: str) -> str:
    return "/".join(("/v1/tenants", quote(tenant_id, safe=""), *more))


def _need(held: bool) -> None:
    if not held:
        raise ValueError("this is not what tenant-registry answers")


def _holding(found: object, names: frozenset[str]) -> Json:
    if not (isinstance(found, dict) and names <= found.keys()):
        raise ValueError(f"this is no object with {', '.join(sorted(names))}")
    return found


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Split at line feeds alone: httpx also splits at U+2028 and others, which JSON may hold as they are."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    yield rest


def _problem(answer: httpx.Response) -> Json:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
