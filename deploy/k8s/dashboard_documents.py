"""The chart's `files/dashboards/*.json`, from `dashboards.py`."""

import json
from pathlib import Path
from typing import Any

from deploy.k8s.dashboards import DASHBOARDS, Dashboard, Panel

FILES = Path(__file__).parent / "chart" / "files" / "dashboards"
WIDTH, HEIGHT = 24, 8
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def documents() -> dict[Path, str]:
    """Give the text of each file by its path."""
    return {FILES / f"{one.name}.json": json.dumps(_dashboard(one), indent=1) + "\n" for one in DASHBOARDS}


def _dashboard(declared: Dashboard) -> dict[str, Any]:
    """Give it as Grafana (schema 39: 10.3 and newer) imports it."""
    return {
        "uid": f"bridge-{declared.name}",
        "title": declared.title,
        "tags": ["bridge"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["bridge"], "title": "Bridge", "asDropdown": True, "keepTime": True}],
        "templating": {"list": _variables(declared)},
        "panels": _panels(declared),
    }


def _variables(declared: Dashboard) -> list[dict[str, Any]]:
    variables = [
        {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"},
        _query("namespace", "label_values(bridge_ready, namespace)"),
    ]
    if declared.by_component:
        found = _query("component", 'label_values(bridge_ready{namespace="$namespace"}, component)')
        variables.append({**found, "multi": True, "includeAll": True, "allValue": ".+", "current": _all()})
    if any("$objective" in text for row in declared.rows.values() for panel in row for text in panel.series.values()):
        variables.append({"name": "objective", "type": "textbox", "query": "0.99", "current": {"value": "0.99"}})
    return variables


def _query(name: str, query: str) -> dict[str, Any]:
    return {"name": name, "type": "query", "datasource": SOURCE, "query": query, "refresh": 2, "sort": 1}


def _all() -> dict[str, Any]:
    return {"text": "All", "value": "$__all"}


def _panels(declared: Dashboard) -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in declared.rows.items():
        place = {"x": 0, "y": top, "w": WIDTH, "h": 1}
        panels.append({"id": len(panels) + 1, "type": "row", "title": title, "gridPos": place, "collapsed": False})
        wide = WIDTH // len(row)
        for number, panel in enumerate(row):
            place = {"x": number * wide, "y": top + 1, "w": wide, "h": HEIGHT}
            panels.append({"id": len(panels) + 1, "gridPos": place, **_panel(panel)})
        top += 1 + HEIGHT
    return panels


def _panel(panel: Panel) -> dict[str, Any]:
    table = panel.kind == "table"
    targets = [
        {
            "refId": chr(ord("A") + number),
            "datasource": SOURCE,
            "expr": expression,
            "legendFormat": legend,
            "instant": panel.kind != "timeseries",
            "range": panel.kind == "timeseries",
            **({"format": "table"} if table else {}),
        }
        for number, (legend, expression) in enumerate(panel.series.items())
    ]
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.what,
        "datasource": SOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {},
    }
