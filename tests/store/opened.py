"""A database that is closed at the end of a test, and a small schema to try things on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from homeport.store import Database, Migration, Transaction, open_database

NOTES = Migration(1, "notes", "CREATE TABLE notes (id TEXT PRIMARY KEY, number BIGINT NOT NULL, text TEXT);")


@asynccontextmanager
async def opened(url: str, migrations: Sequence[Migration] = (NOTES,)) -> AsyncIterator[Database]:
    database = await open_database(url, clock=lambda: 1_800_000_000.0, migrations=migrations)
    try:
        yield database
    finally:
        await database.close()


def add(tx: Transaction, note: str, number: int = 0) -> None:
    tx.execute("INSERT INTO notes (id, number) VALUES (:id, :number)", id=note, number=number)


def notes(tx: Transaction) -> list[str]:
    return [row["id"] for row in tx.all("SELECT id FROM notes ORDER BY id")]
