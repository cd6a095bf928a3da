"""Is everything there that Bridge needs? Each check says what is wrong in plain words and what to do."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    says: str
    advice: str | None = None


def ok(name: str, says: str) -> Finding:
    """All is well."""
    return Finding(name, "ok", says)


def failed(name: str, says: str, advice: str) -> Finding:
    """Something is wrong, and this is what to do."""
    return Finding(name, "failed", says, advice)


def skipped(name: str, why: str) -> Finding:
    """It could not be looked at."""
    return Finding(name, "skipped", why)
