"""Bringing the tables up to date, on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from homeport.errors import DatabaseTooNew, MigrationFailed
from homeport.store import Migration, Transaction, open_database
from homeport.store.migrate import VERSION_TABLE, shipped_migrations
from homeport.store.statements import split_statements
from tests.store.opened import NOTES, add, notes, opened

LABELS = Migration(
    2,
    "labels",
    """
    -- A comment; with a semicolon.
    ALTER TABLE notes ADD COLUMN label TEXT;
    /* another; one */
    UPDATE notes SET label = 'a;b''c:d';
    CREATE INDEX notes_by_label ON notes (label);
    """,
)
BROKEN = Migration(
    3, "broken", "UPDATE notes SET label = 'changed'; CREATE TABLE half (id TEXT); SELECT nothing_there;"
)


def versions(tx: Transaction) -> list[tuple[int, str, int]]:
    rows = tx.all(f"SELECT version, name, applied_at FROM {VERSION_TABLE} ORDER BY version")
    return [(row["version"], row["name"], row["applied_at"]) for row in rows]


def labels(tx: Transaction) -> list[str]:
    return [row["label"] for row in tx.all("SELECT label FROM notes")]


def copies(url: str) -> list[str]:
    file = Path(url.removeprefix("sqlite://"))
    return sorted(path.name for path in file.parent.iterdir() if ".before-" in path.name)


async def test_the_shipped_migrations_run_on_an_empty_database(database_url: str) -> None:
    for _ in range(2):
        async with opened(database_url, shipped_migrations()) as database:
            assert [version for version, _, _ in await database.transaction(versions)] == [
                migration.version for migration in shipped_migrations()
            ]


async def test_only_what_is_missing_runs_and_the_data_stays(database_url: str) -> None:
    async with opened(database_url) as database:
        await database.transaction(lambda tx: add(tx, "a"))
    async with opened(database_url, [NOTES, LABELS]) as database:
        assert await database.transaction(labels) == ["a;b'c:d"]
        assert await database.transaction(versions) == [(1, "notes", 1_800_000_000), (2, "labels", 1_800_000_000)]


async def test_a_database_of_a_newer_homeport_is_refused_and_both_versions_are_named(database_url: str) -> None:
    async with opened(database_url, [NOTES, LABELS]):
        pass
    with pytest.raises(DatabaseTooNew, match=r"version 2.*up to 1"):
        await open_database(database_url, migrations=[NOTES])


async def test_a_failing_migration_changes_nothing_and_names_its_statement(database_url: str) -> None:
    async with opened(database_url) as database:
        await database.transaction(lambda tx: add(tx, "a"))
    with pytest.raises(MigrationFailed, match=r"0003_broken, statement 3: .*nothing_there"):
        await open_database(database_url, migrations=[NOTES, LABELS, BROKEN])
    async with opened(database_url) as database:
        assert await database.transaction(versions) == [(1, "notes", 1_800_000_000)]
        assert await database.transaction(notes) == ["a"]
    async with opened(database_url, [NOTES, LABELS]) as database:
        assert await database.transaction(labels) == ["a;b'c:d"]


async def test_replicas_that_start_together_migrate_once(database_url: str) -> None:
    opening = [open_database(database_url, clock=lambda: 1.0, migrations=[NOTES, LABELS]) for _ in range(4)]
    databases = await asyncio.gather(*opening)
    try:
        assert await databases[0].transaction(versions) == [(1, "notes", 1), (2, "labels", 1)]
    finally:
        for database in databases:
            await database.close()


async def test_an_empty_sqlite_file_is_not_copied(sqlite_url: str) -> None:
    async with opened(sqlite_url, [NOTES, LABELS]):
        assert copies(sqlite_url) == []


async def test_a_sqlite_file_is_copied_before_it_is_migrated(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        await database.transaction(lambda tx: add(tx, "a"))
    async with opened(sqlite_url, [NOTES, LABELS]):
        pass
    assert copies(sqlite_url) == ["homeport.sqlite3.before-0002"]
    copy = Path(sqlite_url.removeprefix("sqlite://")).with_name("homeport.sqlite3.before-0002")
    assert copy.stat().st_mode & 0o777 == 0o600
    async with opened(f"sqlite://{copy}") as database:
        assert await database.transaction(notes) == ["a"]


async def test_the_copy_holds_what_a_killed_process_left_in_the_log(sqlite_url: str) -> None:
    file = Path(sqlite_url.removeprefix("sqlite://"))
    async with opened(sqlite_url):
        pass
    with closing(sqlite3.connect(file)) as outside:
        outside.execute("INSERT INTO notes (id, number) VALUES ('in the log', 1)")
        outside.commit()
        async with opened(sqlite_url, [NOTES, LABELS]):
            copy = file.with_name("homeport.sqlite3.before-0002")
        async with opened(f"sqlite://{copy}") as database:
            assert await database.transaction(notes) == ["in the log"]


async def test_the_error_of_a_failing_migration_names_the_intact_copy(sqlite_url: str) -> None:
    async with opened(sqlite_url, [NOTES, LABELS]) as database:
        await database.transaction(lambda tx: add(tx, "a"))
    with pytest.raises(MigrationFailed, match=r"homeport\.sqlite3\.before-0003"):
        await open_database(sqlite_url, migrations=[NOTES, LABELS, BROKEN])
    copy = sqlite_url + ".before-0003"
    async with opened(copy, [NOTES, LABELS]) as database:
        assert await database.transaction(notes) == ["a"]


async def test_only_the_newest_copy_stays(sqlite_url: str) -> None:
    third = Migration(3, "third", "CREATE TABLE third (id TEXT PRIMARY KEY)")
    for migrations in ([NOTES], [NOTES, LABELS], [NOTES, LABELS, third]):
        async with opened(sqlite_url, migrations):
            pass
    assert copies(sqlite_url) == ["homeport.sqlite3.before-0003"]


def test_a_script_is_cut_only_where_a_statement_ends() -> None:
    script = """
    -- one; two
    CREATE TABLE "odd;name" (a TEXT DEFAULT 'x;''y'); /* three; */
    INSERT INTO t VALUES ('--no comment', 1 - 1, 4 / 2);;
    SELECT 1
    """
    assert split_statements(script) == [
        """CREATE TABLE "odd;name" (a TEXT DEFAULT 'x;''y')""",
        "INSERT INTO t VALUES ('--no comment', 1 - 1, 4 / 2)",
        "SELECT 1",
    ]
