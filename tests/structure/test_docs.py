"""What the documents say of the code is what the code says."""

import re
import runpy
from pathlib import Path

from chassis.metrics import Metrics
from contracts.topics import TOPICS

ROOT = Path(__file__).parents[2]


def test_the_settings_page_is_fresh() -> None:
    written = runpy.run_path(str(ROOT / "docs/write_settings.py"))["document"]()

    assert (ROOT / "docs/settings.md").read_text() == written, "run `make documents` and commit what it wrote"


def test_every_metric_is_listed_and_every_listed_metric_exists() -> None:
    families = Metrics().registry.collect()
    counted = {f"{family.name}_total" if family.type == "counter" else family.name for family in families}
    for file in ROOT.glob("services/*/src/**/*.py"):  # what one service alone counts
        counted |= set(re.findall(r'(?:Counter|Gauge|Histogram)\(\s*"(bridge_\w+)"', file.read_text()))

    assert set(re.findall(r"`(bridge_\w+)`", (ROOT / "docs/metrics.md").read_text())) == counted


def test_the_event_map_names_every_topic() -> None:
    told = (ROOT / "ARCHITECTURE.md").read_text()

    missing = [topic.name for topic in TOPICS if not topic.name.endswith(".retry.v1") and f"`{topic.name}`" not in told]
    assert missing == []


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
