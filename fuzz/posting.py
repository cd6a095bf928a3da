"""One request to a running service, looked at: its status, and how long it took."""

import time
from dataclasses import dataclass

import httpx

from fuzz.found import Found
from fuzz.trying import shown

PATIENCE = 10
"""Seconds."""


@dataclass(frozen=True)
class Posted:
    """A POST of JSON, or of what claims to be some."""

    url: str
    body: bytes
    header: tuple[bytes, bytes]
    """The one that says who sends it."""


def post(http: httpx.Client, asked: Posted, expected: frozenset[int], found: Found) -> None:
    """Send it; note any status but the expected ones, no answer, and a slow one."""
    statuses = set()

    def send() -> float:
        began = time.perf_counter()
        headers = [asked.header, (b"Content-Type", b"application/json")]
        statuses.add(http.post(asked.url, content=asked.body, headers=headers).status_code)
        return time.perf_counter() - began

    body, header = shown(asked.body), shown(asked.header[1])
    try:
        found.took(send(), body, send)
    except httpx.TransportError as error:
        found.fail(f"no answer: {type(error).__name__}", f"{body} with {header}")
    for status in statuses - expected:
        found.fail(f"HTTP {status}", f"{body} with {header}")
