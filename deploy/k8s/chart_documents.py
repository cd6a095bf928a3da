"""The chart's `README.md` from its values, and `files/components.yaml` from code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

import bot_gateway.settings
import jira_actor.settings
import key_vault.settings
import tenant_registry.settings
from bridge.settings import BridgeSettings
from chassis.settings import ServiceSettings
from contracts.keys import KeysReply
from contracts.topics import TOPICS, Topic

CHART = Path(__file__).parent / "chart"
SETTINGS: dict[str, type[ServiceSettings]] = {
    "bot-gateway": bot_gateway.settings.Settings,
    "tenant-registry": tenant_registry.settings.Settings,
    "jira-actor": jira_actor.settings.Settings,
    "key-vault": key_vault.settings.Settings,
    "cli": BridgeSettings,
}
ANSWERS = KeysReply.topic
"""Read by every process for itself, without a group: its lag says nothing."""
HEAD = "# Written by `make documents` from contracts and the services' settings; do not edit.\n"
WORDS = Path(__file__).parent / "chart-readme.md"
SAYS = re.compile(r"\s*# -- (?P<says>.*)")


@dataclass(frozen=True)
class Key:
    """One key of `values.yaml`."""

    path: str
    default: str
    says: str


def documents() -> dict[Path, str]:
    """Give the text of each file by its path."""
    return {CHART / "files" / "components.yaml": components(), CHART / "README.md": readme()}


def components() -> str:
    """Tell for each component which settings it has, which topics its pods share, and how many pods can share them."""
    facts: dict[str, Any] = {"all": {"settings": _names(ServiceSettings), "durations": _durations()}}
    for name, settings in SETTINGS.items():
        shared = [topic for topic in TOPICS if name in topic.readers and _is_shared(topic)]
        facts[name] = {
            "partitions": max((topic.partitions for topic in shared), default=1),
            "topics": [topic.name for topic in shared],
            "settings": [one for one in _names(settings) if one not in facts["all"]["settings"]],
        }
    return HEAD + yaml.safe_dump(facts, default_flow_style=None, sort_keys=False, width=120)


def _names(settings: type[ServiceSettings]) -> list[str]:
    return [f"BRIDGE_{field.upper()}" for field in settings.model_fields]


def _durations() -> list[str]:
    """Name the settings of any component that are durations: in the environment these are ISO 8601 alone."""
    fields = {name: field for settings in SETTINGS.values() for name, field in settings.model_fields.items()}
    return [f"BRIDGE_{name.upper()}" for name, field in fields.items() if field.annotation is timedelta]


def _is_shared(topic: Topic) -> bool:
    """Tell whether pods share its partitions; what waits for another try is not done sooner by more of them."""
    return not (topic.compacted or topic.name == ANSWERS or topic.name.endswith(".retry.v1"))


def readme() -> str:
    """Give the page: words, the profiles, then a table for each part of the values."""
    profiles = [
        f"| `values/{path.name}` | {_first_words(path)} |" for path in sorted((CHART / "values").glob("*.yaml"))
    ]
    parts: dict[str, list[Key]] = {}
    for key in keys((CHART / "values.yaml").read_text()):
        parts.setdefault(key.path.partition(".")[0] if "." in key.path else "", []).append(key)
    general = parts.pop("")
    tables = [_table("For all", general), *(_table(f"`{name}`", found) for name, found in parts.items())]
    return WORDS.read_text() + "\n\n".join(["\n".join(profiles), *tables]) + "\n"


def _first_words(path: Path) -> str:
    return path.read_text().splitlines()[0].removeprefix("# ").rstrip(".")


def keys(text: str) -> Iterator[Key]:
    """Find every key with the sentence above it; raise ValueError for one that has none."""
    lines = text.splitlines()

    def below(node: yaml.MappingNode, path: tuple[str, ...]) -> Iterator[Key]:
        for key, value in node.value:
            here = (*path, key.value)
            said = SAYS.fullmatch(lines[key.start_mark.line - 1])
            parts = isinstance(value, yaml.MappingNode) and _has_sentences(value, lines)
            if said:
                yield Key(".".join(here), "" if parts else _default(value), said["says"])
            elif not parts:
                raise ValueError(f"Write a sentence (`# -- …`) above {'.'.join(here)} in values.yaml.")
            if parts:
                yield from below(value, here)

    root = yaml.compose(text)
    if not isinstance(root, yaml.MappingNode):
        raise TypeError("values.yaml is no mapping.")
    return below(root, ())


def _has_sentences(node: yaml.MappingNode, lines: list[str]) -> bool:
    """Tell whether keys below it are described one by one; the first sentence may stand above the first key."""
    sentence = re.compile(rf" {{{node.start_mark.column},}}# -- .*")
    return any(sentence.fullmatch(line) for line in lines[node.start_mark.line - 1 : node.end_mark.line])


def _default(node: yaml.Node) -> str:
    value = yaml.safe_load(yaml.serialize(node))
    if value in ("", None):
        return ""
    flow = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)
    return f"`{flow.strip().removesuffix('...').strip()}`"


def _table(title: str, found: list[Key]) -> str:
    rows = [f"| `{key.path}` | {_cell(key.default)} | {_cell(key.says)} |" for key in found]
    return "\n".join([f"## {title}", "", "| key | default | what |", "| --- | --- | --- |", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
