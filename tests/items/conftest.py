"""The store's databases: each test of the items in SQL runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.store.conftest import database_url, postgres_server, postgres_url, sqlite_url

__all__ = ["database_url", "postgres_server", "postgres_url", "sqlite_url"]
