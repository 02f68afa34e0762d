"""What a database is to the rooms, and the one function that opens it. Must not know any table or any dialect.

The dialect both databases understand: `:name` parameters, ON CONFLICT, RETURNING, TEXT and BIGINT. Three differences
remain for the author of a statement: LIKE ignores case in SQLite only (write `lower(x) LIKE :pattern`), ORDER BY a
text follows the server's collation in PostgreSQL, and a failed statement ends the whole work there (write ON CONFLICT,
do not catch).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from homeport.clock import Clock, system_clock
from homeport.errors import StoreError

T = TypeVar("T")

Value = str | int | float | None
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema; `version` counts from 1 without gaps."""

    version: int
    name: str
    script: str


class Transaction(Protocol):
    """One open transaction. It is handed from room to room and is dead once the work has returned."""

    def execute(self, sql: str, /, **parameters: Value) -> int:
        """Run a statement; returns how many rows it touched. Raises StoreError."""
        ...

    def one(self, sql: str, /, **parameters: Value) -> Row | None:
        """The first row, or None. Raises StoreError."""
        ...

    def all(self, sql: str, /, **parameters: Value) -> list[Row]:
        """Every row. Raises StoreError."""
        ...

    def notify(self, channel: str, payload: str) -> None:
        """Tell every listener on every replica, after the commit and only then. `payload`: 1 to 7,000 bytes."""
        ...


class Database(Protocol):
    """A database that belongs to the event loop it was opened in."""

    async def transaction(self, work: Callable[[Transaction], T]) -> T:
        """Run `work`, a plain function, in the store's thread and return its result once it is durable.

        All works behave as if they had run one after another, on every replica. An exception undoes this work only
        and is raised again. On PostgreSQL a work that met another one is run again from its start: it must change
        nothing but the database. Local listeners have heard its notifications when this returns. A work whose caller
        was cancelled is carried out all the same. Raises StoreError.
        """
        ...

    def listen(self, channel: str, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call `callback` with each payload, in the event loop; returns what ends that.

        The payload `MISSED` (an empty string) says that notifications may have been lost: forget what you remember.
        """
        ...

    @property
    def listening(self) -> bool:
        """False while other replicas cannot reach us: ask the database every time until it is True again."""
        ...

    def describe(self) -> str:
        """For people: kind and place, without any password."""
        ...

    async def close(self) -> None:
        """Fulfil what was asked before, then let go of file, connections and threads. Twice is once."""
        ...


async def open_database(
    url: str, *, clock: Clock = system_clock, migrations: Sequence[Migration] | None = None
) -> Database:
    """Open `sqlite:///absolute/path` or `postgresql://...` and bring its tables up to date.

    `migrations` are those that ship with Homeport unless others are given. Raises DatabaseTooNew, MigrationFailed,
    StoreError.
    """
    from homeport.store.migrate import shipped_migrations

    steps = shipped_migrations() if migrations is None else migrations
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        from homeport.store.sqlite import SQLiteDatabase

        return await SQLiteDatabase.open(sqlite_path(rest), clock=clock, migrations=steps)
    if separator and scheme in {"postgresql", "postgres"}:
        try:
            from homeport.store.postgres import PostgresDatabase
        except ImportError:
            raise StoreError(
                "The PostgreSQL driver is not installed.",
                hint="Start Homeport with its extra: uv run --extra postgres homeport",
            ) from None
        return await PostgresDatabase.open(url, clock=clock, migrations=steps)
    # The URL itself is not shown: it may hold a password.
    raise StoreError(
        f"The database URL begins with {scheme[:20]!r}, which Homeport does not know."
        if separator
        else "The database URL has no scheme.",
        hint="Use sqlite:///absolute/path.sqlite3 or postgresql://user@host/name.",
    )


def sqlite_path(rest: str) -> Path:
    """The file of `sqlite:///...`; `rest` is what follows the scheme and ://. Raises StoreError."""
    # Taken literally, without percent-decoding: a folder may really be called "100%".
    text = rest.lstrip("/") if os.name == "nt" else "/" + rest.lstrip("/")
    path = Path(text)
    if not rest.startswith("/") or not path.is_absolute() or path.name in {"", ":memory:"}:
        raise StoreError(
            "The SQLite URL does not name a file by its absolute path.", hint="Use sqlite:///absolute/path.sqlite3."
        )
    return path
