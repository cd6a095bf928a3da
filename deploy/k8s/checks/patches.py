"""What turns one object into another, as a strategic merge patch that kustomize takes."""

from typing import Any

from deploy.k8s.checks.rendered import Object

MERGE_KEYS = {  # of the lists that Kubernetes merges element by element; all others are replaced as a whole
    "containers": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
UNTAUGHT = {"ports", "topologySpreadConstraints"}
"""Merged by keys that need not be unique: nothing here changes them, and a patch of them is refused."""
CORE = ("apps/v1", "batch/v1", "v1")
"""Where those lists are; what operators define knows no merge keys."""


def patch(before: Object, after: Object) -> Object:
    """The patch from one object to another of the same kind and name."""
    head = {"apiVersion": after["apiVersion"], "kind": after["kind"], "metadata": {"name": after["metadata"]["name"]}}
    change = _maps(before, after, keyed=after["apiVersion"] in CORE)
    metadata = {**head["metadata"], **change.pop("metadata", {})}
    return {**head, "metadata": metadata, **change}


def deletion(thing: Object) -> Object:
    """The patch that takes an object away."""
    head = {"apiVersion": thing["apiVersion"], "kind": thing["kind"], "metadata": {"name": thing["metadata"]["name"]}}
    return {"$patch": "delete", **head}


def _maps(before: Object, after: Object, *, keyed: bool) -> Object:
    change: Object = dict.fromkeys(key for key in before if key not in after)
    for key, value in after.items():
        if key not in before:
            change[key] = value
        elif before[key] != value:
            change[key] = _values(key, before[key], value, keyed=keyed)
    return change


def _values(name: str, before: Any, after: Any, *, keyed: bool) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        return _maps(before, after, keyed=keyed)
    if keyed and name in UNTAUGHT:
        raise NotImplementedError(f"a patch of {name} must replace it as a whole: teach that to {__name__}")
    if keyed and name in MERGE_KEYS:
        return _lists(MERGE_KEYS[name], before, after)
    return after


def _lists(key: str, before: list[Object], after: list[Object]) -> list[Object]:
    old, new = ({one[key]: one for one in side} for side in (before, after))
    gone = [{key: one, "$patch": "delete"} for one in old if one not in new]
    changed = [
        {key: name, **_maps(old.get(name, {}), one, keyed=True)} for name, one in new.items() if old.get(name) != one
    ]
    return gone + changed
