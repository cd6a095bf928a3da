"""The security page names tests that exist, and everything that is stored."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from bridge.main import app
from contracts.topics import TOPICS
from tenant_registry.schema import SHAPES
from tenant_registry.shape import Shape
from tenant_registry.task_shapes import TASK_SHAPES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
STORED_IN_MONGODB = PAGE.partition("### MongoDB")[2].partition("### Kafka")[0]
STORED_IN_KAFKA = PAGE.partition("### Kafka")[2].partition("### View files")[0]
NAMED_TESTS = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))
COMMAND = re.compile(r"`bridge ([a-z]+)(?: ([a-z]+))?")


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Give the names of a file's functions; none where there is no such file."""
    found = ast.walk(ast.parse(path.read_text())) if path.exists() else ()
    return frozenset(one.name for one in found if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def section_of(shape: Shape) -> str:
    """Give what the page says of a collection: its part that begins with its name in bold, or its row of a table."""
    parts = re.split(r"^(?=\*\*)", STORED_IN_MONGODB, flags=re.MULTILINE)
    own = [part for part in parts if part.startswith(f"**`{shape.name}`**")]
    rows = [line for line in STORED_IN_MONGODB.splitlines() if line.startswith(f"| `{shape.name}` |")]
    return "\n".join([*own, *rows])


def test_every_threat_names_a_test() -> None:
    threats = PAGE.partition("## 7.")[2].partition("## 8.")[0].splitlines()
    rows = [line for line in threats if line.startswith("|") and not line.startswith(("| edge", "| ---"))]

    assert len(rows) > 30
    assert [row for row in rows if "::test_" not in row] == []


@pytest.mark.parametrize(("file", "test"), NAMED_TESTS)
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    assert test in functions_of(ROOT / "tests" / file)


@pytest.mark.parametrize("shape", [*SHAPES, *TASK_SHAPES], ids=lambda shape: shape.name)
def test_every_stored_field_is_listed_with_its_collection(shape: Shape) -> None:
    listed = set(re.findall(r"`(\w+)`", section_of(shape)))

    assert set(shape.fields) - listed == set()


def test_every_topic_is_listed() -> None:
    assert [topic.name for topic in TOPICS if f"`{topic.name}`" not in STORED_IN_KAFKA] == []


def test_every_topic_is_kept_as_long_as_the_page_says() -> None:
    for topic in TOPICS:
        [row] = [line for line in STORED_IN_KAFKA.splitlines() if line.startswith("|") and f"`{topic.name}`" in line]
        kept = row.rstrip("| ").rpartition("|")[2]
        hours = int(topic.kept.total_seconds() // 3600)
        said = f"{hours // 24} day" if hours % 24 == 0 else f"{hours} hour"
        assert ("compacted" if topic.compacted else said) in kept, topic.name


def test_commands_that_are_named_exist() -> None:
    known = get_command(app)
    for name, more in COMMAND.findall(PAGE):
        command = getattr(known, "commands", {}).get(name)
        assert command is not None, f"bridge {name}"
        below = getattr(command, "commands", None)
        assert below is None or not more or more in below, f"bridge {name} {more}"
