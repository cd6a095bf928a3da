"""Commands, settings, values and files that the installing, operating and registering pages name are there."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.main import get_command

from bot_gateway.settings import Settings as BotGateway
from bridge.main import app
from bridge.settings import BridgeSettings
from bridge.tenant_options import RegistryAccess
from chassis.settings import Secrets
from contracts.topics import SERVICES, TOPICS
from jira_actor.settings import Settings as JiraActor
from key_vault.settings import Settings as KeyVault
from tenant_registry.settings import Settings as TenantRegistry

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/k8s/chart"
INSTALLING = ("install.md", "operate.md")
"""Those that speak of the chart."""
PAGES = (*INSTALLING, "register.md")
SETTINGS = (BotGateway, TenantRegistry, JiraActor, KeyVault, BridgeSettings, RegistryAccess, Secrets)
KNOWN_SETTINGS = {f"BRIDGE_{name.upper()}" for kind in SETTINGS for name in kind.model_fields}
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text()) if CHART.is_dir() else {}
FREE = ("annotations", "settings", "labels")
"""Values below which keys are the reader's own."""
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|[|&;(]|\$\()\s*(?:BRIDGE_\w+=\S+ )*(bridge (?![({]).*)$")
ENDS = ("|", "||", "&&", ">", "<", ";", "#")


@dataclass(frozen=True)
class Page:
    """One page, in pieces."""

    name: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Give the lines of shell, continued ones joined."""
        shell = [body for language, body in BLOCK.findall(self.text) if language == "sh"]
        return [line.strip() for body in shell for line in re.sub(r"\\\n\s*", "", body).splitlines()]

    @property
    def inline(self) -> list[str]:
        """Give what stands between single backticks."""
        return INLINE.findall(BLOCK.sub("", self.text))

    @property
    def values(self) -> list[dict[str, Any]]:
        """Give the blocks of Helm's values."""
        bodies = [body for language, body in BLOCK.findall(self.text) if language == "yaml"]
        return [yaml.safe_load(body) for body in bodies if body.lstrip().startswith("# values.yaml")]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(request.param, (ROOT / "docs" / request.param).read_text())


def bridge_commands(texts: list[str]) -> Iterator[list[str]]:
    """Give the words of each call of the command."""
    for text in texts:
        for found in COMMAND.finditer(text):
            words = shlex.split(found[1].replace("…", "X"), comments=True)
            ends = next((at for at, word in enumerate(words) if word in ENDS), len(words))
            yield words[1:ends]


def wrong_with(words: list[str]) -> str | None:
    """Say what the command does not know of these words; None where it knows all."""
    command: Any = get_command(app)
    rest = list(words)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        command = command.commands.get(rest.pop(0))
        if command is None:
            return f"no such command: bridge {shlex.join(words)}"
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("-")}
    unknown = [word for word in rest if word.startswith("-") and word.split("=")[0] not in options | {"--help"}]
    return f"bridge {shlex.join(words)}: no {unknown[0]}" if unknown else None


def wrong_key(path: list[str]) -> str | None:
    """Say which of the chart's values is not there; None where it is."""
    place: Any = VALUES
    for step in path:
        if not isinstance(place, dict) or step not in place:
            return ".".join(path)
        place = place[step]
        if step in FREE:
            return None
    return None


def leaves(values: dict[str, Any], before: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Give the paths of all values."""
    for key, value in values.items():
        below = isinstance(value, dict) and value and key not in FREE
        yield from leaves(value, (*before, key)) if below else ([*before, key],)


def set_on_the_command_line(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if re.search(r"helm (?:install|upgrade) bridge\b", line):
            yield from re.findall(r"--set(?:-string)? ([\w.]+)=", line)


def test_every_call_of_the_command_is_one_that_it_understands(page: Page) -> None:
    calls = list(bridge_commands([*page.lines, *page.inline]))

    assert len(calls) >= 5
    assert [wrong for words in calls if (wrong := wrong_with(words))] == []


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        ("bridge teams unpack", "no such command: bridge teams unpack"),
        ("vault read x | bridge vault role --user x", "bridge vault role --user x: no --user"),
        ("BRIDGE_LANES=1 bridge toppics apply", "no such command: bridge toppics apply"),
    ],
)
def test_a_wrong_call_is_found(call: str, wrong: str) -> None:
    [words] = bridge_commands([call])

    assert wrong_with(words) == wrong


def test_every_setting_is_one_that_a_service_or_the_command_reads(page: Page) -> None:
    named = set(re.findall(r"\bBRIDGE_[A-Z_]+\b", page.text))

    assert named - KNOWN_SETTINGS - {"BRIDGE_"} == set()


def test_every_value_is_one_of_the_charts(page: Page) -> None:
    of_chart = [text.split(":")[0] for text in page.inline if re.match(r"[a-z]\w+(?:\.\w+)+(?::|$)", text)]
    named = [text.split(".") for text in of_chart if text.split(".")[0] in VALUES]
    written = [path for values in page.values for path in leaves(values)]
    given = [text.split(".") for text in set_on_the_command_line([*page.lines, *page.inline])]

    assert bool(named) == (page.name in INSTALLING)
    assert [wrong for path in [*named, *written, *given] if (wrong := wrong_key(path))] == []


def test_the_charts_schema_takes_the_values_of_the_first_install() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    [values] = Page("install.md", (ROOT / "docs/install.md").read_text()).values

    jsonschema.validate(merged(VALUES, values), schema)
    values["tenantRegistry"]["operatorTokenHash"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(merged(VALUES, values), schema)


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Merge as Helm does."""
    both = {**under, **over}
    return both | {
        key: merged(under[key], value)
        for key, value in over.items()
        if isinstance(value, dict) and isinstance(under.get(key), dict)
    }


def test_a_wrong_value_is_found() -> None:
    assert wrong_key(["botGateway", "bot", "apppId"]) == "botGateway.bot.apppId"
    assert wrong_key(["ingress", "annotations", "cert-manager.io/cluster-issuer"]) is None
    [given] = set_on_the_command_line(["helm upgrade bridge deploy/k8s/chart --set tenantRegistry.tokenHash=1"])
    assert wrong_key(given.split(".")) == "tenantRegistry.tokenHash"


def test_the_secrets_of_the_first_install_have_the_keys_that_the_chart_reads() -> None:
    text = (ROOT / "docs/install.md").read_text()
    made = dict(re.findall(r"create secret generic (\S+) .*--from-file=(\S+)", text))

    assert made == {
        "bridge-bot": VALUES["botGateway"]["bot"]["secretKey"],
        "bridge-mongodb": VALUES["mongodb"]["secretKey"],
        "company-cluster-ca-cert": VALUES["kafka"]["ca"]["key"],
    }


def test_every_deployment_is_one_of_the_release(page: Page) -> None:
    named = re.findall(r"deployment[/ ]\"?bridge-([\w-]+)", page.text)

    assert set(named) <= set(SERVICES)


def test_every_topic_is_declared(page: Page) -> None:
    named = set(re.findall(r"\b[a-z-]+\.[a-z.]+\.v\d+\b|\bdead-letters\.v\d+\b", page.text))

    assert named <= {topic.name for topic in TOPICS}


def test_every_file_and_every_make_target_is_there(page: Page) -> None:
    files = set(re.findall(r"\b(?:deploy|tests)/[\w./-]*\w", page.text))
    targets = set(re.findall(r"\bmake ([a-z][a-z-]+)\b", "\n".join([*page.lines, *page.inline])))
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert [file for file in sorted(files) if not (ROOT / file).exists()] == []
    assert targets - made == set()


def test_every_metric_is_one_that_is_listed(page: Page) -> None:
    listed = set(re.findall(r"`(bridge_\w+)`", (ROOT / "docs/metrics.md").read_text()))

    assert set(re.findall(r"\bbridge_[a-z_]+", page.text)) <= listed


def test_links_to_headings_lead_to_headings(page: Page) -> None:
    for target, heading in re.findall(r"\]\(([\w./]*)#([\w-]+)\)", page.text):
        linked = ROOT / "docs" / target if target else ROOT / "docs" / page.name
        headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", linked.read_text()), re.MULTILINE)
        assert heading in {anchor(one) for one in headings}, f"{page.name}: {target}#{heading}"


def anchor(heading: str) -> str:
    """Give a heading's anchor as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
