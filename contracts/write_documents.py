"""Write what is derived from the event models: `schemas/*.json` and `asyncapi.yaml` (run by `make documents`)."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from contracts.catalogue import EVENTS
from contracts.event import Event
from contracts.topics import TOPICS, Topic

HERE = Path(__file__).parent
HEADERS = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "correlation_id"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "The same for every delivery of one event"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string", "description": "/bridge/<service>"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "What it is about; never a secret"},
        "correlation_id": {"type": "string", "description": "The intent at the beginning of the chain"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
        "content-type": {"const": "application/json"},
    },
}


def schemas() -> dict[str, dict[str, Any]]:
    """Give the JSON Schema of every event by its type."""
    return {event.event_type(): _schema(event) for event in EVENTS}


def asyncapi() -> dict[str, Any]:
    """Give the AsyncAPI 3 document: a channel per topic, an operation per service and direction."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bridge",
            "version": "0.1.0",
            "description": "Every event between Bridge's services. CloudEvents 1.0, Kafka binding, binary mode.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            f"{service}-{verb}-{topic.name}": {
                "action": verb,
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "summary": topic.what,
            }
            for topic in TOPICS
            for verb, services in (("send", topic.owners), ("receive", topic.readers))
            for service in services
        },
        "components": {"messages": {event.event_type(): _message(event) for event in EVENTS}},
    }


def documents() -> dict[Path, str]:
    """Give the text of every derived file by its path."""
    files = {
        HERE / "schemas" / f"{name}.json": json.dumps(schema, indent=2) + "\n" for name, schema in schemas().items()
    }
    text = yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=120)
    return files | {HERE / "asyncapi.yaml": text}


def _schema(event: type[Event]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **event.model_json_schema(mode="serialization")}


def _channel(topic: Topic) -> dict[str, Any]:
    names = [event.event_type() for event in EVENTS if event.topic == topic.name]
    return {
        "address": topic.name,
        "description": topic.what,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": _configuration(topic)}},
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    if topic.compacted:
        return {"cleanup.policy": ["compact"]}
    return {"cleanup.policy": ["delete"], "retention.ms": int(topic.kept.total_seconds() * 1000)}


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.event_type(),
        "summary": (event.__doc__ or "").split("\n")[0],
        "headers": HEADERS,
        "payload": {"$ref": f"schemas/{event.event_type()}.json"},
    }


def main() -> None:
    """Write the files and drop schemas of events that are gone."""
    wanted = documents()
    for path in (HERE / "schemas").glob("*.json"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.write_text(text)
    sys.stdout.write(f"wrote {len(wanted)} files\n")


if __name__ == "__main__":
    main()
