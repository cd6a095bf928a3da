"""What the documents of tasks, and the receipts that they leave, must look like."""

from typing import Any

from tenant_registry.shape import HASH, RECORD, TEXT, TEXT_OR_NONE, VERSION_OR_NONE, WHEN, WHEN_OR_NONE, Index, Shape

COUNT = {"bsonType": ["int", "long"]}
YES_OR_NO = {"bsonType": "bool"}
TASK: dict[str, dict[str, Any]] = {"asked_by": TEXT, "asked_at": WHEN, "due_at": WHEN_OR_NONE, "holder": TEXT_OR_NONE}
DUE = Index(("due_at",), only={"due_at": {"$type": "date"}})

ROTATIONS = Shape(
    "rotations",
    {
        **TASK,
        "state": {"enum": ["waiting", "rewrapping", "settling", "done", "failed"]},
        "signing": YES_OR_NO,
        "data_key_version": VERSION_OR_NONE,
        "signing_key_version": VERSION_OR_NONE,
        "new_signing_key": YES_OR_NO,
        "started_at": WHEN_OR_NONE,
        "ended_at": WHEN_OR_NONE,
        "of": COUNT,
        "done": COUNT,
        "unreadable": COUNT,
        "collection": TEXT,
        "place": TEXT,
        "clean": YES_OR_NO,
        "mark": TEXT_OR_NONE,
        "marks_told": COUNT,
        "problem": TEXT_OR_NONE,
    },
    indexes=(DUE,),
)
ERASURES = Shape(
    "erasures",
    {
        **TASK,
        "teams_tenant": TEXT,
        "base_url_sha256": HASH,
        "token_hash": HASH,
        "receipt_id": TEXT,
        "counts": {"bsonType": ["object", "null"]},
        "keys_destroyed_at": WHEN_OR_NONE,
    },
    indexes=(DUE,),
)
RECEIPTS = Shape(
    "receipts",
    {"tenant_id": TEXT, "token_hash": HASH, "statement": RECORD, "jws": TEXT, "jwk": RECORD, "at": WHEN},
    indexes=(Index(("tenant_id",), unique=True),),
)
TASK_SHAPES = (ROTATIONS, ERASURES, RECEIPTS)
