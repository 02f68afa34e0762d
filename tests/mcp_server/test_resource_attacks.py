"""Reading widgets as somebody who may not, who asks for too much, or while the database and the clock misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homeport import App
from homeport.apps.builder import FolderWidgets
from homeport.apps.live_widgets import live_app
from homeport.errors import StoreError
from homeport.mcp_server.resources import DAY, PAUSE_SECONDS, WidgetResources
from homeport.store import Database
from tests.apps.pages import PagesInMemory
from tests.mcp_server.scene import open_door
from tests.mcp_server.test_resources import FIRST, SECOND, URI, Bearers, database_in, read, recipes, served, uri_of

LIVE = "ui://widget/recipe-list-live.html"
TOOL = "homeport-widget"
ERAS = pytest.mark.parametrize("modern", [False, True])


async def count(database: Database) -> int:
    rows = await database.transaction(lambda tx: tx.all("SELECT digest FROM widget_pages"))
    return len(rows)


@ERAS
@pytest.mark.parametrize(
    "uri", [LIVE, "ui://widget/recipe-list-000000000000.html", "ui://widget/other.html", "x" * 9_999]
)
async def test_without_the_scope_nobody_learns_which_addresses_there_are(modern: bool, uri: str) -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    app = live_app(recipes(), pages)
    async with open_door(app, access=Bearers(), widgets=served(pages, live=True)) as door:
        there = await door.ask("resources/read", {"uri": URI}, token="openid", modern=modern)
        other = await door.ask("resources/read", {"uri": uri}, token="openid", modern=modern)
        assert (other.status, other.body, other.headers) == (there.status, there.body, there.headers)
        assert other.status == 403


@ERAS
async def test_a_served_app_offers_no_development_address_and_no_tool_for_it(modern: bool) -> None:
    async with open_door(recipes(), widgets=served(PagesInMemory(recipe_list=FIRST))) as door:
        listed = (await door.ask("resources/list", modern=modern)).body + (
            await door.ask("tools/list", modern=modern)
        ).body
        assert b"live" not in listed
        assert TOOL.encode() not in listed
        # A conversation from the time of its development still shows the page: the one that everybody sees.
        (read,) = (await door.ask("resources/read", {"uri": LIVE}, modern=modern)).result["contents"]
        assert read["text"] == FIRST
        assert (await door.call(TOOL, name="recipe-list", modern=modern)).result["isError"] is True


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"name": "other"},
        {"name": "../app.py"},
        {"name": "recipe-list\0"},
        {"name": ["recipe-list"]},
        {"name": "x" * 65},
        {"name": "recipe-list", "known": "x" * 65},
        {"name": "recipe-list", "file": "/etc/passwd"},
        {"name": "__class__"},
    ],
)
async def test_the_tool_for_the_newest_page_gives_nothing_else(arguments: dict[str, Any]) -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    async with open_door(live_app(recipes(), pages), widgets=served(pages, live=True)) as door:
        result = (await door.ask("tools/call", {"name": TOOL, "arguments": arguments})).result
        assert result["isError"] is True
        assert FIRST not in str(result)


async def test_many_reads_at_once_keep_each_page_once(tmp_path: Path) -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    async with database_in(tmp_path) as database, open_door(recipes(), widgets=served(pages, database)) as door:
        old = await uri_of(door)
        pages.put("recipe-list", SECOND)
        asked = [door.ask("resources/read", {"uri": uri}) for uri in (old, URI, LIVE) * 30]
        lists = [door.ask(method) for method in ("tools/list", "resources/list") * 10]
        answers = await asyncio.gather(*asked, *lists)
        assert {answer.status for answer in answers} == {200}
        assert await count(database) == 2
        assert (await read(door, old))["text"] == FIRST


async def test_replicas_with_different_builds_serve_what_each_of_them_listed(tmp_path: Path) -> None:
    async with (
        database_in(tmp_path) as database,
        open_door(recipes(), widgets=served(PagesInMemory(recipe_list=FIRST), database)) as here,
        open_door(recipes(), widgets=served(PagesInMemory(recipe_list=SECOND), database)) as there,
    ):
        first, second = await asyncio.gather(uri_of(here), uri_of(there))
        assert first != second
        for door in (here, there):
            assert (await read(door, first))["text"] == FIRST
            assert (await read(door, second))["text"] == SECOND


class BrokenDatabase:
    """Fails, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def transaction(self, work: Callable[..., object]) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        raise StoreError("The database does not answer.")


async def test_while_the_database_fails_not_every_list_waits_for_it_in_turn() -> None:
    broken, now = BrokenDatabase(), [1e9]
    pages = PagesInMemory(recipe_list=FIRST)
    widgets = served(pages, broken, clock=lambda: now[0])  # type: ignore[arg-type]
    async with open_door(recipes(), widgets=widgets) as door:
        answers = await asyncio.gather(*(door.ask("tools/list") for _ in range(50)))
        assert {answer.status for answer in answers} == {200}
        assert broken.asked == 1
        now[0] += PAUSE_SECONDS
        await door.ask("tools/list")
        assert broken.asked == 2
        # A clock that was set back does not end the attempts for good.
        now[0] -= 100 * DAY
        await door.ask("tools/list")
        assert broken.asked == 3


async def test_a_clock_that_is_set_back_keeps_todays_page_for_tomorrow(tmp_path: Path) -> None:
    now = [2e9]
    pages = PagesInMemory(recipe_list=FIRST)
    async with database_in(tmp_path) as database:
        async with open_door(recipes(), widgets=served(pages, database, clock=lambda: now[0])) as door:
            old = await uri_of(door)
            now[0] = 1e9
            await uri_of(door)
            pages.put("recipe-list", SECOND)
            await uri_of(door)
            assert (await read(door, old))["text"] == FIRST
        rows = await database.transaction(lambda tx: tx.all("SELECT served_at FROM widget_pages"))
        assert {row["served_at"] for row in rows} == {1e9}


async def test_a_tool_whose_widget_was_deleted_goes_on_without_it_and_old_conversations_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "app" / "widgets"
    folder.mkdir(parents=True)
    (folder / "recipe-list.html").write_text(FIRST, encoding="utf-8")
    pages = FolderWidgets(tmp_path / "app", settling=0)
    told = asyncio.Event()
    pages.subscribe(lambda _: told.set())
    await pages.start(building=False)
    made: list[WidgetResources] = []

    async with database_in(tmp_path) as database:

        def widgets(app: Callable[[], App]) -> WidgetResources:
            made.append(WidgetResources(app=app, pages=pages, path="/mcp", database=database))
            return made[0]

        try:
            async with open_door(recipes(), widgets=widgets) as door:
                old = await uri_of(door)
                told.clear()
                (folder / "recipe-list.html").unlink()
                async with asyncio.timeout(30):
                    await told.wait()
                tools = {each["name"]: each["_meta"] for each in (await door.ask("tools/list")).result["tools"]}
                assert set(tools["find_recipes"]) == {"securitySchemes"}
                assert (await door.ask("resources/list")).result["resources"] == []
                assert "There is no widgets/recipe-list" in made[0].problems[0]
                assert (await read(door, old))["text"] == FIRST
        finally:
            await pages.stop()
