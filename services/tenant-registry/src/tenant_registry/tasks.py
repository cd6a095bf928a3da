"""Tasks that outlive a process, and what is left of them: rows that say where the work stands."""

from datetime import datetime
from typing import Any, Literal

from tenant_registry.rows import Row

RotationState = Literal["waiting", "rewrapping", "settling", "done", "failed"]


class Task(Row):
    """Work that is taken on when it is due, by one process at a time; `id` is the tenant id."""

    asked_by: str
    asked_at: datetime
    due_at: datetime | None
    """When it may be taken on, or taken over from a process that was killed; None: it is done."""
    holder: str | None = None
    """Who took it on last."""


class RotationRow(Task):
    """How the rotation of a tenant's keys stands; it stays until the next one."""

    state: RotationState = "waiting"
    signing: bool = False
    """Whether the signing key is renewed too."""
    data_key_version: int | None = None
    """The version that everything is to be protected with; before the start the one that was known."""
    signing_key_version: int | None = None
    new_signing_key: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    of: int = 0
    """How many documents with ciphertexts there were at the start."""
    done: int = 0
    unreadable: int = 0
    """Documents whose ciphertexts do not open."""
    collection: str = ""
    """Where the present pass stands: this collection, behind `place`."""
    place: str = ""
    clean: bool = True
    """Whether the present pass has found nothing older so far."""
    mark: str | None = None
    """What the relay has yet to tell."""
    marks_told: int = 0
    problem: str | None = None
    """Why it waits, or failed, for people."""


class ErasureRow(Task):
    """A tenant that is being erased, without anything personal; it goes when the receipt is there."""

    teams_tenant: str
    base_url_sha256: str
    token_hash: str
    """Of the registration token: who has it may ask for the receipt."""
    receipt_id: str
    counts: dict[str, int] | None = None
    """What there was, by kind; None: not counted yet."""
    keys_destroyed_at: datetime | None = None


class ReceiptRow(Row):
    """What says that a tenant was erased; `id` is the receipt's, which nobody can guess."""

    tenant_id: str
    token_hash: str
    statement: dict[str, Any]
    """What `jws` says."""
    jws: str
    jwk: dict[str, Any]
    at: datetime
