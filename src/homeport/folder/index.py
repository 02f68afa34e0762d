"""The index of one folder: a SQLite file of its own, with every word and no text. It may be deleted at any time.

The texts stay where they are, and a hit counts only while its file can be opened. Rows of the words are never changed:
a file that changed is a new row, and rows without a file are passed over until the index is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from homeport.folder.opening import Place
from homeport.folder.words import indexed, phrase

VERSION = 1
CANDIDATES = 1_000
"""How many files that hold the words are compared with each other; which of more than these are best is not asked."""
TITLE, NAMES, BODY = 8.0, 4.0, 1.0
WORN_ROWS = 10_000
"""An index with more dead rows than this, and than living ones, is made anew."""
BUSY_SECONDS = 10.0

_TABLES = f"""
CREATE TABLE folders (
    folder_id INTEGER PRIMARY KEY,
    parent_id INTEGER,
    path BLOB NOT NULL UNIQUE
);
CREATE INDEX folders_by_parent ON folders (parent_id);
CREATE TABLE files (
    file_id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder_id INTEGER NOT NULL,
    name BLOB NOT NULL,
    size INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    public_id TEXT NOT NULL UNIQUE,
    title TEXT,
    UNIQUE (folder_id, name)
);
CREATE TABLE scans (whole INTEGER NOT NULL);
INSERT INTO scans VALUES (0);
CREATE VIRTUAL TABLE words USING fts5(title, names, body, content='', tokenize="unicode61 remove_diacritics 2");
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file in the index. `title` is empty for one that is no text after all."""

    file_id: int
    public_id: str
    place: Place
    title: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the index holds of a file in one folder."""

    file_id: int
    size: int
    changed: int


class Index:
    """One connection, of one thread. Use it through `open_index`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    # --- asking -------------------------------------------------------------------------------------------------

    def find(self, words: list[str], most: int) -> Iterator[IndexedFile]:
        """Files that hold the words, the best ones first: all words, all as beginnings of words, then some of them."""
        found: set[int] = set()
        for asked in self._ways(words):
            for file_id in self._best(asked):
                if file_id not in found and (file := self._file(file_id)) is not None:
                    found.add(file_id)
                    yield file
                    if len(found) == most:
                        return

    def by_public_id(self, public_id: str) -> IndexedFile | None:
        row = self._database.execute(f"{_FILE} WHERE public_id = ?", (public_id,)).fetchone()
        return _indexed_file(row) if row else None

    @property
    def scanned(self) -> bool:
        """Whether the whole folder was read once."""
        return bool(self._database.execute("SELECT whole FROM scans").fetchone()[0])

    @property
    def files(self) -> int:
        (number,) = self._database.execute("SELECT COUNT(*) FROM files").fetchone()
        return int(number)

    @property
    def worn(self) -> bool:
        """Whether most of it is about files that are no more."""
        row = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'files'").fetchone()
        living = self.files
        return row is not None and int(row[0]) - living > max(WORN_ROWS, living)

    def _ways(self, words: list[str]) -> Iterator[str]:
        exact = {word: phrase(word) for word in words}
        everything = " AND ".join(exact.values())
        yield "{title names} : (" + everything + ")"
        yield everything
        counts = {word: self._count(asked) for word, asked in exact.items()}
        # What begins with a word that many files hold is in most files, and counting it there takes longest of all.
        begins = [phrase(word, begins=len(word) > 2 and counts[word] <= CANDIDATES) for word in words]
        yield " AND ".join(begins)
        if len(exact) > 1:
            # Of words that nearly every file holds, nobody learns anything.
            some, candidates = [], 0
            for number, word in sorted((number, exact[word]) for word, number in counts.items()):
                if number and candidates + number <= CANDIDATES:
                    some.append(word)
                    candidates += number
            if some:
                yield " OR ".join(some)

    def _count(self, asked: str) -> int:
        limited = f"SELECT 1 FROM words WHERE words MATCH ? LIMIT {CANDIDATES + 1}"
        return int(self._database.execute(f"SELECT COUNT(*) FROM ({limited})", (asked,)).fetchone()[0])

    def _best(self, asked: str) -> list[int]:
        # Without ORDER BY the rows come one by one, so that the limit bounds the time whatever is asked.
        rows = self._database.execute(
            f"SELECT rowid, bm25(words, {TITLE}, {NAMES}, {BODY}) FROM words WHERE words MATCH ? LIMIT {CANDIDATES}",
            (asked,),
        ).fetchall()
        return [file_id for file_id, _ in sorted(rows, key=lambda row: (row[1], row[0]))]

    def _file(self, file_id: int) -> IndexedFile | None:
        row = self._database.execute(f"{_FILE} WHERE file_id = ?", (file_id,)).fetchone()
        return _indexed_file(row) if row else None

    # --- writing ------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._database.in_transaction:  # SQLite itself gives some up
                self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def folder_id(self, place: Place, parent_id: int | None) -> int:
        """The row of a folder, made when it is new."""
        path = _bytes(place)
        self._database.execute(
            "INSERT INTO folders (parent_id, path) VALUES (?, ?) ON CONFLICT DO NOTHING", (parent_id, path)
        )
        row = self._database.execute("SELECT folder_id FROM folders WHERE path = ?", (path,)).fetchone()
        return int(row[0])

    def known(self, folder_id: int) -> dict[str, Known]:
        """The files of one folder by name."""
        rows = self._database.execute(
            "SELECT name, file_id, size, changed FROM files WHERE folder_id = ?", (folder_id,)
        )
        return {os.fsdecode(name): Known(*rest) for name, *rest in rows}

    def known_folders(self, folder_id: int) -> set[str]:
        """The names of the folders in one folder."""
        rows = self._database.execute("SELECT path FROM folders WHERE parent_id = ?", (folder_id,))
        return {os.fsdecode(path).rpartition("/")[2] for (path,) in rows}

    def put(self, folder_id: int, place: Place, size: int, changed: int, title: str, text: str | None) -> None:
        """A file as it is now, in the place of what was known of it; without a text it is not looked at again."""
        public_id = public_id_of(place)
        self._database.execute("DELETE FROM files WHERE public_id = ?", (public_id,))
        file_id = self._database.execute(
            "INSERT INTO files (folder_id, name, size, changed, public_id, title) VALUES (?, ?, ?, ?, ?, ?)",
            (folder_id, os.fsencode(place[-1]), size, changed, public_id, None if text is None else title),
        ).lastrowid
        if text is not None:
            names = indexed(path_of(place).replace("_", " "))
            self._database.execute(
                "INSERT INTO words (rowid, title, names, body) VALUES (?, ?, ?, ?)",
                (file_id, indexed(title), names, indexed(text)),
            )

    def forget(self, file_id: int) -> None:
        self._database.execute("DELETE FROM files WHERE file_id = ?", (file_id,))

    def forget_folder(self, place: Place) -> None:
        """A folder with everything below it."""
        path = _bytes(place)
        # "0" follows "/": between them are the paths that go on below this one.
        below = (path, path + b"/", path + b"0")
        ids = "SELECT folder_id FROM folders WHERE path = ? OR (path > ? AND path < ?)"
        self._database.execute(f"DELETE FROM files WHERE folder_id IN ({ids})", below)
        self._database.execute("DELETE FROM folders WHERE path = ? OR (path > ? AND path < ?)", below)

    def finish(self, *, tidy: bool) -> None:
        """The whole folder has been read; `tidy` puts the words in order for quick answers."""
        if tidy:
            self._database.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._database.execute("UPDATE scans SET whole = 1 WHERE whole = 0")
        with contextlib.suppress(sqlite3.OperationalError):  # somebody reads just now: the next time
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


_FILE = """
SELECT file_id, public_id, path, name, COALESCE(title, '') FROM files JOIN folders USING (folder_id)
"""


@contextmanager
def open_index(path: Path) -> Iterator[Index]:
    """The index at `path`, made when it is not there, or is none of ours. Raises OSError, sqlite3.Error."""
    if not path.exists():
        _make(path)
    try:
        database = _connect(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            raise
        delete_index(path)
        _make(path)
        database = _connect(path)
    try:
        yield Index(database)
    finally:
        database.close()


def is_spoiled(error: Exception) -> bool:
    """Whether an index that gave this error is of no use any more. One that is locked, or has no room, is."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def delete_index(path: Path) -> None:
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        name.unlink(missing_ok=True)


