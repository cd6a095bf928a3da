"""What the chart alerts of, as its files say it."""

from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "deploy/k8s/chart"
ALERTS: list[dict[str, Any]] = yaml.safe_load((CHART / "files/alerts.yaml").read_text())
THRESHOLDS: dict[str, float] = yaml.safe_load((CHART / "values.yaml").read_text())["monitoring"]["prometheusRule"][
    "thresholds"
]
