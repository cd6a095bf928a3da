"""Holds requests against Jira's own OpenAPI document, minding its known defects."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PREFIX = "/rest"
ANY: dict[str, Any] = {}


class Misfit(AssertionError):
    """A request is not what Jira's document describes."""


class JiraDocument:
    """One OpenAPI document; bodies may hold only what it names."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths = [(_pattern(path), operations) for path, operations in document["paths"].items()]
        self._components = _closed(document["components"])
        schemas = self._components["schemas"]
        # Defects: a field's value and a property's value are any JSON, not objects and strings.
        schemas["IssueUpdateBean"]["properties"]["fields"]["additionalProperties"] = ANY
        schemas["EntityPropertyBean"]["properties"]["value"] = ANY

    def check(self, sent: dict[str, Any]) -> None:
        """Raise `Misfit` unless the document knows this path, each of its parameters, and all of its body."""
        operation = self._operation(sent["method"], sent["path"])
        named = {one["name"]: one for one in operation.get("parameters", []) if one["in"] == "query"}
        for name, values in sent["query"].items():
            if name not in named:
                raise Misfit(f"{sent['method']} {sent['path']}: no parameter {name}")
            if named[name]["schema"].get("type") == "integer" and not all(value.isdigit() for value in values):
                raise Misfit(f"{sent['path']}: {name} is a number")
        missing = [name for name, one in named.items() if one.get("required") and name not in sent["query"]]
        if missing:
            raise Misfit(f"{sent['path']}: missing {missing}")
        self._check_body(operation, sent)

    def _check_body(self, operation: dict[str, Any], sent: dict[str, Any]) -> None:
        if "requestBody" not in operation:
            if sent["body"] is not None:
                raise Misfit(f"{sent['path']}: takes no body")
            return
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for error in Draft202012Validator({**schema, "components": self._components}).iter_errors(sent["body"]):
            raise Misfit(f"{sent['path']}: {error.json_path}: {error.message}")

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        for pattern, operations in self._paths:
            if pattern.fullmatch(path) and method.lower() in operations:
                operation: dict[str, Any] = operations[method.lower()]
                return operation
        raise Misfit(f"Jira has no {method} {path}")


@cache
def load(file: Path) -> JiraDocument:
    return JiraDocument(json.loads(file.read_text()))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(PREFIX + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


def _closed(node: Any) -> Any:
    """Forbid members that are not named: else a misspelt one would pass."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _closed(value) for name, value in node.items() if name != "example"}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed
