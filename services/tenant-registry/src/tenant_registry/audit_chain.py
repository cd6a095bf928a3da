"""The audit's chain: every row names the one before it by its hash, so nothing in between can change. Pure.

`hash` = SHA-256 of the JSON list [prev, seq, at, what, tenant_id, personal] and `personal` = SHA-256 of the JSON list
[salt, user, details] (see `AuditRow`); JSON as Python writes it, keys sorted, UTF-8; `at` in UTC to the millisecond.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from itertools import count

from tenant_registry.rows import AuditRow

GENESIS = "0" * 64
"""What the first row of an organisation names as the one before it."""


@dataclass(frozen=True)
class Head:
    """The last row of an organisation's chain, or none yet."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class Broken:
    """The first row that is not as it was written."""

    seq: int
    row_id: str | None
    """None: the row is gone."""
    why: str


def chained(head: Head, rows: Iterable[AuditRow]) -> list[AuditRow]:
    """Give rows their places behind the head, in the order given."""
    done: list[AuditRow] = []
    for seq, row in zip(count(head.seq + 1), rows, strict=False):
        digest = row_hash(head.hash, seq, row)
        done.append(row.model_copy(update={"seq": seq, "prev": head.hash, "hash": digest}))
        head = Head(seq, digest)
    return done


def follow(head: Head, rows: Iterable[AuditRow]) -> Head | Broken:
    """Follow the chain from the head through the rows after it; gives the new head, or where it breaks."""
    for row in rows:
        seq = head.seq + 1
        if row.seq != seq:
            return Broken(seq, None, "the row is gone")
        if row.prev != head.hash:
            return Broken(seq, row.id, "it does not follow the row before it")
        if row.salt is not None and row.personal != row.personal_digest():
            return Broken(seq, row.id, "user or details were changed")
        if row.salt is None and (row.user or row.details):
            return Broken(seq, row.id, "user or details were written into a row whose personal part was deleted")
        if row.hash != row_hash(head.hash, seq, row):
            return Broken(seq, row.id, "what was done, when or where was changed")
        head = Head(seq, row.hash)
    return head


def row_hash(prev: str, seq: int, row: AuditRow) -> str:
    """Digest a row in its place."""
    at = row.at.astimezone(UTC).isoformat(timespec="milliseconds")
    personal = row.personal or row.personal_digest()
    told = json.dumps([prev, seq, at, row.what, row.tenant_id, personal], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()
