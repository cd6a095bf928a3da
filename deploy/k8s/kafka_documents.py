"""The chart's `files/topics.yaml` and `files/acls.yaml`, from `contracts`."""

from pathlib import Path
from typing import Any

import yaml

from contracts.access import PRINCIPALS, Access, access_of
from contracts.topics import TOPICS, Topic

FILES = Path(__file__).parent / "chart" / "files"
HEAD = "# Written by `make documents` from contracts/src/contracts/{source}; do not edit.\n"


def documents() -> dict[Path, str]:
    """Give the text of each file by its path."""
    return {
        FILES / "topics.yaml": _text("topics.py", [_topic(topic) for topic in TOPICS]),
        FILES / "acls.yaml": _text("access.py", [_user(principal) for principal in PRINCIPALS]),
    }


def _topic(topic: Topic) -> dict[str, Any]:
    return {"name": topic.name, "what": topic.what, "partitions": topic.partitions, "config": topic.config()}


def _user(principal: str) -> dict[str, Any]:
    return {"principal": principal, "acls": [_rule(access) for access in access_of(principal)]}


def _rule(access: Access) -> dict[str, Any]:
    """Write it as Strimzi's KafkaUser has it."""
    resource = {"type": access.kind, "name": access.name, "patternType": "literal"}
    return {"resource": resource, "operations": list(access.operations)}


def _text(source: str, data: list[dict[str, Any]]) -> str:
    """Write what has no more below it in one line."""
    body = yaml.safe_dump(data, default_flow_style=None, sort_keys=False, allow_unicode=True, width=120)
    return HEAD.format(source=source) + body
