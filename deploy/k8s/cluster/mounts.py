"""What a Pod needs to be there before its containers can start, as a kubelet looks for it."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class Needed(NamedTuple):
    """A key of a ConfigMap or Secret; with an empty key, the object alone."""

    kind: str
    name: str
    key: str = ""


def needed(spec: dict[str, Any]) -> Iterator[Needed]:
    """What this Pod mounts or reads into its environment, unless it says that it is optional."""
    for volume in spec.get("volumes", []):
        yield from _volume(volume)
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        for source in container.get("envFrom", []):
            yield from _reference("ConfigMap", source.get("configMapRef"))
            yield from _reference("Secret", source.get("secretRef"))
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {})
            yield from _reference("ConfigMap", source.get("configMapKeyRef"))
            yield from _reference("Secret", source.get("secretKeyRef"))


def _volume(volume: dict[str, Any]) -> Iterator[Needed]:
    for source in [volume, *volume.get("projected", {}).get("sources", [])]:
        yield from _reference("ConfigMap", source.get("configMap"))
        yield from _reference("Secret", source.get("secret"))


def _reference(kind: str, source: dict[str, Any] | None) -> Iterator[Needed]:
    if source is None or source.get("optional"):
        return
    name = source.get("name") or source["secretName"]
    keys = [item["key"] for item in source.get("items", [])] or [source.get("key", "")]
    yield from (Needed(kind, name, key) for key in keys)
