"""`bridge teams package`: what is in the zip is what Teams takes, and what it would refuse is said before."""

import io
import json
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.bridge.teams_schema import MANIFEST
from typer.testing import CliRunner, Result

from bot_gateway.commands import Unknown
from bot_gateway.grammar import parse
from bot_gateway.verbs import VERBS
from bridge.main import app
from bridge.teams.manifest import VERSION
from bridge.teams.verbs import HELP, LISTS, MOST_COMMANDS

BOT = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
HOST = "bridge.example.com"
ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("BRIDGE_REFERENCE_DATA", ROOT.parent / "shared/reference/data"))
MICROSOFTS = REFERENCE / f"teams-manifest/v{VERSION}/MicrosoftTeams.schema.json"

Pixel = tuple[int, ...]


def ask(to: Path, *options: str, bot: str = BOT, host: str = HOST) -> Result:
    arguments = ["teams", "package", "--bot-app-id", bot, "--host", host, "--to", str(to), *options]
    return CliRunner(env={"COLUMNS": "400"}).invoke(app, arguments)


def packed(to: Path, *options: str) -> dict[str, bytes]:
    result = ask(to, *options)
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(to) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def written(to: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(packed(to, *options)["manifest.json"])
    return found


def pixels(png: bytes) -> list[list[Pixel]]:
    """Read a PNG of 8 bits and RGBA anew, from the specification: signature, chunks with their checksums, filters."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    file, kinds, packed_lines = io.BytesIO(png[8:]), [], b""
    width, height = 0, 0
    while header := file.read(8):
        length, kind = struct.unpack(">I4s", header)
        data = file.read(length)
        assert struct.unpack(">I", file.read(4)) == (zlib.crc32(kind + data),)
        kinds.append(kind)
        if kind == b"IHDR":
            width, height, depth, colour, compression, filtering, interlaced = struct.unpack(">IIBBBBB", data)
            assert (depth, colour, compression, filtering, interlaced) == (8, 6, 0, 0, 0)
        packed_lines += data if kind == b"IDAT" else b""
    assert kinds[0] == b"IHDR"
    assert kinds[-1] == b"IEND"
    lines = zlib.decompress(packed_lines)
    stride = 1 + 4 * width
    assert len(lines) == stride * height
    rows = [lines[start : start + stride] for start in range(0, len(lines), stride)]
    assert {row[0] for row in rows} == {0}  # no filter
    return [[tuple(row[1 + at : 5 + at]) for at in range(0, 4 * width, 4)] for row in rows]


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "app.zip"


def test_the_package_holds_the_manifest_and_two_icons_and_nothing_else(to: Path) -> None:
    assert set(packed(to)) == {"manifest.json", "color.png", "outline.png"}


def test_the_manifest_is_one_that_teams_takes(to: Path) -> None:
    jsonschema.validate(written(to), MANIFEST, format_checker=jsonschema.FormatChecker())


def test_microsofts_own_schema_takes_it_too(to: Path) -> None:
    if not MICROSOFTS.is_file():
        pytest.skip(f"Microsoft's schema is not at {MICROSOFTS}")

    jsonschema.Draft4Validator(json.loads(MICROSOFTS.read_text())).validate(written(to))


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("name", "short"), "n" * 31),
        (("description", "short"), "d" * 81),
        (("bots", 0, "scopes", 0), "everywhere"),
        (("bots", 0, "commandLists", 0, "commands"), [{"title": "t", "description": "d"}] * 11),
        (("accentColor",), "blue"),
        (("more",), "than it may hold"),
    ],
)
def test_the_schema_refuses_what_teams_refuses(to: Path, where: tuple[Any, ...], wrong: Any) -> None:
    manifest: Any = written(to)
    inner = manifest
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = wrong

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest, MANIFEST)


def test_what_was_asked_for_stands_in_the_manifest(to: Path) -> None:
    wanted = {
        "--name": "Jira at Example",
        "--full-name": "Jira Data Center at Example Inc.",
        "--app-version": "1.4.0",
        "--accent-colour": "#AA3300",
        "--description": "Jira, here.",
        "--full-description": "Jira, here, in full.",
        "--developer": "Example Inc.",
        "--website-url": "https://example.com/help",
        "--privacy-url": "https://example.com/privacy",
        "--terms-url": "https://example.com/terms",
        "--app-id": "11111111-2222-3333-4444-555555555555",
    }
    manifest = written(to, *(word for pair in wanted.items() for word in pair), "--host", "jira.example.com")

    assert manifest["name"] == {"short": "Jira at Example", "full": "Jira Data Center at Example Inc."}
    assert manifest["description"] == {"short": "Jira, here.", "full": "Jira, here, in full."}
    assert (manifest["version"], manifest["accentColor"]) == ("1.4.0", "#AA3300")
    assert (manifest["id"], manifest["bots"][0]["botId"]) == ("11111111-2222-3333-4444-555555555555", BOT)
    assert manifest["validDomains"] == [HOST, "jira.example.com"]
    assert manifest["developer"] == {
        "name": "Example Inc.",
        "websiteUrl": "https://example.com/help",
        "privacyUrl": "https://example.com/privacy",
        "termsOfUseUrl": "https://example.com/terms",
    }


def test_what_was_not_asked_for_has_a_sensible_value(to: Path) -> None:
    manifest = written(to)

    assert manifest["id"] == BOT
    assert manifest["developer"]["privacyUrl"] == f"https://{HOST}/register"
    assert manifest["bots"][0]["scopes"] == ["personal", "team", "groupChat"]
    assert "webApplicationInfo" not in manifest


@pytest.mark.parametrize(("icon", "size"), [("color.png", 192), ("outline.png", 32)])
def test_an_icon_is_a_png_of_the_size_that_teams_wants(to: Path, icon: str, size: int) -> None:
    rows = pixels(packed(to)[icon])

    assert (len(rows), {len(row) for row in rows}) == (size, {size})


def test_the_outline_is_white_on_transparent_with_nothing_between(to: Path) -> None:
    seen = {pixel for row in pixels(packed(to)["outline.png"]) for pixel in row}

    assert seen == {(255, 255, 255, 255), (255, 255, 255, 0)}


def test_the_coloured_icon_is_opaque_and_has_the_accent_colour_to_its_edges(to: Path) -> None:
    rows = pixels(packed(to, "--accent-colour", "#0a6B2c")["color.png"])

    edge = [*rows[0], *rows[-1], *(row[0] for row in rows), *(row[-1] for row in rows)]
    assert set(edge) == {(0x0A, 0x6B, 0x2C, 255)}
    assert {pixel[3] for row in rows for pixel in row} == {255}
    assert (255, 255, 255, 255) in {pixel for row in rows for pixel in row}


def test_on_a_light_accent_colour_the_bridge_is_dark(to: Path) -> None:
    seen = {pixel for row in pixels(packed(to, "--accent-colour", "#FFFFFF")["color.png"]) for pixel in row}

    assert min(pixel[:3] for pixel in seen) < (40, 40, 40)


def test_the_same_app_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        assert ask(tmp_path / name).exit_code == 0

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_offered_commands_are_those_of_the_bot_in_its_own_words() -> None:
    assert {verb: (VERBS[verb].usage, VERBS[verb].does) for verb in HELP} == HELP


@pytest.mark.parametrize(("scopes", "verbs"), LISTS)
def test_a_list_has_ten_commands_at_most_each_of_which_the_bot_understands(
    scopes: tuple[str, ...], verbs: tuple[str, ...]
) -> None:
    assert len(set(verbs)) == len(verbs) <= MOST_COMMANDS
    assert [verb for verb in verbs if isinstance(parse(verb), Unknown)] == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--name", "n" * 31], "--name has 31 characters: Teams takes at most 30."),
        (["--name", " "], "--name is empty: write up to 30 characters."),
        (["--full-name", "n" * 101], "--full-name has 101 characters: Teams takes at most 100."),
        (["--description", "d" * 81], "--description has 81 characters: Teams takes at most 80."),
        (["--full-description", "d" * 4001], "--full-description has 4001 characters: Teams takes at most 4000."),
        (["--developer", "d" * 33], "--developer has 33 characters: Teams takes at most 32."),
        (["--app-version", "1.0"], "--app-version '1.0' is no version: write three numbers, as 1.0.0."),
        (["--app-version", "1.02.0"], "--app-version '1.02.0' is no version: write three numbers, as 1.0.0."),
        (["--accent-colour", "blue"], "--accent-colour 'blue' is no colour: write six hex digits, as #0B5CAD."),
        (["--app-id", "bridge"], "--app-id 'bridge' is no application id"),
        (["--host", "https://b.example.com"], "--host 'https://b.example.com' is no host name: write the name alone"),
        (["--host", "b.example.com:8443"], "--host 'b.example.com:8443' is no host name"),
        (["--host", "localhost"], "--host 'localhost' is no host name"),
        (["--host", "B.example.com"], "in lower case"),
        ([word for n in range(16) for word in ("--host", f"b{n}.example.com")], "Teams takes at most 16 hosts."),
        (["--website-url", "http://example.com"], "--website-url 'http://example.com' is no address that Teams takes"),
        (["--privacy-url", "example.com/p"], "--privacy-url 'example.com/p' is no address that Teams takes"),
        (["--terms-url", "https://[1"], "--terms-url 'https://[1' is no address"),
    ],
)
def test_what_teams_would_refuse_is_wrong_usage_and_nothing_is_written(to: Path, options: list[str], says: str) -> None:
    result = ask(to, *options)

    assert (result.exit_code, to.exists()) == (2, False)
    assert says in result.stderr


def test_everything_that_is_wrong_is_said_at_once_and_the_bots_id_not_twice(to: Path) -> None:
    result = ask(to, "--app-version", "one", bot="my-bot", host="my host")

    assert [line.split(" ")[0] for line in result.stderr.splitlines()] == ["--bot-app-id", "--app-version", "--host"]


def test_the_longest_that_teams_takes_is_taken(to: Path) -> None:
    longest = {"--name": 30, "--full-name": 100, "--description": 80, "--full-description": 4000, "--developer": 32}
    manifest = written(to, *(word for option, most in longest.items() for word in (option, "x" * most)))

    jsonschema.validate(manifest, MANIFEST)


def test_a_file_that_is_there_is_not_touched(to: Path) -> None:
    to.write_text("mine")

    result = ask(to)

    assert (result.exit_code, to.read_text()) == (2, "mine")
    assert "is there already" in result.stderr


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    result = ask(tmp_path / "nowhere" / "app.zip")

    assert result.exit_code == 2
    assert "cannot be written: No such file or directory." in result.stderr


def test_programs_get_json(to: Path) -> None:
    result = ask(to, "-o", "json")

    assert json.loads(result.stdout) == {
        "file": str(to),
        "id": BOT,
        "botId": BOT,
        "name": "Bridge",
        "version": "1.0.0",
        "validDomains": [HOST],
    }


def test_the_bots_id_may_come_from_the_environment(to: Path) -> None:
    runner = CliRunner(env={"BRIDGE_BOT_APP_ID": BOT})

    assert runner.invoke(app, ["teams", "package", "--host", HOST, "--to", str(to)]).exit_code == 0
