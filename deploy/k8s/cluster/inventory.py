"""Everything that a cluster holds, so that one can say what an uninstalled release left behind."""

import time
from dataclasses import dataclass
from typing import Any

from deploy.k8s.cluster.commands import Kubectl

NOT_INSTALLED = {"events", "events.events.k8s.io", "leases.coordination.k8s.io", "componentstatuses"}
"""What nobody installs: news and heartbeats that end by themselves, and a list that is no object."""
GONE_WITHIN_SECONDS = 30
POLL_SECONDS = 0.5


@dataclass(frozen=True, order=True)
class Held:
    """One object; `namespace` is empty where its kind has none."""

    kind: str
    namespace: str
    name: str


def held(kubectl: Kubectl) -> frozenset[Held]:
    """Every object of every kind that can be listed, in every namespace and in none."""
    kinds = kubectl.run("api-resources", "--verbs=list", "--output=name").out.split()
    listed = kubectl.items([kind for kind in kinds if kind not in NOT_INSTALLED], "--all-namespaces")
    return frozenset(_held(one) for one in listed)


def left_over(kubectl: Kubectl, before: frozenset[Held], but: int = 0) -> list[Held]:
    """What there is now and was not before; waits for the garbage collection until it is no more than `but` objects."""
    ends = time.monotonic() + GONE_WITHIN_SECONDS
    while len(found := held(kubectl) - before) > but and time.monotonic() < ends:
        time.sleep(POLL_SECONDS)
    return sorted(found)


def _held(one: dict[str, Any]) -> Held:
    group = one["apiVersion"].rpartition("/")[0]
    kind = f"{one['kind']}.{group}" if group else one["kind"]
    return Held(kind, one["metadata"].get("namespace", ""), one["metadata"]["name"])
