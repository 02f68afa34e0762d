"""Both databases, for what people and their sessions are stored in."""

from __future__ import annotations

from tests.both_databases import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]
