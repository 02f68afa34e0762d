"""A look at a database that changes nothing, not even its tables: whether it opens and this Homeport knows it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio.to_thread

from homeport.errors import DatabaseTooNew, StoreError
from homeport.store.migrate import VERSION_TABLE, shipped_migrations

CHECKED_BYTES = 256 * 1024 * 1024
"""A larger file is opened, and not read as a whole."""
SECONDS = 5.0


async def look(url: str) -> str:
    """What is there, for people. Raises StoreError, DatabaseTooNew."""
    if url.startswith("sqlite:"):
        from homeport.store.database import sqlite_path

        return await anyio.to_thread.run_sync(_look_at_file, sqlite_path(url.partition("://")[2]))
    return await anyio.to_thread.run_sync(_look_at_server, url)


def _look_at_file(path: Path) -> str:
    if not path.exists():
        return f"SQLite, {path} (Homeport makes it at its first start)"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=SECONDS)) as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)).fetchone()
            version = 0
            if found is not None:
                version = connection.execute(f"SELECT max(version) FROM {VERSION_TABLE}").fetchone()[0] or 0
            whole = path.stat().st_size > CHECKED_BYTES or (
                connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            )
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"The database file {path} cannot be read: {error}.",
            hint="Check that you own it. If it is damaged, put a backup in its place.",
        ) from error
    if not whole:
        raise StoreError(f"The database file {path} is damaged.", hint="Put a backup in its place.")
    _refuse_newer(int(version))
    return f"SQLite, {path}, schema {version}"


def _look_at_server(url: str) -> str:
    try:
        import psycopg

        from homeport.store.postgres_connection import Place
    except ImportError:
        raise StoreError(
            "The PostgreSQL driver is not installed.",
            hint="Start Homeport with its extra: uv run --extra postgres homeport",
        ) from None
    place = Place.parse(url)
    try:
        with psycopg.connect(**{**place.parameters, "connect_timeout": int(SECONDS)}) as connection:
            there = connection.execute("SELECT to_regclass(%s)", (VERSION_TABLE,)).fetchone()
            version = 0
            if there is not None and there[0] is not None:
                row = connection.execute(f"SELECT max(version) FROM {VERSION_TABLE}").fetchone()
                version = int(row[0] or 0) if row is not None else 0
    except psycopg.Error as error:
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise StoreError(
            f"The PostgreSQL server at {place.description} cannot be used: {words[0]}.",
            hint="Look whether it runs, and whether name and password in database_url are right.",
        ) from None
    _refuse_newer(version)
    return f"PostgreSQL, {place.description}, schema {version}"


def _refuse_newer(version: int) -> None:
    newest = shipped_migrations()[-1].version
    if version > newest:
        raise DatabaseTooNew(
            f"The database has schema version {version}, this Homeport knows versions up to {newest}.",
            hint="Install the newer Homeport again, or use another data folder.",
        )
