"""The committed schemas, the AsyncAPI document and the samples say what the models say, and stay compatible."""

import ast
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError

from contracts.catalogue import BY_TYPE, EVENTS
from contracts.event import Event
from contracts.topics import COMMAND, SERVICES, TOPICS

CONTRACTS = Path(__file__).parents[2] / "contracts"
SAMPLES = sorted((CONTRACTS / "samples").glob("*.json"))
RELEASED = sorted((CONTRACTS / "released").glob("*/*.json"))
DOCUMENTS: dict[Path, str] = runpy.run_path(str(CONTRACTS / "write_documents.py"))["documents"]()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_derived_from_the_models_is_fresh(path: Path) -> None:
    assert path.read_text() == DOCUMENTS[path], "run `make documents` and commit what it wrote"


def test_no_schema_is_left_of_an_event_that_is_gone() -> None:
    assert set((CONTRACTS / "schemas").glob("*.json")) == {path for path in DOCUMENTS if path.suffix == ".json"}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event_type())
def test_every_event_has_a_sample_and_a_declared_topic(event: type[Event]) -> None:
    assert (CONTRACTS / "samples" / f"{event.event_type()}.json").exists()
    assert event.topic in {topic.name for topic in TOPICS}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_samples_ever_released_parse_with_the_models_of_today(sample: Path) -> None:
    event = BY_TYPE[sample.stem].model_validate_json(sample.read_text())

    assert event.key()
    assert _holds(event.model_dump(mode="json"), json.loads(sample.read_text()))


def _holds(now: Any, then: Any) -> bool:
    """Tell whether all that was said then is said now; what came later is added, also deep inside."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(name in now and _holds(now[name], then[name]) for name in then)
    if isinstance(then, list):
        return isinstance(now, list) and len(now) == len(then) and all(map(_holds, now, then))
    return bool(now == then)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_what_the_models_of_today_write_fits_the_schemas_ever_released(sample: Path) -> None:
    written = json.loads(BY_TYPE[sample.stem].model_validate_json(sample.read_text()).model_dump_json())
    schemas = [CONTRACTS / "schemas" / sample.name, *(path for path in RELEASED if path.name == sample.name)]

    for schema in schemas:
        Draft202012Validator(json.loads(schema.read_text())).validate(written)


def test_a_schema_refuses_an_event_without_its_fields() -> None:
    schema = json.loads((CONTRACTS / "schemas" / "bridge.comment-asked.v1.json").read_text())

    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate({"issue": "OPS-7"})


def test_unknown_fields_are_ignored_when_an_event_is_read() -> None:
    sample = json.loads((CONTRACTS / "samples" / "bridge.comment-asked.v1.json").read_text())

    newer = BY_TYPE["bridge.comment-asked.v1"].model_validate(sample | {"of_a_later_version": 1})

    assert "of_a_later_version" not in newer.model_dump()


def test_asyncapi_names_every_topic_every_event_and_only_services_that_exist_and_the_command() -> None:
    document: dict[str, Any] = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text())

    assert set(document["channels"]) == {topic.name for topic in TOPICS}
    assert set(document["components"]["messages"]) == set(BY_TYPE)
    assert {name for topic in TOPICS for name in topic.owners} == {*SERVICES, COMMAND}
    for channel in document["channels"].values():
        for message in channel["messages"].values():
            assert message["$ref"].removeprefix("#/components/messages/") in BY_TYPE


def test_contracts_import_only_pydantic_and_the_standard_library() -> None:
    allowed = {
        "pydantic",
        "contracts",
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "hashlib",
        "ipaddress",
        "re",
        "typing",
        "uuid",
    }

    for path in (CONTRACTS / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= allowed, path
