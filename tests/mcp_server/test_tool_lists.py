"""Who works with an old tool list, over a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from homeport import Person
from homeport.events import Event, ToolListOutdated
from homeport.mcp_server import tables
from homeport.mcp_server.callers import LocalCaller
from homeport.mcp_server.tool_lists import ToolLists
from homeport.store import Database, open_database
from tests.mcp_server.scene import ANYBODY, open_door

FRIEND = LocalCaller(Person("friend"), ANYBODY.scopes, ANYBODY.client_id, "Client\u202e", "g9")


@asynccontextmanager
async def database_in(folder: Path) -> AsyncIterator[Database]:
    database = await open_database(f"sqlite:///{folder}/lists.sqlite3")
    try:
        yield database
    finally:
        await database.close()


def lists_of(database: Database, publish: Callable[[Event], None] = lambda event: None) -> ToolLists:
    return ToolLists(database=database, path="/mcp", publish=publish, clock=lambda: 1_800_000_000.5)


async def test_a_client_with_an_old_list_is_known_until_it_fetches_again(tmp_path: Path) -> None:
    async with database_in(tmp_path) as database:
        lists = lists_of(database)
        lists.fetched(ANYBODY, "old")
        await lists.stop()
        assert await lists.outdated("old") == []
        assert await lists.outdated("new") == ["c1"]
        lists.fetched(ANYBODY, "new")
        await lists.stop()
        assert await lists.outdated("new") == []


async def test_one_person_of_a_client_with_an_old_list_is_enough(tmp_path: Path) -> None:
    async with database_in(tmp_path) as database:
        lists = lists_of(database)
        lists.fetched(ANYBODY, "new")
        lists.fetched(FRIEND, "old")
        await lists.stop()
        assert await lists.outdated("new") == ["c1"]


async def test_a_call_with_an_old_list_is_told_once_for_each_client_and_list(tmp_path: Path) -> None:
    events: list[Event] = []
    async with database_in(tmp_path) as database:
        lists = lists_of(database, events.append)
        lists.fetched(ANYBODY, "1")
        lists.fetched(FRIEND, "1")
        lists.used(ANYBODY, "1")
        assert events == []
        for caller in (ANYBODY, ANYBODY, FRIEND):
            lists.used(caller, "2")
        lists.used(ANYBODY, "3")
        await lists.stop()
    assert events == [ToolListOutdated(1_800_000_000.5, "c1", "Client")] * 2


async def test_an_old_list_is_noticed_after_a_restart_too(tmp_path: Path) -> None:
    events: list[Event] = []
    async with database_in(tmp_path) as database:
        before = lists_of(database)
        before.fetched(ANYBODY, "old")
        await before.stop()
        after = lists_of(database, events.append)
        after.used(ANYBODY, "new")
        after.used(FRIEND, "new")
        await after.stop()
    assert [type(event) for event in events] == [ToolListOutdated]


async def test_a_list_is_written_only_when_it_changed(tmp_path: Path) -> None:
    async with database_in(tmp_path) as database:
        lists = lists_of(database)
        lists.fetched(ANYBODY, "same")
        await lists.stop()
        await database.transaction(lambda tx: tx.execute("DELETE FROM tool_lists"))
        lists.fetched(ANYBODY, "same")
        await lists.stop()
        assert await database.transaction(lambda tx: tables.find_digest(tx, "/mcp", "c1", "p1")) is None


async def test_paths_do_not_share_lists(tmp_path: Path) -> None:
    async with database_in(tmp_path) as database:
        lists = lists_of(database)
        lists.fetched(ANYBODY, "old")
        await lists.stop()
        other = ToolLists(database=database, path="/other", publish=lambda event: None)
        assert await other.outdated("new") == []


async def test_a_database_that_fails_hurts_no_call(tmp_path: Path) -> None:
    async with database_in(tmp_path) as database:
        await database.transaction(lambda tx: tx.execute("DROP TABLE tool_lists"))
        lists = lists_of(database)
        async with open_door(tool_lists=lists) as door:
            assert (await door.ask("tools/list")).status == 200
            assert (await door.call("add", a=1)).result["isError"] is False
        await lists.stop()


async def test_the_endpoint_notes_what_was_fetched_and_what_is_used(tmp_path: Path) -> None:
    events: list[Event] = []
    async with database_in(tmp_path) as database:
        lists = lists_of(database, events.append)
        async with open_door(tool_lists=lists) as door:
            await door.ask("tools/list")
            await door.call("add", a=1)
            assert events == []
            changed = door.apps[0].__class__("Small")
            changed.tool(effect="read")(_only)
            door.apps.append(changed)
            await door.call("add", a=1)
        await lists.stop()
    assert [type(event) for event in events] == [ToolListOutdated]


async def _only() -> str:
    """Be the only tool."""
    return ""
