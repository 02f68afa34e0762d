"""The database: connections, transactions, migrations and notifications. Knows no table but its own version table."""

from __future__ import annotations

from homeport.store.database import Database, Migration, Row, Transaction, Value, open_database
from homeport.store.notify import MISSED

__all__ = ["MISSED", "Database", "Migration", "Row", "Transaction", "Value", "open_database"]