def public_id_of(place: Place) -> str:
    """The same for the same file at every scan and in every index, and silent about where it is."""
    digest = hashlib.sha256(b"homeport folder\0" + _bytes(place)).digest()
    return urlsafe_b64encode(digest[:12]).decode()


def path_of(place: Place) -> str:
    """The path below the folder, as a person reads it."""
    return "/".join(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for name in place)


def address_of(place: Place) -> str:
    """A stable name for citations: files have no page of their own."""
    return f"homeport:folder/{quote(path_of(place))}"


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # For this user only, from the first moment on; what SQLite puts beside it gets the same mode.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _connect(path: Path) -> sqlite3.Connection:
    # No transaction that is not asked for. What a power cut breaks is made anew.
    database = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        _keep_log(database)
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -16000")
        if _version(database) == 0:
            database.execute("BEGIN IMMEDIATE")
            # Another thread or process may have been first.
            for statement in filter(str.strip, _TABLES.split(";") if _version(database) == 0 else ()):
                database.execute(statement)
            database.execute("COMMIT")
        if _version(database) != VERSION:
            raise sqlite3.DatabaseError("an index of another version")
    except BaseException:
        database.close()
        raise
    return database


def _keep_log(database: sqlite3.Connection) -> None:
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # Of two that switch a new file at once, SQLite sends one away without waiting.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _bytes(place: Place) -> bytes:
    return os.fsencode("/".join(place))


def _indexed_file(row: tuple[int, str, bytes, bytes, str]) -> IndexedFile:
    file_id, public_id, path, name, title = row
    folder = os.fsdecode(path)
    place = (*folder.split("/"), os.fsdecode(name)) if folder else (os.fsdecode(name),)
    return IndexedFile(file_id, public_id, place, title)
