"""What the API server takes: Kubernetes' own schemas, and those of the operators whose resources the chart can make."""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import kubernetes_validate.utils
import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as prometheus
from deploy.k8s.checks.rendered import Object, name_of
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry, Resource

KUBERNETES = list(dict.fromkeys(kubernetes_validate.utils.all_versions()))[-4:]
"""The four newest versions that the validator knows, oldest first."""
SCHEMAS = files("kubernetes_validate") / "kubernetes-json-schema"
GENERATED = {  # models that their project makes from the operators' own resource definitions
    "ScaledObject": keda.ScaledObject,
    "TriggerAuthentication": keda.TriggerAuthentication,
    "PodMonitor": prometheus.PodMonitor,
    "ServiceMonitor": prometheus.ServiceMonitor,
    "PrometheusRule": prometheus.PrometheusRule,
}
BY_HAND = Path(__file__).parent / "crds"
"""Of what nobody publishes models of."""


class UnknownKindError(Exception):
    """Nothing here knows this kind of object."""


def offences(thing: Object, version: str) -> list[str]:
    """What the API server of a Kubernetes version has against an object; raises UnknownKindError."""
    kind, api_version = thing["kind"], thing["apiVersion"]
    validator = _operators(kind) or _kubernetes(kind, api_version, version)
    return [
        f"{'.'.join(str(step) for step in one.absolute_path)}: {one.message}" for one in validator.iter_errors(thing)
    ]


def refused(objects: Iterable[Object], version: str) -> dict[str, list[str]]:
    """Which of these objects the API server would not take, and why; raises UnknownKindError."""
    wrong = {name_of(one): offences(one, version) for one in objects}
    return {name: why for name, why in wrong.items() if why}


@cache
def _operators(kind: str) -> Validator | None:
    by_hand = BY_HAND / f"{kind.lower()}.yaml"
    if by_hand.exists():
        return Draft202012Validator(yaml.safe_load(by_hand.read_text()))
    if kind in GENERATED:
        return Draft202012Validator(_closed(GENERATED[kind].model_json_schema(by_alias=True)))
    return None


@cache
def _kubernetes(kind: str, api_version: str, version: str) -> Validator:
    group, _, number = api_version.rpartition("/")
    file = "-".join(part for part in (kind.lower(), group.split(".")[0], number) if part) + ".json"
    path = SCHEMAS / f"v{version}-local-strict" / file
    if not path.is_file():
        raise UnknownKindError(f"Kubernetes {version} has no {kind} of {api_version}, and crds/ has no schema of it")
    return Draft202012Validator(json.loads(path.read_text()), registry=_definitions(version))


@cache
def _definitions(version: str) -> Registry[Any]:
    contents = json.loads((SCHEMAS / f"v{version}-local-strict" / "_definitions.json").read_text())
    return Resource.from_contents(contents) @ Registry()


def _closed(schema: Any) -> Any:
    """The same schema where an object may have no other keys than those named."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if "properties" in closed and "additionalProperties" not in closed and closed.get("type") == "object":
        closed["additionalProperties"] = False
    return closed
