"""Compose's own substitution of variables, as far as our file uses it, and the file as a value."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<kind>:-|:\?)(?P<more>[^}]*))?\}")


class Missing(ValueError):
    """A variable that must be set is not; the text is what the file says to do."""


def example() -> dict[str, str]:
    """Give the variables of `.env.example`."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def variables() -> set[str]:
    """Give the names that the file asks for."""
    return {found["name"] for found in VARIABLE.finditer(COMPOSE.read_text())}


def rendered(values: Mapping[str, str]) -> dict[str, Any]:
    """Give the file with its variables filled in, which as in Compose are text; raises Missing."""

    def filled(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: filled(value) for key, value in part.items()}
        if isinstance(part, list):
            return [filled(one) for one in part]
        return VARIABLE.sub(lambda found: _value(found, values), part) if isinstance(part, str) else part

    return dict(filled(yaml.safe_load(COMPOSE.read_text())))


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    value = values.get(found["name"], "")
    if value or found["kind"] is None:
        return value
    if found["kind"] == ":?":
        raise Missing(f"{found['name']}: {found['more']}")
    return found["more"]
