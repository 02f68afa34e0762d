"""Fixtures for tests of tables, which run on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import PostgresServer, find_postgres_binaries, running_postgres


@pytest.fixture(scope="package")
def postgres_server() -> Iterator[PostgresServer]:
    binaries = find_postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server programs (initdb, postgres) are not installed")
    with running_postgres(binaries) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database: each test that takes it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/homeport.sqlite3"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create_database()
