"""Events of any kind, drawn from their own JSON schemas: right in shape, strange in every value."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contracts.event import Event

Json = Any
INSTANTS = st.sampled_from(
    ["2026-03-02T12:00:00Z", "2026-03-02T12:00:00.123456+02:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
MOST_ITEMS = 4
IDS = frozenset(
    [
        "intent_id",
        "teams_tenant",
        "user",
        "user_mri",
        "conversation_id",
        "kind",
        "service_url",
        "activity_id",
        "bot_id",
        "tenant_id",
        "link_id",
    ]
)
"""Ids that Microsoft or we ourselves give: strange they may be, but not long."""
SHORT = 60


def data_of(kind: type[Event], texts: SearchStrategy[str]) -> SearchStrategy[Json]:
    """Draw the JSON of an event, with these texts in it."""
    schema = kind.model_json_schema()
    return _drawn(schema, schema.get("$defs", {}), texts)


def _drawn(schema: Mapping[str, Json], known: Mapping[str, Json], texts: SearchStrategy[str]) -> SearchStrategy[Json]:
    if "$ref" in schema:
        return _drawn(known[schema["$ref"].rpartition("/")[2]], known, texts)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if found := schema.get("anyOf") or schema.get("oneOf"):
        return st.one_of([_drawn(one, known, texts) for one in found])
    match schema.get("type"):
        case "object":
            return _object(schema, known, texts)
        case "array":
            return _array(schema, known, texts)
        case "integer" | "number":
            return st.integers(0, 1_000)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "string":
            return INSTANTS if schema.get("format") == "date-time" else texts
    return texts


def _object(schema: Mapping[str, Json], known: Mapping[str, Json], texts: SearchStrategy[str]) -> SearchStrategy[Json]:
    ids = texts.map(lambda text: text[:SHORT])
    fields = {
        name: _drawn(one, known, ids if name in IDS else texts) for name, one in schema.get("properties", {}).items()
    }
    required = set(schema.get("required", ()))
    if not fields:
        return st.dictionaries(texts, texts, max_size=MOST_ITEMS)
    return st.fixed_dictionaries(
        {name: drawn for name, drawn in fields.items() if name in required},
        optional={name: drawn for name, drawn in fields.items() if name not in required},
    )


def _array(schema: Mapping[str, Json], known: Mapping[str, Json], texts: SearchStrategy[str]) -> SearchStrategy[Json]:
    if places := schema.get("prefixItems"):
        return st.tuples(*(_drawn(one, known, texts) for one in places)).map(list)
    least = schema.get("minItems", 0)
    return st.lists(_drawn(schema.get("items", {}), known, texts), min_size=least, max_size=max(least, MOST_ITEMS))
