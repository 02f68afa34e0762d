"""The SQLite file itself: private, opened for durable writing, copied before it is migrated. Knows nothing of
threads.
"""

from __future__ import annotations

import errno
import os
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from homeport.clock import Clock
from homeport.errors import MigrationFailed, StoreError
from homeport.settings.private_folder import make_folder
from homeport.store.database import Migration
from homeport.store.migrate import apply_migrations, pending_migrations

BUSY_SECONDS = 5.0
"""How long a write waits for another program that holds the file."""

NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
"""Windows has none."""

SWITCH_WAIT = 0.05
"""Seconds that one try to switch a new file to its log waits for another program which does the same."""

_PRAGMAS = (
    # FULL: what was acknowledged survives a power cut, not only a crash.
    "synchronous = FULL",
    "foreign_keys = ON",
    # Wiped secrets are overwritten in the file (SECURITY, backend and Privy).
    "secure_delete = ON",
    # Bytes: after a burst the log shrinks again.
    "journal_size_limit = 16777216",
)


def connect(path: Path) -> sqlite3.Connection:
    """A connection for the writer. The file is 0600 and the folders it had to make are 0700. Raises StoreError."""
    try:
        make_folder(path.parent)
        make_private(path)
        for suffix in ("-wal", "-shm"):
            beside = path.with_name(path.name + suffix)
            if os.path.lexists(beside):
                make_private(beside)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StoreError(
                f"The database file {path}, or its log beside it, is a link, and links are not followed.",
                hint="Name the real file with database_url, or move it here.",
            ) from error
        raise StoreError(
            f"The database file {path} cannot be opened: {error.strerror}.",
            hint="Check that you own the folder and that it can be written to.",
        ) from error
    connection: sqlite3.Connection | None = None
    try:
        # isolation_level None: transactions are begun and ended by us alone.
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        connection.row_factory = as_dict
        keep_log(connection, BUSY_SECONDS)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise explain(error, path) from error
    return connection


def keep_log(connection: sqlite3.Connection, seconds: float) -> None:
    """Switch the file to a write-ahead log. Raises sqlite3.OperationalError when it is held for so many seconds.

    Two programs that open a new file at once wait for each other here until one of them lets go: SQLite's own wait
    would last all its time, or not begin (https://www.sqlite.org/c3ref/busy_handler.html).
    """
    deadline = time.monotonic() + seconds
    connection.execute(f"PRAGMA busy_timeout = {int(SWITCH_WAIT * 1000)}").close()
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0, SWITCH_WAIT))
    connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}").close()


def as_dict(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    """A row as the rooms read it."""
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def make_private(path: Path) -> None:
    """Create the file when it is missing; afterwards only its owner can read it, whatever the umask.

    Raises OSError, ELOOP for a link: the file that it leads to is not ours to open or change.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        if os.name == "posix" and os.fstat(descriptor).st_mode & 0o777 != 0o600:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def migrate(connection: sqlite3.Connection, path: Path, clock: Clock, migrations: Sequence[Migration]) -> None:
    """Bring the tables up to date in one transaction, after copying a file that holds data already.

    Raises DatabaseTooNew, MigrationFailed (which names the copy; the original is as it was), StoreError.
    """
    # Here and not at the top: sqlite.py imports this file.
    from homeport.store.sqlite import SQLiteTransaction

    tx = SQLiteTransaction(connection, path)
    copy: Path | None = None
    connection.execute("BEGIN IMMEDIATE")
    try:
        pending = pending_migrations(tx, migrations)
        if pending:
            if pending[0].version > 1:
                copy = copy_before(path, pending[0].version)
            apply_migrations(tx, pending, now=int(clock()))
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if copy is not None and isinstance(error, (StoreError, sqlite3.Error)):
            raise MigrationFailed(
                f"{explain(error, path).message} The database is as it was before.",
                hint=f"A copy of it is {copy}. Keep working with the older Homeport and report this.",
            ) from error
        raise
    finally:
        tx.end()


def copy_before(path: Path, version: int) -> Path:
    """A complete copy beside the file, 0600, made with SQLite's backup so that the log is in it. Raises StoreError.

    It is the only one that stays: an older copy would keep what people have deleted since.
    """
    copy = path.with_name(f"{path.name}.before-{version:04d}")
    partial = copy.with_name(copy.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        make_private(partial)
        # A second connection reads what was committed; the writer's transaction is open meanwhile.
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        _flush(partial)
        os.replace(partial, copy)
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        raise StoreError(
            f"The database could not be copied to {copy} before its migration, so nothing was migrated: {error}",
            hint="Make room on the disk and start Homeport again.",
        ) from error
    for other in path.parent.glob(f"{path.name}.before-*"):
        if other != copy:
            other.unlink(missing_ok=True)
    return copy


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | NO_LINK)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def explain(error: BaseException, path: Path) -> StoreError:
    """What a person reads for an SQLite error."""
    if isinstance(error, StoreError):
        return error
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreError(f"The disk is full: the change to {path} was not saved.", hint="Make room and try again.")
    if code == sqlite3.SQLITE_READONLY:
        return StoreError(f"The database file {path} cannot be written to.", hint="Check its owner and permissions.")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        what = "is not an SQLite database" if code == sqlite3.SQLITE_NOTADB else "is damaged"
        return StoreError(
            f"The database file {path} {what}.",
            hint="Move it away to begin with an empty one, or put a backup in its place.",
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreError(
            f"Another program has held the database file {path} for {BUSY_SECONDS:g} seconds.",
            hint="End the program that writes to it.",
        )
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}:
        return StoreError(
            f"The database file {path} could not be read or written: {error}.", hint="Check the disk and the folder."
        )
    return StoreError(f"The database refused a statement: {error}.")
