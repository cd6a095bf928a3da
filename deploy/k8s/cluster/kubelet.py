"""What kubelets and Strimzi would do, without running anything.

A Pod that was bound to a node is told to be ready once all that it mounts is there, a Job's or a test's Pod to have
succeeded; a KafkaUser gets its Secret.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from deploy.k8s.cluster.control_plane import Access
from deploy.k8s.cluster.mounts import Needed, needed
from deploy.k8s.cluster.operators import user_secret

ZONES = ("a", "b", "c")
POLL_SECONDS = 0.2
PATCH = {"Content-Type": "application/strategic-merge-patch+json"}
AT_ONCE = {"gracePeriodSeconds": "0"}
ENDING, GONE, TAKEN = 403, 404, 409
"""The namespace takes nothing any more; the object is gone; it is there, or is another by now."""
NOT_YET = 429
"""The answer for a kind that was defined a moment ago."""


@contextmanager
def reporting(access: Access) -> Iterator[None]:
    """Add the nodes, and report for them in a thread until the end."""
    stop = threading.Event()
    thread = threading.Thread(target=_report, args=(access, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _report(access: Access, stop: threading.Event) -> None:
    with access.client() as api:
        for zone in ZONES:
            added = api.post("/api/v1/nodes", json=_node(zone)).raise_for_status().json()
            welcome = f"/api/v1/nodes/{added['metadata']['name']}"  # as new, it has a taint that keeps Pods away
            api.patch(welcome, json={"spec": {"taints": None}}, headers=PATCH).raise_for_status()
        while not stop.wait(POLL_SECONDS):
            _Round(api).go()


@dataclass
class _Round:
    """One look at everything; what it acts on may be gone by then, or be there already."""

    api: httpx.Client
    held: dict[tuple[str, str], set[Needed]] = field(default_factory=dict)
    """Per kind and namespace, its objects and their keys."""

    def go(self) -> None:
        for user in self._listed("/apis/kafka.strimzi.io/v1/kafkausers"):
            self._do("POST", f"/api/v1/namespaces/{user['metadata']['namespace']}/secrets", json=user_secret(user))
        for pod in self._listed("/api/v1/pods"):
            if "nodeName" in pod["spec"]:
                self._step(pod)

    def _step(self, pod: dict[str, Any]) -> None:
        meta, spec = pod["metadata"], pod["spec"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if "deletionTimestamp" in meta:
            self._do("DELETE", path, params=AT_ONCE)
        elif pod["status"].get("phase") == "Pending" and self._there(meta["namespace"], set(needed(spec))):
            status = _ready(spec) if spec["restartPolicy"] == "Always" else {"phase": "Succeeded"}
            self._do("PATCH", f"{path}/status", json={"status": status}, headers=PATCH)

    def _there(self, namespace: str, wanted: set[Needed]) -> bool:
        return all(one in self._keys(one.kind, namespace) for one in wanted)

    def _keys(self, kind: str, namespace: str) -> set[Needed]:
        if (kind, namespace) not in self.held:
            listed = self._listed(f"/api/v1/namespaces/{namespace}/{kind.lower()}s")
            self.held[kind, namespace] = {
                Needed(kind, one["metadata"]["name"], key) for one in listed for key in ["", *one.get("data", {})]
            }
        return self.held[kind, namespace]

    def _listed(self, path: str) -> list[dict[str, Any]]:
        answer = self.api.get(path)
        nothing = answer.status_code in (GONE, NOT_YET)
        items: list[dict[str, Any]] = [] if nothing else answer.raise_for_status().json()["items"]
        return items

    def _do(self, method: str, path: str, **given: Any) -> None:
        answer = self.api.request(method, path, **given)
        if answer.status_code not in (ENDING, GONE, TAKEN):
            answer.raise_for_status()


def _node(zone: str) -> dict[str, Any]:
    room = {"cpu": "16", "memory": "64Gi", "pods": "110"}
    labels = {
        "topology.kubernetes.io/zone": zone,
        "kubernetes.io/hostname": f"node-{zone}",
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
    }
    status = {"capacity": room, "allocatable": room, "conditions": [_condition("Ready")]}
    meta = {"name": f"node-{zone}", "labels": labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": status}


def _ready(spec: dict[str, Any]) -> dict[str, Any]:
    address = "10.244.0.10"  # all share it: nothing is ever sent there
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": [_condition(kind) for kind in ("Initialized", "ContainersReady", "Ready")],
        "containerStatuses": [_running(container) for container in spec["containers"]],
    }


def _running(container: dict[str, Any]) -> dict[str, Any]:
    told = {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0}
    return told | {"ready": True, "started": True, "state": {"running": {"startedAt": _now()}}}


def _condition(kind: str) -> dict[str, str]:
    return {"type": kind, "status": "True", "reason": "Told", "lastTransitionTime": _now()}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
