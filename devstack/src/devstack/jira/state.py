"""One running simulated Jira: its settings, what it holds, and what has happened to it."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from devstack.jira.faults import Fault
from devstack.jira.model import Json, World
from devstack.jira.world import default_world

KEPT_RECORDS = 5_000
WORLD = TypeAdapter(World)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class OAuth2Rules:
    """How long what OAuth 2.0 hands out lives, and what happens to a grant whose old refresh token comes again."""

    code_lifetime: timedelta = timedelta(seconds=10)
    access_lifetime: timedelta = timedelta(hours=1)
    refresh_lifetime: timedelta = timedelta(days=90)
    reuse_revokes: bool = False


@dataclass
class State:
    """What `create_app` serves; `base_url` is the address Jira believes to have, and signs with."""

    base_url: str
    version: str = "8.20.7"
    file: Path | None = None
    now: Callable[[], datetime] = utc_now
    oauth2: OAuth2Rules = field(default_factory=OAuth2Rules)
    webhook_identifiers: bool = True
    """Whether deliveries carry X-Atlassian-Webhook-Identifier, which not every Jira is known to send."""
    world: World = field(init=False)
    faults: list[Fault] = field(default_factory=list)
    used_nonces: dict[tuple[str, str, str], int] = field(default_factory=dict)
    requests: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_RECORDS))
    counters: Counter[str] = field(default_factory=Counter)
    deliveries: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_RECORDS))

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        if self.file and self.file.exists():
            self.world = WORLD.validate_json(self.file.read_bytes())
        else:
            self.world = default_world(self.now())

    @property
    def context_path(self) -> str:
        """The path below which this Jira lives, such as `/jira`; empty for none."""
        return urlsplit(self.base_url).path

    @property
    def version_numbers(self) -> list[int]:
        return [int(part) for part in self.version.split(".")]

    @property
    def build_number(self) -> int:
        major, minor, patch = (*self.version_numbers, 0, 0)[:3]
        return major * 100_000 + minor * 1_000 + patch

    def reset(self) -> None:
        """Go back to the default world and forget everything that happened."""
        self.world = default_world(self.now())
        for happened in (self.faults, self.used_nonces, self.requests, self.counters, self.deliveries):
            happened.clear()

    def save(self) -> None:
        """Write the world to the state file, if there is one; a reader never sees half a file."""
        if self.file is None:
            return
        draft = self.file.with_suffix(".new")
        draft.write_bytes(WORLD.dump_json(self.world))
        draft.replace(self.file)
