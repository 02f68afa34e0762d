"""docs/data.md against the real schema, and each table against the room that owns it."""

from __future__ import annotations

import re
from pathlib import Path

import homeport.store
from homeport.store import Transaction, open_database

ROOT = Path(__file__).parent.parent
SOURCE = Path(homeport.store.__file__).parent.parent


def documented() -> dict[str, str]:
    """Table and owner, from the page."""
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    tables = page.split("## Tables", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", tables, flags=re.MULTILINE))


def real_tables(tx: Transaction) -> set[str]:
    rows = tx.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {row["name"] for row in rows}


async def test_the_page_lists_exactly_the_tables_there_are(tmp_path: Path) -> None:
    database = await open_database(f"sqlite://{tmp_path}/homeport.sqlite3")
    try:
        assert await database.transaction(real_tables) == set(documented())
    finally:
        await database.close()


def test_every_row_of_the_page_says_what_it_is_and_how_long_it_lives() -> None:
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    for table in documented():
        (row,) = re.findall(rf"^\| `{table}` \|.*$", page, flags=re.MULTILINE)
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 4
        assert all(cells)


def test_a_table_is_read_and_written_by_its_owner_only() -> None:
    tables = documented()
    statement = re.compile(rf"\b(?:FROM|INTO|UPDATE|JOIN)\s+({'|'.join(tables)})\b")
    strangers = []
    for file in SOURCE.rglob("*.py"):
        room = file.relative_to(SOURCE).parts[0].removesuffix(".py")
        for table in statement.findall(file.read_text(encoding="utf-8")):
            if tables[table] != room:
                strangers.append(f"{file.relative_to(SOURCE)} touches {table}, which belongs to {tables[table]}")
    assert strangers == []
