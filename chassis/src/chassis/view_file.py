"""The SQLite file (or memory) of a view: one value per key, and how far each partition has been read."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMPLETE = 2
"""`user_version` of a file whose first build came to its end; a file of another schema has another number."""
BESIDE = ("", "-journal", "-wal", "-shm")
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
SCHEMA = """
create table rows (key text primary key, value blob not null, found_by text);
create index rows_found_by on rows (found_by) where found_by is not null;
create table read_to (partition integer primary key, next integer not null);
"""
INSERT = "insert or ignore into rows values (?, ?, ?)"
UPDATE = """
insert into rows values (?, ?, ?)
on conflict (key) do update set value = excluded.value, found_by = excluded.found_by
"""


class ViewFile:
    """Rows in SQLite; the topic is the truth, so nothing is synced, and a file in doubt is made anew.

    The first build writes without a journal: killed in it, the process leaves a file without the mark of
    completeness. Afterwards each `write` is there as a whole or not at all, whenever the process is killed.
    One process at a time has the file: another gets sqlite3.OperationalError.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._count = 0
        self.complete = False
        """Whether the first build came to its end."""
        self._db = self._connected()
        try:
            self.complete = self._asked("pragma user_version")[0][0] == COMPLETE
            if self.complete:
                self._db.execute("pragma synchronous = off")
                self._db.execute("pragma journal_mode = wal")
                self._count = self._asked("select count(*) from rows")[0][0]
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in DAMAGED:
                raise
            self.complete = False
        if not self.complete:
            self.make_anew()

    def __len__(self) -> int:
        return self._count

    def get(self, key: str) -> bytes | None:
        """Give the value of a key."""
        rows = self._asked("select value from rows where key = ?", (key,))
        return rows[0][0] if rows else None

    def find(self, name: str) -> list[tuple[str, bytes]]:
        """Give keys and values of the rows found by this name, by key."""
        return self._asked("select key, value from rows where found_by = ? order by key", (name,))

    def read_to(self) -> dict[int, int]:
        """Give the offset to go on from, by partition."""
        return dict(self._asked("select partition, next from read_to"))

    def write(
        self, partition: int, next_offset: int, values: Mapping[str, bytes | None], names: Mapping[str, str]
    ) -> None:
        """Keep the values, forget the keys without one, and note how far the partition has been read.

        `names` says by which name a key is found, for those that have one.
        """
        gone = [(key,) for key, value in values.items() if value is None]
        kept = [(key, value, names.get(key)) for key, value in values.items() if value is not None]
        kept.sort()  # the order of the index: a fifth faster
        try:
            self._db.execute("begin")
            new = self._db.executemany(INSERT, kept).rowcount if kept else 0
            if new < len(kept):
                self._db.executemany(UPDATE, kept)
            lost = self._db.executemany("delete from rows where key = ?", gone).rowcount if gone else 0
            self._db.execute("insert or replace into read_to values (?, ?)", (partition, next_offset))
            self._db.execute("commit")
        except sqlite3.DatabaseError as error:
            self._remove_damaged(error)
            raise
        self._count += new - lost

    def mark_complete(self) -> None:
        """Say that all is there that was in the topic at the beginning."""
        self._db.execute(f"pragma user_version = {COMPLETE}")
        self._db.execute("pragma journal_mode = wal")
        self.complete = True

    def make_anew(self) -> None:
        """Begin with nothing."""
        self._db.close()
        self._remove()
        self._db = self._connected()
        self._db.execute("pragma synchronous = off")
        self._db.execute("pragma journal_mode = off")
        self._db.executescript(SCHEMA)
        self._count, self.complete = 0, False

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path or ":memory:", isolation_level=None)
        db.execute("pragma locking_mode = exclusive")  # no locks taken and no cache dropped between look-ups
        return db

    def _asked(self, question: str, arguments: tuple[str, ...] = ()) -> list[Any]:
        try:
            return self._db.execute(question, arguments).fetchall()
        except sqlite3.DatabaseError as error:
            self._remove_damaged(error)
            raise

    def _remove_damaged(self, error: sqlite3.DatabaseError) -> None:
        """See to it that the next start does not find the same damage."""
        if error.sqlite_errorcode in DAMAGED:
            self._remove()

    def _remove(self) -> None:
        for ending in BESIDE if self._path else ():
            Path(f"{self._path}{ending}").unlink(missing_ok=True)
