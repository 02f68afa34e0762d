"""The pages of widgets as a client reads them, in both eras, today and after many edits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport import App, Widget
from homeport.apps.live_widgets import live_app, live_document
from homeport.apps.widgets import WidgetPage
from homeport.auth.challenges import Challenge
from homeport.errors import StoreError
from homeport.mcp_server import widget_tables
from homeport.mcp_server.callers import Caller, LocalCaller
from homeport.mcp_server.resources import DAY, WidgetResources, widget_at
from homeport.people.person import Person
from homeport.store import Database, open_database
from tests.apps.pages import PagesInMemory
from tests.mcp_server.scene import Door, open_door

FIRST = "<!doctype html><p>First</p>"
SECOND = "<!doctype html><p>Second</p>"
URI = WidgetPage.of("recipe-list", FIRST).uri
ERAS = pytest.mark.parametrize("modern", [False, True])


def recipes(widget: Widget | None = None) -> App:
    app = App("Recipes")

    @app.tool(effect="read", widget=widget or Widget("recipe-list"))
    async def find_recipes() -> str:
        """Find recipes."""
        return "soup"

    @app.tool(effect="write", widget_access="app")
    async def keep_recipe() -> str:
        """Keep a recipe."""
        return "kept"

    @app.tool(effect="read")
    async def count_recipes() -> int:
        """Count recipes."""
        return 1

    return app


@asynccontextmanager
async def database_in(folder: Path) -> AsyncIterator[Database]:
    database = await open_database(f"sqlite:///{folder}/widgets.sqlite3")
    try:
        yield database
    finally:
        await database.close()


def served(
    pages: PagesInMemory,
    database: Database | None = None,
    *,
    live: bool = False,
    clock: Callable[[], float] = lambda: 1e9,
) -> Callable[[Callable[[], App]], WidgetResources]:
    return lambda app: WidgetResources(app=app, pages=pages, path="/mcp", live=live, database=database, clock=clock)


async def read(door: Door, uri: str, *, modern: bool = False) -> Any:
    (contents,) = (await door.ask("resources/read", {"uri": uri}, modern=modern)).result["contents"]
    assert contents["uri"] == uri
    assert contents["mimeType"] == "text/html;profile=mcp-app"
    return contents


async def uri_of(door: Door, tool: str = "find_recipes") -> str:
    tools = {each["name"]: each for each in (await door.ask("tools/list")).result["tools"]}
    uri: str = tools[tool]["_meta"]["ui"]["resourceUri"]
    return uri


@ERAS
async def test_every_address_that_a_tool_names_is_listed_and_can_be_read(modern: bool) -> None:
    async with open_door(recipes(), widgets=served(PagesInMemory(recipe_list=FIRST))) as door:
        assert await uri_of(door) == URI
        answer = (await door.ask("resources/list", modern=modern)).result
        (listed,) = answer["resources"]
        assert (listed["uri"], listed["name"], listed["mimeType"]) == (
            URI,
            "recipe-list",
            "text/html;profile=mcp-app",
        )
        contents = await read(door, URI, modern=modern)
        assert contents["text"] == FIRST
        assert contents["_meta"] == listed["_meta"]
        templates = (await door.ask("resources/templates/list", modern=modern)).result
        assert templates["resourceTemplates"] == []


async def test_a_client_of_the_modern_era_may_keep_a_page_and_asks_again_for_one_that_is_developed() -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    async with open_door(live_app(recipes(), pages), widgets=served(pages, live=True)) as door:
        for uri, lasts in ((URI, True), ("ui://widget/recipe-list-live.html", False)):
            answer = (await door.ask("resources/read", {"uri": uri}, modern=True)).result
            assert (answer["ttlMs"] > 0) is lasts
            assert answer["cacheScope"] == "private"


@ERAS
async def test_resources_are_announced(modern: bool) -> None:
    async with open_door(recipes(), widgets=served(PagesInMemory())) as door:
        if modern:
            answer = await door.ask("server/discover", modern=True)
        else:
            client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
            answer = await door.ask("initialize", client)
        assert "resources" in answer.result["capabilities"]


@pytest.mark.parametrize(
    "uri",
    [
        "ui://widget/recipe-list-000000000000.html",
        "ui://widget/other-live.html",
        "ui://widget/recipe-list.html",
        "ui://widget/other-000000000000.html",
        "ui://widget/../secrets-000000000000.html",
        URI.upper(),
        "file:///etc/passwd",
    ],
)
@ERAS
async def test_nothing_else_can_be_read(tmp_path: Path, modern: bool, uri: str) -> None:
    async with (
        database_in(tmp_path) as database,
        open_door(recipes(), widgets=served(PagesInMemory(recipe_list=FIRST), database)) as door,
    ):
        answer = await door.ask("resources/read", {"uri": uri}, modern=modern)
        assert answer.error["code"] == (-32602 if modern else -32002)
        assert (await door.ask("resources/list", {"cursor": "2"}, modern=modern)).error["code"] == -32602


async def test_an_app_without_widgets_has_none() -> None:
    async with open_door() as door:
        assert (await door.ask("resources/list")).result["resources"] == []
        assert (await door.ask("resources/read", {"uri": URI})).error["code"] == -32002


class Bearers:
    """One token each for somebody who may read, who may write, and who may do neither."""

    async def check(self, authorization: bytes | None, resource: str) -> Caller:
        scope = (authorization or b"").removeprefix(b"Bearer ").decode()
        if scope not in ("read", "write", "openid"):
            raise Challenge(401, "invalid_token", "There is no valid token.", "Bearer")
        return LocalCaller(Person("p"), frozenset({scope}), "c", "ChatGPT", "g", chatgpt=True)

    def cached(self, authorization: bytes | None, resource: str) -> Caller | None:
        return None


@ERAS
async def test_a_page_is_for_those_who_may_read(modern: bool) -> None:
    async with open_door(recipes(), access=Bearers(), widgets=served(PagesInMemory(recipe_list=FIRST))) as door:
        for token in ("read", "write"):
            assert (await door.ask("resources/read", {"uri": URI}, token=token, modern=modern)).status == 200
        refused = await door.ask("resources/read", {"uri": URI}, token="openid", modern=modern)
        assert refused.status == 403
        assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
        assert 'scope="read"' in refused.headers["www-authenticate"]
        assert (await door.ask("resources/read", {"uri": URI}, token="nobody", modern=modern)).status == 401


async def test_an_edit_gives_another_address_and_another_list_and_the_old_page_stays_readable(tmp_path: Path) -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    async with database_in(tmp_path) as database:
        async with open_door(recipes(), widgets=served(pages, database)) as door:
            old = await uri_of(door)
            pages.put("recipe-list", SECOND)
            new = await uri_of(door)
            assert old != new
            assert (await read(door, old))["text"] == FIRST
            assert (await read(door, new))["text"] == SECOND
        # After a restart, and on another replica that never served it.
        async with open_door(recipes(), widgets=served(PagesInMemory(recipe_list=SECOND), database)) as door:
            assert (await read(door, old))["text"] == FIRST


async def test_an_old_page_is_shown_under_the_policy_that_it_was_written_for(tmp_path: Path) -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    async with (
        database_in(tmp_path) as database,
        open_door(
            recipes(Widget("recipe-list", resources=["https://old.example.com"])), widgets=served(pages, database)
        ) as door,
    ):
        old = await uri_of(door)
        door.apps.append(recipes(Widget("recipe-list", resources=["https://new.example.com"])))
        new = await uri_of(door)
        assert (await read(door, old))["_meta"]["ui"]["csp"]["resourceDomains"] == ["https://old.example.com"]
        assert (await read(door, new))["_meta"]["ui"]["csp"]["resourceDomains"] == ["https://new.example.com"]
        door.apps.append(App("Recipes"))
        assert (await read(door, new))["text"] == FIRST


async def test_of_each_widget_the_newest_fifty_are_kept_for_ninety_days(tmp_path: Path) -> None:
    now = [1e9]
    pages = PagesInMemory(recipe_list=FIRST)
    async with (
        database_in(tmp_path) as database,
        open_door(recipes(), widgets=served(pages, database, clock=lambda: now[0])) as door,
    ):
        addresses = []
        for number in range(widget_tables.KEPT + 1):
            now[0] += 1
            pages.put("recipe-list", f"<p>{number}</p>")
            addresses.append(await uri_of(door))
        assert (await door.ask("resources/read", {"uri": addresses[0]})).error["code"] == -32002
        assert (await read(door, addresses[1]))["text"] == "<p>1</p>"
        now[0] += 50 * DAY
        assert (await read(door, addresses[1]))["text"] == "<p>1</p>"
        now[0] += 50 * DAY
        pages.put("recipe-list", SECOND)
        await uri_of(door)
        assert (await read(door, addresses[1]))["text"] == "<p>1</p>"
        assert (await door.ask("resources/read", {"uri": addresses[2]})).error["code"] == -32002


async def test_a_page_that_is_listed_for_years_is_kept_when_it_is_replaced(tmp_path: Path) -> None:
    now = [1e9]
    pages = PagesInMemory(recipe_list=FIRST)
    async with (
        database_in(tmp_path) as database,
        open_door(recipes(), widgets=served(pages, database, clock=lambda: now[0])) as door,
    ):
        old = await uri_of(door)
        now[0] += 400 * DAY
        await uri_of(door)
        pages.put("recipe-list", SECOND)
        await uri_of(door)
        assert (await read(door, old))["text"] == FIRST


async def test_two_paths_keep_their_pages_apart(tmp_path: Path) -> None:
    async with database_in(tmp_path) as database:
        here = WidgetResources(app=recipes, pages=PagesInMemory(recipe_list=FIRST), path="/a", database=database)
        there = WidgetResources(app=recipes, pages=PagesInMemory(recipe_list=SECOND), path="/b", database=database)
        await here.keep()
        assert await here.read(URI) is not None
        assert await there.read(URI) is None


class NoDatabase:
    async def transaction(self, work: object) -> None:
        raise StoreError("The disk is full.")


async def test_a_database_that_fails_takes_neither_tools_nor_todays_pages_away() -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    async with open_door(recipes(), widgets=served(pages, NoDatabase())) as door:  # type: ignore[arg-type]
        assert (await read(door, await uri_of(door)))["text"] == FIRST


async def test_a_widget_without_a_page_leaves_its_tool_as_it_is_and_is_a_problem_until_it_is_there() -> None:
    pages = PagesInMemory()
    made: list[WidgetResources] = []

    def watched(app: Callable[[], App]) -> WidgetResources:
        made.append(served(pages)(app))
        return made[0]

    async with open_door(recipes(), widgets=watched) as door:
        tools = {tool["name"]: tool["_meta"] for tool in (await door.ask("tools/list")).result["tools"]}
        assert set(tools["find_recipes"]) == {"securitySchemes"}
        assert (await door.call("find_recipes")).text == '{"result":"soup"}'
        assert list(made[0].problems) == ["There is no widgets/recipe-list.html. Write it."]
        pages.put("recipe-list", FIRST)
        assert await uri_of(door) == URI
        assert list(made[0].problems) == []
    made[0].stop()
    assert pages.listeners == 0


async def test_while_it_is_developed_a_widget_has_one_address_whatever_its_page_is(tmp_path: Path) -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    live = "ui://widget/recipe-list-live.html"
    widget = Widget("recipe-list", resources=["https://images.example.com"])
    async with (
        database_in(tmp_path) as database,
        open_door(live_app(recipes(widget), pages), widgets=served(pages, database, live=True)) as door,
    ):
        before = (await door.ask("tools/list")).body
        assert await uri_of(door) == live
        shell = await read(door, live)
        assert shell["text"] == live_document("recipe-list")
        assert shell["_meta"]["ui"]["csp"]["resourceDomains"] == ["https://images.example.com"]
        pages.put("recipe-list", SECOND)
        assert (await door.ask("tools/list")).body == before
        assert await read(door, live) == shell
        newest = await door.call("homeport-widget", name="recipe-list", token="reader")
        assert newest.result["structuredContent"]["html"] == SECOND
        assert newest.text == "The newest page of 'recipe-list'."
        assert (await door.ask("resources/read", {"uri": "ui://widget/other-live.html"})).error["code"] == -32002


@ERAS
async def test_a_conversation_from_its_development_shows_todays_page_where_it_is_served(
    tmp_path: Path, modern: bool
) -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    live = "ui://widget/recipe-list-live.html"
    async with (
        database_in(tmp_path) as database,
        open_door(recipes(), widgets=served(pages, database)) as door,
    ):
        contents = await read(door, live, modern=modern)
        assert contents["text"] == FIRST
        assert contents["_meta"] == (await read(door, URI))["_meta"]
        pages.put("recipe-list", SECOND)
        assert (await read(door, live, modern=modern))["text"] == SECOND
        # It is offered nowhere.
        listed = (await door.ask("resources/list", modern=modern)).result["resources"]
        assert live not in [each["uri"] for each in listed]
        assert await uri_of(door) != live
    async with open_door(recipes(), widgets=served(PagesInMemory())) as door:
        answer = await door.ask("resources/read", {"uri": live}, modern=modern)
        assert answer.error["code"] == (-32602 if modern else -32002)


async def test_the_page_at_the_development_address_has_an_address_of_its_own() -> None:
    pages = PagesInMemory(recipe_list=FIRST)
    resources = WidgetResources(app=recipes, pages=pages, path="/mcp", live=True)
    assert resources.newest("ui://widget/recipe-list-live.html") == URI
    assert resources.newest(URI) == URI
    assert widget_at(URI) == widget_at("ui://widget/recipe-list-live.html") == "recipe-list"
    assert widget_at("https://example.com") is None
    assert widget_at(f"{URI}\n") is None
