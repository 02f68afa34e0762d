"""Numbered .sql files and the version table. Must not know SQLite from PostgreSQL: both hand in a Transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources

from homeport.errors import DatabaseTooNew, StoreError
from homeport.store.database import Migration, Transaction
from homeport.store.statements import split_statements

VERSION_TABLE = "schema_versions"

_CREATE_VERSION_TABLE = f"""
CREATE TABLE IF NOT EXISTS {VERSION_TABLE} (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)
"""
_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


def shipped_migrations() -> list[Migration]:
    """The migrations of this Homeport in order. Raises ValueError when their numbers have gaps."""
    found: list[Migration] = []
    for entry in resources.files("homeport.store").joinpath("migrations").iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.version)
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise ValueError("the migrations are not numbered 0001, 0002, ... without gaps")
    return found


def pending_migrations(tx: Transaction, migrations: Sequence[Migration]) -> list[Migration]:
    """What this database still lacks. Creates the version table. Raises DatabaseTooNew."""
    tx.execute(_CREATE_VERSION_TABLE)
    row = tx.one(f"SELECT max(version) AS version FROM {VERSION_TABLE}")
    current = int(row["version"] or 0) if row else 0
    newest = migrations[-1].version if migrations else 0
    if current > newest:
        raise DatabaseTooNew(
            f"The database has schema version {current}, this Homeport knows versions up to {newest}.",
            hint="Install the newer Homeport again, or use another data folder.",
        )
    return [migration for migration in migrations if migration.version > current]


def apply_migrations(tx: Transaction, pending: Sequence[Migration], *, now: int) -> None:
    """Run each statement of each migration in the open transaction. Raises StoreError that names file and statement."""
    for migration in pending:
        for number, statement in enumerate(split_statements(migration.script), start=1):
            try:
                tx.execute(statement)
            except StoreError as error:
                raise StoreError(
                    f"Migration {migration.version:04d}_{migration.name}, statement {number}: {error.message}"
                ) from error
        tx.execute(
            f"INSERT INTO {VERSION_TABLE} (version, name, applied_at) VALUES (:version, :name, :now)",
            version=migration.version,
            name=migration.name,
            now=now,
        )
