"""Both databases for the tests of the store: a real file and a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.both_databases import postgres_server
from tests.postgres_server import PostgresServer

__all__ = ["postgres_server"]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite://{tmp_path}/data/homeport.sqlite3"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    return postgres_server.create_database()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database that does not exist yet: each test that takes it runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
