"""The topics: declared here and nowhere else."""

from dataclasses import dataclass
from datetime import timedelta

SERVICES = ("bot-gateway", "tenant-registry", "jira-actor", "key-vault")
BIGGEST_SET_ASIDE = 3 * 1024 * 1024
COMMAND = "bridge"
"""The operator's command; not a service: it runs when it is called."""


@dataclass(frozen=True)
class Topic:
    """How one topic is kept."""

    name: str
    owners: tuple[str, ...]
    """Who may write to it."""
    readers: tuple[str, ...]
    what: str
    partitions: int = 6
    kept: timedelta = timedelta(days=7)
    compacted: bool = False
    biggest: int | None = None
    """Bytes of a message, where more than Kafka's own 1 MiB: what is put aside gains headers."""

    def config(self) -> dict[str, str]:
        """Give the topic's settings as Kafka spells them; durations in milliseconds."""
        if self.compacted:
            return {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1", "delete.retention.ms": "86400000"}
        kept = {"cleanup.policy": "delete", "retention.ms": str(int(self.kept.total_seconds() * 1000))}
        return kept if self.biggest is None else {**kept, "max.message.bytes": str(self.biggest)}


TOPICS: tuple[Topic, ...] = (
    Topic("teams.intents.v1", ("bot-gateway",), ("jira-actor", "tenant-registry"), "what a person asked"),
    Topic(
        "teams.conversations.v1",
        ("bot-gateway",),
        ("tenant-registry",),
        "where the bot may speak; refusals",
    ),
    Topic(
        "jira.outcomes.v1",
        ("jira-actor", "tenant-registry"),
        ("bot-gateway", "tenant-registry"),
        "what came of an intent",
    ),
    Topic(
        "keys.requests.v1",
        ("jira-actor", "tenant-registry"),
        ("key-vault",),
        "sign, protect, open, make, destroy",
        kept=timedelta(days=1),
    ),
    Topic(
        "keys.replies.v1",
        ("key-vault",),
        ("jira-actor", "tenant-registry"),
        "answers, sealed to the asker",
        partitions=12,
        kept=timedelta(hours=1),
    ),
    Topic("keys.tenants.v1", ("key-vault",), ("tenant-registry",), "public keys", compacted=True),
    Topic(
        "keys.sealing.v1",
        ("key-vault",),
        ("jira-actor", "tenant-registry", "bot-gateway"),
        "the key that secrets are sealed to",
        partitions=1,
        compacted=True,
    ),
    Topic("registry.tenants.v1", ("tenant-registry",), ("jira-actor", "key-vault"), "tenants", compacted=True),
    Topic("registry.links.v1", ("tenant-registry",), ("key-vault", "jira-actor"), "who acts as whom", compacted=True),
    Topic("registry.requests.v1", ("tenant-registry",), ("jira-actor",), "what jira-actor is to do next"),
    Topic("jira.facts.v1", ("jira-actor",), ("tenant-registry",), "checks, authorizations, grants"),
    Topic("registry.hooks.v1", ("tenant-registry",), ("jira-actor",), "webhooks, raw"),
    Topic("jira.changes.v1", ("jira-actor",), ("tenant-registry",), "what changed in Jira"),
    Topic("registry.notices.v1", ("tenant-registry",), ("bot-gateway",), "what to post where"),
    *(
        Topic(
            f"{service}.retry.v1",
            (service,),
            (service,),
            "what waits for another try",
            kept=timedelta(days=30),
            biggest=BIGGEST_SET_ASIDE,
        )
        for service in SERVICES
    ),
    Topic(
        "dead-letters.v1",
        SERVICES,
        (COMMAND,),
        "what could not be handled, and why",
        kept=timedelta(days=30),
        biggest=BIGGEST_SET_ASIDE,
    ),
    Topic(
        "operator.audit.v1",
        (COMMAND,),
        (COMMAND,),
        "what operators did, and who",
        partitions=1,
        kept=timedelta(days=365),
    ),
)
