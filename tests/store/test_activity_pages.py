"""Pages of the activity, and what is looked for in them, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from homeport.activity import tables
from homeport.activity.tables import Entry, Sought
from homeport.store import Transaction, open_database


def write(tx: Transaction) -> None:
    tables.insert(
        tx,
        [
            Entry("a1", 1, "tool_called", "words: text of 4", client_id="c1", person_id="p1", tool="Find-Items"),
            Entry("a2", 2, "tool_called", "", client_id="c2", person_id="p2", tool="100%_odd!", outcome="ok"),
            Entry("a3", 3, "grant_revoked", "Revoked by the owner"),
        ],
    )


async def test_pages_follow_each_other_and_a_query_finds_columns_and_names(database_url: str) -> None:
    database = await open_database(database_url)
    try:
        await database.transaction(write)

        async def ids(limit: int = 10, before: str = "", sought: Sought | None = None) -> list[str]:
            entries = await database.transaction(
                lambda tx: tables.page(tx, limit, before=before, sought=sought or Sought())
            )
            return [entry.activity_id for entry in entries]

        assert await ids(2) == ["a3", "a2"]
        assert await ids(2, before="a2") == ["a1"]
        assert await ids(sought=Sought("find-items")) == ["a1"]
        assert await ids(sought=Sought("%_odd!")) == ["a2"]
        assert await ids(sought=Sought("%")) == ["a2"]
        assert await ids(sought=Sought("owner")) == ["a3"]
        assert await ids(sought=Sought("nobody", person_ids=["p1"], client_ids=["c2"])) == ["a2", "a1"]
        assert await ids(sought=Sought("' OR 1 = 1 --")) == []
        assert sorted(await database.transaction(tables.client_ids)) == ["c1", "c2"]
    finally:
        await database.close()
