"""Rendered objects as they are for kubectl: without what only Helm reads."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.k8s.checks.helm import CHART, NAMESPACE, Helm4, Values
from deploy.k8s.checks.rendered import COMPONENT, COMPONENTS, Object

NOISE_IN_LABELS = ("helm.sh/chart", "app.kubernetes.io/managed-by")
NOISE_IN_ANNOTATIONS = ("helm.sh/", "checksum/")
"""kustomize itself gives a ConfigMap's change a new name; a checksum would be wrong after a user's patch."""


@dataclass(frozen=True)
class Plain:
    """One installation: what is applied, and apart from it what looks whether it works (`helm test`)."""

    objects: tuple[Object, ...]
    doctor: tuple[Object, ...]

    @property
    def settings(self) -> dict[str, Object]:
        """The ConfigMap of each component."""
        return {one["metadata"]["name"]: one for one in self.objects if is_settings(one)}

    @property
    def others(self) -> dict[tuple[str, str], Object]:
        """All other objects, by kind and name."""
        return {(one["kind"], one["metadata"]["name"]): one for one in self.objects if not is_settings(one)}


def plain(values: Path) -> Plain:
    """The chart with a file of values."""
    objects = [(_hook(one), _without_noise(one)) for one in Helm4().render(CHART, Values((values,))).objects]
    return Plain(
        tuple(one for hook, one in objects if "test" not in hook),
        tuple(one for hook, one in objects if "test" in hook),
    )


def is_settings(thing: Object) -> bool:
    """Whether it is a component's ConfigMap."""
    return thing["kind"] == "ConfigMap" and thing["metadata"].get("labels", {}).get(COMPONENT) in COMPONENTS


def _hook(thing: Object) -> list[str]:
    hooks: str = thing["metadata"].get("annotations", {}).get("helm.sh/hook", "")
    return hooks.split(",")


def _without_noise(thing: Object) -> Object:
    clean: Object = _cleaned(thing)
    if clean["kind"] == "Job":  # it cannot be changed once it is there: each version has its own
        version = clean["metadata"]["labels"]["app.kubernetes.io/version"]
        clean["metadata"]["name"] += "-" + re.sub(r"[^a-z0-9]+", "-", version.lower())
    if clean["metadata"].get("namespace") == NAMESPACE:
        del clean["metadata"]["namespace"]
    return clean


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if not isinstance(value, dict):
        return value
    clean = {key: _cleaned(one) for key, one in value.items()}
    if "labels" in clean and isinstance(clean["labels"], dict):
        clean["labels"] = {key: one for key, one in clean["labels"].items() if key not in NOISE_IN_LABELS}
    if "annotations" in clean and isinstance(clean["annotations"], dict):
        kept = {key: one for key, one in clean["annotations"].items() if not key.startswith(NOISE_IN_ANNOTATIONS)}
        clean = {**clean, "annotations": kept} if kept else {k: v for k, v in clean.items() if k != "annotations"}
    return clean
