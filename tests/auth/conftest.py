"""Both databases, for what the authorization server stores."""

from __future__ import annotations

from tests.both_databases import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]
