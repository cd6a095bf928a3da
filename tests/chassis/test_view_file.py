"""A view's file is whole or made anew, whenever its process dies."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chassis.view_file import ViewFile

BUILDING = """
import itertools, sys
from pathlib import Path
from chassis.view_file import ViewFile

file = ViewFile(Path(sys.argv[1]))
for number in itertools.count():
    file.write(0, number, {f"{number}-{row}": bytes(500) for row in range(1000)}, {})
    print(number, flush=True)
"""
CHANGING = """
import itertools, sys
from pathlib import Path
from chassis.view_file import ViewFile

file = ViewFile(Path(sys.argv[1]))
if not file.complete:
    file.mark_complete()
for number in itertools.count(file.read_to().get(0, 0) + 1):
    file.write(0, number, {str(row): b"%d" % number for row in range(1000)}, {})
    print(number, flush=True)
"""


def killed(script: str, path: Path, after: int) -> None:
    """Run a script on a file, and kill it somewhere after so many lines."""
    child = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(after):
        assert child.stdout.readline()
    child.kill()
    child.communicate()


def built(path: Path) -> ViewFile:
    """Make a file of two rows."""
    file = ViewFile(path)
    file.write(3, 7, {"one": b"1", "two": b"2"}, {"two": "even"})
    file.mark_complete()
    return file


def test_a_file_whose_process_was_killed_in_the_first_build_is_made_anew(tmp_path: Path) -> None:
    killed(BUILDING, tmp_path / "view.sqlite", after=20)
    file = ViewFile(tmp_path / "view.sqlite")

    assert not file.complete
    assert len(file) == 0
    assert file.read_to() == {}
    file.close()


def test_a_file_whose_process_was_killed_in_an_update_is_as_before_or_after_it(tmp_path: Path) -> None:
    for after in range(2, 8):
        killed(CHANGING, tmp_path / "view.sqlite", after)
        file = ViewFile(tmp_path / "view.sqlite")

        assert file.complete
        assert len(file) == 1000
        assert {file.get(str(row)) for row in range(1000)} == {b"%d" % file.read_to()[0]}
        file.close()


def test_a_file_is_gone_on_with(tmp_path: Path) -> None:
    built(tmp_path / "view.sqlite").close()
    file = ViewFile(tmp_path / "view.sqlite")

    assert file.complete
    assert len(file) == 2
    assert file.read_to() == {3: 7}
    assert file.find("even") == [("two", b"2")]
    file.close()


@pytest.mark.parametrize("path", [None, "view.sqlite"])
def test_rows_are_counted_as_they_come_change_and_go(tmp_path: Path, path: str | None) -> None:
    file = built(tmp_path / path) if path else ViewFile()
    file.write(0, 1, {"one": b"1", "two": b"2", "four": b"4"}, {})
    file.write(0, 2, {"one": b"11", "three": b"3", "two": None, "nobody": None}, {"one": "odd", "three": "odd"})

    assert len(file) == 3
    assert file.find("odd") == [("one", b"11"), ("three", b"3")]
    assert file.find("even") == []
    file.write(0, 3, {"three": b"33"}, {})
    assert file.find("odd") == [("one", b"11")]
    file.make_anew()
    assert len(file) == 0
    assert file.get("one") is None
    file.close()


def test_a_file_that_is_no_database_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "view.sqlite").write_bytes(b"no database" * 1000)
    file = ViewFile(tmp_path / "view.sqlite")

    assert not file.complete
    assert len(file) == 0
    file.close()


def test_a_file_found_damaged_while_it_is_used_is_made_anew_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "view.sqlite"
    file = ViewFile(path)
    file.write(0, 1, {str(row): bytes(500) for row in range(1000)}, {})
    file.mark_complete()
    file.close()
    with closing(sqlite3.connect(path)) as looking:
        [rows] = looking.execute("select rootpage from sqlite_schema where name = 'rows'").fetchone()
    with path.open("r+b") as raw:
        raw.seek((rows - 1) * 4096)
        raw.write(b"\xff" * 4096)
    file = ViewFile(path)
    with pytest.raises(sqlite3.DatabaseError):
        file.get("1")
    file.close()

    assert not ViewFile(path).complete


def test_a_file_is_for_one_process_at_a_time(tmp_path: Path) -> None:
    file = built(tmp_path / "view.sqlite")
    held = "import sys; from pathlib import Path; from chassis.view_file import ViewFile; ViewFile(Path(sys.argv[1]))"
    child = subprocess.run(
        [sys.executable, "-c", held, str(tmp_path / "view.sqlite")], capture_output=True, text=True, check=False
    )

    assert "OperationalError: database is locked" in child.stderr
    assert file.get("one") == b"1"
    file.close()
