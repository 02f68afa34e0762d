"""Every statement of every room, understood by both databases."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg

import homeport.store
from homeport.errors import StoreError
from homeport.store import Transaction
from homeport.store.migrate import shipped_migrations
from homeport.store.statements import to_pyformat
from tests.store.opened import opened

SOURCE = Path(homeport.store.__file__).parent.parent
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE)\s")


def statements_of_the_rooms() -> Iterator[tuple[str, str]]:
    """Where it is and what it says, for each statement that is written out whole in a call of a transaction."""
    for file in sorted(SOURCE.rglob("*.py")):
        # The store's own statements name no room; the folder's are for an index file of SQLite alone.
        if file.is_relative_to(SOURCE / "store") or file.is_relative_to(SOURCE / "folder"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            first = node.args[0]
            if node.func.attr in {"execute", "one", "all"} and isinstance(first, ast.Constant):
                sql = first.value
                if isinstance(sql, str) and STATEMENT.match(sql):
                    yield f"{file.relative_to(SOURCE)}:{node.lineno}", sql


def numbered(sql: str) -> str:
    """The statement with `$1`, `$2`, ... for its parameters, as a server prepares it."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return re.sub(r"%\((\w+)\)s", number, to_pyformat(sql)).replace("%%", "%")


async def test_sqlite_understands_every_statement(sqlite_url: str) -> None:
    async with opened(sqlite_url, shipped_migrations()) as database:

        def explain_all(tx: Transaction) -> list[str]:
            failures = []
            for place, sql in statements_of_the_rooms():
                names = re.findall(r"%\((\w+)\)s", to_pyformat(sql))
                try:
                    tx.all(f"EXPLAIN {sql}", **dict.fromkeys(names))
                except StoreError as error:
                    failures.append(f"{place}: {error}")
            return failures

        assert await database.transaction(explain_all) == []


async def test_postgresql_understands_every_statement(postgres_url: str) -> None:
    async with opened(postgres_url, shipped_migrations()):
        failures = []
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            for place, sql in statements_of_the_rooms():
                try:
                    connection.execute(f"PREPARE statement AS {numbered(sql)}".encode())
                    connection.execute("DEALLOCATE statement")
                except psycopg.Error as error:
                    failures.append(f"{place}: {error}")
    assert failures == []
