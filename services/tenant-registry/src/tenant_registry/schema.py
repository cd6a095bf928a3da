"""The collections: what their documents must look like, what is unique, and what passes away by itself."""

from tenant_registry.shape import (
    AUTH_MODE,
    HASH,
    HASH_OR_NONE,
    LIST,
    RECORD,
    TEXT,
    TEXT_OR_NONE,
    VERSION_OR_NONE,
    WHEN,
    WHEN_OR_NONE,
    Index,
    Shape,
)

TENANTS = Shape(
    "tenants",
    {
        "teams_tenant": TEXT,
        "product": {"enum": ["jira"]},
        "base_url": {"bsonType": "string", "pattern": "^https?://"},
        "signing_base_url": TEXT_OR_NONE,
        "site": TEXT,
        "alias": TEXT_OR_NONE,
        "is_default": {"bsonType": "bool"},
        "auth_mode": AUTH_MODE,
        "consumer_key": TEXT,
        "client_secret": TEXT_OR_NONE,
        "webhook_secret": TEXT_OR_NONE,
        "source_networks": LIST,
        "destinations": LIST,
        "public_key": TEXT_OR_NONE,
        "data_key_version": VERSION_OR_NONE,
        "signing_key_version": VERSION_OR_NONE,
        "keys_destroyed_at": WHEN_OR_NONE,
        "state": {"enum": ["pending", "active", "failed", "suspended"]},
        "jira_version": TEXT_OR_NONE,
        "connector_version": TEXT_OR_NONE,
        "title": TEXT_OR_NONE,
        "checks": LIST,
        "checked_at": WHEN_OR_NONE,
        "check_id": TEXT_OR_NONE,
        "check_asked_at": WHEN_OR_NONE,
        "registration_token_hash": HASH,
        "hook_token_hash": HASH_OR_NONE,
        "registered_by": TEXT,
        "registered_at": WHEN,
        "updated_at": WHEN,
    },
    optional=(
        "alias",
        "is_default",
        "client_secret",
        "webhook_secret",
        "source_networks",
        "destinations",
        "check_id",
        "check_asked_at",
    ),
    indexes=(
        Index(("teams_tenant", "base_url"), unique=True),
        Index(("teams_tenant", "alias"), unique=True, only={"alias": {"$type": "string"}}),
        Index(("teams_tenant", "is_default"), unique=True, only={"is_default": True}),
    ),
)
LINKS = Shape(
    "links",
    {
        "tenant_id": TEXT,
        "teams_tenant": TEXT,
        "user": TEXT,
        "jira_user": TEXT,
        "auth_mode": AUTH_MODE,
        "access_token": TEXT,
        "token_secret": TEXT,
        "refresh_token": TEXT_OR_NONE,
        "generation": {"bsonType": ["int", "long"]},
        "linked_at": WHEN,
        "expires_at": WHEN_OR_NONE,
        "gone": {"enum": [True]},
    },
    # A link that is gone is only its id and the mark, until the relay has told everybody.
    optional=(
        "tenant_id",
        "teams_tenant",
        "user",
        "jira_user",
        "auth_mode",
        "access_token",
        "token_secret",
        "refresh_token",
        "generation",
        "linked_at",
        "expires_at",
        "gone",
    ),
    indexes=(Index(("teams_tenant", "user")), Index(("tenant_id", "_id"))),
)
PENDING = Shape(
    "pending_links",
    {
        "lookup": HASH,
        "tenant_id": TEXT,
        "teams_tenant": TEXT,
        "user": TEXT,
        "origin": RECORD,
        "request_token": TEXT,
        "authorize_url": TEXT_OR_NONE,
        "code_verifier": TEXT_OR_NONE,
        "grant": {"bsonType": ["object", "null"]},
        "jira_code_hash": HASH_OR_NONE,
        "verifier": TEXT_OR_NONE,
        "code_hash": HASH_OR_NONE,
        "attempts": LIST,
        "completed_by": TEXT_OR_NONE,
        "resume": TEXT_OR_NONE,
        "prepared_until": WHEN,
        "expires_at": WHEN,
        "purge_at": WHEN,
    },
    optional=("authorize_url", "code_verifier", "grant", "jira_code_hash"),
    indexes=(
        Index(("lookup",), unique=True),
        Index(("teams_tenant", "code_hash")),
        Index(("purge_at",), passing=True),
    ),
)
CODES = Shape(
    "registration_codes",
    {"teams_tenant": TEXT, "user": TEXT, "expires_at": WHEN, "purge_at": WHEN, "used_for": TEXT_OR_NONE},
    indexes=(Index(("purge_at",), passing=True),),
)
CONVERSATIONS = Shape(
    "conversations",
    {
        "kind": TEXT,
        "service_url": TEXT,
        "teams_tenant": TEXT,
        "bot_id": TEXT_OR_NONE,
        "name": TEXT_OR_NONE,
        "seen_at": WHEN,
        "left_at": WHEN_OR_NONE,
    },
)
SUBSCRIPTIONS = Shape(
    "subscriptions",
    {
        "tenant_id": TEXT,
        "project": TEXT,
        "project_name": TEXT,
        "conversation_id": TEXT,
        "teams_tenant": TEXT,
        "subscribed_by": TEXT,
        "subscribed_at": WHEN,
    },
    indexes=(
        Index(("tenant_id", "project", "conversation_id"), unique=True),
        Index(("conversation_id",)),
        Index(("teams_tenant", "subscribed_by")),
    ),
)
AUDIT = Shape(
    "audit",
    {
        "what": TEXT,
        "teams_tenant": TEXT,
        "user": TEXT,
        "at": WHEN,
        "tenant_id": TEXT_OR_NONE,
        "details": RECORD,
        "salt": TEXT_OR_NONE,
        "personal": HASH,
        "seq": VERSION_OR_NONE,
        "prev": HASH_OR_NONE,
        "hash": HASH_OR_NONE,
    },
    indexes=(
        Index(("teams_tenant", "at")),
        Index(("tenant_id", "at")),
        Index(("teams_tenant", "user")),
        Index(("teams_tenant", "seq"), unique=True, only={"seq": {"$gt": 0}}),
        Index(("at",), only={"seq": {"$type": "null"}}),
    ),
)
AUDIT_HEADS = Shape("audit_heads", {"seq": {"bsonType": ["int", "long"]}, "hash": HASH})
TOLD_CHANGES = Shape(
    "told_changes",
    {"told_by": TEXT, "purge_at": WHEN},
    indexes=(Index(("purge_at",), passing=True),),
)
OUTBOX = Shape(
    "outbox",
    {"event_type": TEXT, "data": TEXT, "at": WHEN, "purge_at": WHEN},
    # Once published, only the id and `purge_at` are left, so that the same thing is not taken in twice.
    optional=("event_type", "data", "at", "purge_at"),
    indexes=(
        Index(("at",), only={"at": {"$exists": True}}),
        Index(("purge_at",), passing=True),
    ),
)
FORGOTTEN = Shape("forgotten", {"at": WHEN, "purge_at": WHEN}, indexes=(Index(("purge_at",), passing=True),))
RELAY = Shape(
    "relay",
    {"holder": TEXT_OR_NONE, "until": WHEN, "token": {"bsonType": ["object", "null"]}, "told": LIST},
    optional=("token", "told"),
)
SHAPES = (
    TENANTS,
    LINKS,
    PENDING,
    CODES,
    CONVERSATIONS,
    SUBSCRIPTIONS,
    AUDIT,
    AUDIT_HEADS,
    TOLD_CHANGES,
    OUTBOX,
    FORGOTTEN,
    RELAY,
)
VERSION = 1
"""Raised with every change to the shapes. A field that is new is optional for one release, because during an upgrade,
and after a rollback, the release before writes beside this one."""
