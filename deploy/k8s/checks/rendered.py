"""What Helm rendered, as objects, with the few questions that the checks ask of them."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

Object = dict[str, Any]
COMPONENTS = ("bot-gateway", "tenant-registry", "jira-actor", "key-vault")
COMPONENT = "app.kubernetes.io/component"


class _Strict(yaml.CSafeLoader):
    """YAML as the API server takes it: a key twice in one mapping is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(problem=f"twice: {twice}", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def objects_in(text: str) -> Iterator[Object]:
    """The objects of a YAML stream; empty documents are left out."""
    for document in yaml.load_all(text, Loader=_Strict):
        if document is not None:
            yield document


def name_of(thing: Object) -> str:
    """Kind and name, for messages."""
    return f"{thing['kind']}/{thing['metadata']['name']}"


@dataclass(frozen=True)
class Pod:
    """A pod as some object would make it."""

    owner: Object
    metadata: Object
    spec: Object

    @property
    def name(self) -> str:
        """Kind and name of what makes it."""
        return name_of(self.owner)

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        labels: Mapping[str, str] = self.metadata.get("labels", {})
        return labels

    @property
    def component(self) -> str:
        """Which part of Bridge it is."""
        return self.labels.get(COMPONENT, "")

    @property
    def containers(self) -> list[Object]:
        """All of them, those that only start up included."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def environment(self) -> dict[str, Object]:
        """Variables of its first container as they stand there, by name."""
        return {one["name"]: one for one in self.spec["containers"][0].get("env", [])}


@dataclass(frozen=True)
class Rendered:
    """All objects of one release, and what `helm install` says at its end (Helm 4 alone gives that)."""

    objects: tuple[Object, ...]
    notes: str = ""

    def of(self, kind: str) -> list[Object]:
        """All objects of a kind."""
        return [one for one in self.objects if one["kind"] == kind]

    def one(self, kind: str, component: str) -> Object:
        """The only object of a kind that belongs to a component."""
        found = [one for one in self.of(kind) if one["metadata"].get("labels", {}).get(COMPONENT) == component]
        assert len(found) == 1, f"{kind} of {component}: {[name_of(one) for one in found]}"
        return found[0]

    @cached_property
    def pods(self) -> list[Pod]:
        """What each Deployment, Job and Pod would run."""
        return [pod for one in self.objects for pod in _pods_of(one)]

    def pod(self, component: str) -> Pod:
        """What the Deployment of a component runs."""
        return next(pod for pod in self.pods if pod.component == component and pod.owner["kind"] == "Deployment")

    @property
    def by_name(self) -> dict[tuple[str, str], Object]:
        """Each object by kind and name."""
        return {(one["kind"], one["metadata"]["name"]): one for one in self.objects}


def _pods_of(thing: Object) -> Iterator[Pod]:
    match thing["kind"]:
        case "Pod":
            yield Pod(thing, thing["metadata"], thing["spec"])
        case "Deployment" | "StatefulSet" | "DaemonSet" | "Job":
            template = thing["spec"]["template"]
            yield Pod(thing, template["metadata"], template["spec"])
        case "CronJob":
            template = thing["spec"]["jobTemplate"]["spec"]["template"]
            yield Pod(thing, template["metadata"], template["spec"])
