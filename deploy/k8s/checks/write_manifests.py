"""Write deploy/k8s/manifests anew from the chart: `make manifests`."""

import shutil
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import yaml
from deploy.k8s.checks.helm import NAMESPACE, PROFILES, ROOT
from deploy.k8s.checks.patches import deletion, patch
from deploy.k8s.checks.plain import Plain, plain
from deploy.k8s.checks.rendered import COMPONENT, Object

MANIFESTS = ROOT / "deploy/k8s/manifests"
HEAD = "# Written by `make manifests` from the chart; do not edit. Make an overlay of your own: ../../README.md.\n"
NAMES_IN_KEDA = {
    "nameReference": [
        {
            "kind": "ConfigMap",
            "version": "v1",
            "fieldSpecs": [
                {"kind": "TriggerAuthentication", "path": "spec/configMapTargetRef/name"},
            ],
        },
    ]
}
"""kustomize gives ConfigMaps names with a hash; where KEDA names them it must be told."""
PARTS = {"ConfigMap": "dashboards", "KafkaTopic": "topics", "PodMonitor": "pod-monitor", "PrometheusRule": "alerts"}
"""Kinds that base has not and overlays have alike, and the folder that these share."""
Files = dict[str, str]


def main() -> None:
    """Replace what was written before."""
    for folder in ("base", "parts", "overlays"):
        shutil.rmtree(MANIFESTS / folder, ignore_errors=True)
    for name, text in documents().items():
        file = MANIFESTS / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def documents() -> Files:
    """Every file below deploy/k8s/manifests that is derived, by its path there."""
    base = plain(MANIFESTS / "values.yaml")
    installs = {profile.stem: plain(profile) for profile in PROFILES}
    parts = _parts(base, installs)
    files = {f"base/{name}": text for name, text in _base(base).items()}
    for kind, (objects, _) in parts.items():
        files |= {f"parts/{PARTS[kind]}/{name}": text for name, text in _whole(objects).items()}
    for name, install in installs.items():
        shared = [kind for kind, (_, users) in parts.items() if name in users]
        files |= {f"overlays/{name}/{file}": text for file, text in _overlay(base, install, shared).items()}
    return files


def _base(base: Plain) -> Files:
    generators = [_generator(one, "create") for one in base.settings.values()]
    files = _grouped(base.others.values())
    files |= {_settings_file(name): _env(one["data"]) for name, one in base.settings.items()}
    return {
        **files,
        "kustomization.yaml": _kustomization(
            resources=sorted(name for name in files if name.endswith(".yaml")),
            configMapGenerator=generators,
        ),
    }


def _overlay(base: Plain, install: Plain, shared: list[str]) -> Files:
    before, after = base.others, install.others
    more = [one for key, one in after.items() if key not in before and one["kind"] not in shared]
    changed = [patch(before[key], one) for key, one in after.items() if key in before and before[key] != one]
    gone = [deletion(one) for key, one in before.items() if key not in after]
    resources = _grouped(more)
    patches = {f"patches/{_kind(one)}-{one['metadata']['name']}.yaml": HEAD + _yaml(one) for one in changed + gone}
    settings = {name: one["data"] for name, one in install.settings.items() if one != base.settings[name]}
    told = (
        {"names.yaml": HEAD + _yaml(NAMES_IN_KEDA)} if any(key[0] == "TriggerAuthentication" for key in after) else {}
    )
    doctor = {f"doctor/{name}": text for name, text in _whole(install.doctor, NAMESPACE).items()}
    return {
        **resources,
        **patches,
        **doctor,
        **told,
        **{_settings_file(name): _env(data) for name, data in settings.items()},
        "namespace.yaml": HEAD + _yaml(_namespace()),
        "kustomization.yaml": _kustomization(
            resources=["../../base", *(f"../../parts/{PARTS[kind]}" for kind in shared), *sorted(resources)],
            patches=[{"path": name} for name in sorted(patches)],
            configMapGenerator=[_generator(install.settings[name], "replace") for name in settings],
            configurations=list(told),
            transformers=["namespace.yaml"],
        ),
    }


def _parts(base: Plain, installs: Mapping[str, Plain]) -> dict[str, tuple[list[Object], list[str]]]:
    """By kind: the objects that several overlays have alike, and which overlays."""
    parts: dict[str, tuple[list[Object], list[str]]] = {}
    for kind in PARTS:
        for name, install in installs.items():
            more = [one for key, one in install.others.items() if key[0] == kind and key not in base.others]
            known, users = parts.get(kind, (more, []))
            if more and known == more:
                parts[kind] = (more, [*users, name])
    return {kind: part for kind, part in parts.items() if len(part[1]) > 1}


def _whole(objects: Iterable[Object], namespace: str = "") -> Files:
    files = _grouped(objects)
    return {**files, "kustomization.yaml": _kustomization(namespace=namespace, resources=sorted(files))}


def _grouped(objects: Iterable[Object]) -> Files:
    """One file per component; what belongs to none, one per kind."""
    ordered = sorted(objects, key=lambda one: (_file(one), one["kind"], one["metadata"]["name"]))
    groups = groupby(ordered, key=_file)
    return {f"{name}.yaml": HEAD + "---\n".join(_yaml(one) for one in group) for name, group in groups}


def _file(thing: Object) -> str:
    component: str = thing["metadata"].get("labels", {}).get(COMPONENT, "")
    return component if component and "." not in thing["apiVersion"].replace(".k8s.io", "") else _kind(thing)


def _kind(thing: Object) -> str:
    kind: str = thing["kind"]
    return kind.lower()


def _generator(config: Object, behavior: str) -> Object:
    name = config["metadata"]["name"]
    options = {"labels": config["metadata"]["labels"]}
    return {"name": name, "behavior": behavior, "envs": [_settings_file(name)], "options": options}


def _settings_file(name: str) -> str:
    return f"settings/{name}.env"


def _env(data: Mapping[str, str]) -> str:
    assert not any("\n" in value for value in data.values()), "kustomize's env files have one line per setting"
    return HEAD + "".join(f"{key}={value}\n" for key, value in sorted(data.items()))


def _namespace() -> Object:
    return {
        "apiVersion": "builtin",
        "kind": "NamespaceTransformer",
        "metadata": {"name": "namespace", "namespace": NAMESPACE},
        "unsetOnly": True,  # Kafka topics may live with Kafka
    }


def _kustomization(**fields: Any) -> str:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return HEAD + _yaml({**head, **{key: value for key, value in fields.items() if value}})


class _Dumper(yaml.SafeDumper):
    """Lists are indented, texts of several lines are blocks, nothing is an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(thing: Object) -> str:
    return yaml.dump(thing, Dumper=_Dumper, sort_keys=False, width=118, allow_unicode=True)


if __name__ == "__main__":
    main()
