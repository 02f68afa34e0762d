"""The widgets of an app behind the real program: their addresses, and the pages of other days."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from homeport import App, Widget
from homeport.apps.live_widgets import live_app
from homeport.apps.widgets import NoWidgets, WidgetPage
from homeport.engine.served import BuiltIn, Served
from homeport.errors import WidgetMissing
from tests.apps.folders import save_as_editors_do, write
from tests.engine.engines import running
from tests.engine.test_sources import LISTENS, ask, notifications, signed_in_client
from tests.mcp_server.scene import request
from tests.program import running_homeport

FIRST = "<!doctype html><p>First</p>"
SECOND = "<!doctype html><p>Second</p>"

RECIPES = '''
from homeport import App, Widget

app = App("Recipes")

@app.tool(effect="read", widget=Widget("recipe-list"))
async def find_recipes() -> list[str]:
    """Find recipes."""
    return ["Soup"]
'''


def recipes(folder: Path) -> Path:
    """An app with one widget that needs no build; gives the file of its page."""
    write(folder, app=RECIPES)
    page = folder / "widgets" / "recipe-list.html"
    page.parent.mkdir()
    page.write_text(FIRST, encoding="utf-8")
    return page


async def tools(client: httpx2.AsyncClient) -> dict[str, Any]:
    return {tool["name"]: tool["_meta"] for tool in (await ask(client, "tools/list"))["tools"]}


async def page_at(client: httpx2.AsyncClient, uri: str) -> str:
    text: str = (await ask(client, "resources/read", uri=uri))["contents"][0]["text"]
    return text


async def test_an_edit_is_another_address_which_clients_hear_of_and_the_old_page_outlives_restarts(
    tmp_path: Path,
) -> None:
    page = recipes(tmp_path / "recipes")
    async with (
        running_homeport(tmp_path, "--app", str(tmp_path / "recipes")) as homeport,
        signed_in_client(homeport) as client,
    ):
        first = (await tools(client))["find_recipes"]["ui"]["resourceUri"]
        assert first == WidgetPage.of("recipe-list", FIRST).uri
        wanted = request("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, modern=True)
        async with client.stream("POST", "/mcp", json=wanted, headers=LISTENS) as answer:
            heard = notifications(answer)
            assert await anext(heard) == "notifications/subscriptions/acknowledged"
            save_as_editors_do(page, SECOND)
            assert await anext(heard) == "notifications/tools/list_changed"
        listed = await tools(client)
        assert listed["find_recipes"]["openai/outputTemplate"] == WidgetPage.of("recipe-list", SECOND).uri
        assert list(listed) == ["find_recipes"], "nothing is developed on a server"
        assert await page_at(client, first) == FIRST
        await homeport.restart()
        assert await page_at(client, first) == FIRST
        assert await page_at(client, WidgetPage.of("recipe-list", SECOND).uri) == SECOND


async def test_on_a_desktop_an_edit_changes_what_is_shown_and_nothing_that_clients_keep(tmp_path: Path) -> None:
    page = recipes(tmp_path / "recipes")
    async with running(tmp_path / "data", app=tmp_path / "recipes") as engine:
        assert engine._rooms is not None
        (source,) = engine._rooms.served.sources.values()
        (dispatch,) = engine._rooms.dispatches.values()
        before = dispatch.listing
        live = "ui://widget/recipe-list-live.html"
        assert before.tools[0]["_meta"]["ui"]["resourceUri"] == live
        assert [tool["name"] for tool in before.tools] == ["find_recipes", "homeport-widget"]
        (widgets,) = engine._rooms.widgets.values()
        assert widgets.newest(live) == WidgetPage.of("recipe-list", FIRST).uri
        shell = await widgets.read(live)
        heard = Heard()
        end = source.pages.subscribe(heard)
        save_as_editors_do(page, SECOND)
        assert await heard.next() == "recipe-list"
        end()
        assert widgets.newest(live) == WidgetPage.of("recipe-list", SECOND).uri
        assert await widgets.read(live) == shell
        assert dispatch.listing.digest == before.digest


async def test_a_widget_without_a_page_is_a_warning_and_its_tool_works(tmp_path: Path) -> None:
    recipes(tmp_path / "recipes").unlink()
    async with running(tmp_path / "data", app=tmp_path / "recipes") as engine:
        status = await engine.status()
        assert [(app.problem, app.tools) for app in status.apps] == [("", 1)]
        assert (
            "There is no widgets/recipe-list.tsx and no widgets/recipe-list.html in recipes. "
            "Write one of them, with just that name."
        ) in status.warnings


def test_a_built_in_widget_that_was_not_built_is_named_with_the_command_that_builds_it() -> None:
    app = App("Items")

    @app.tool(effect="read", widget=Widget("never-built"))
    async def show() -> str:
        """Show."""
        return ""

    with pytest.raises(WidgetMissing, match=r"The widget 'never-built' is not shown: .* uv sync"):
        BuiltIn(app).pages.page("never-built")


class Heard:
    """The names of widgets that have another page, as they come."""

    def __init__(self) -> None:
        self._names: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, name: str) -> None:
        self._names.put_nowait(name)

    async def next(self) -> str:
        async with asyncio.timeout(10):
            return await self._names.get()


def test_nobody_is_asked_about_homeports_own_tool() -> None:
    app = App("Recipes")

    @app.tool(effect="read", widget=Widget("recipe-list"))
    async def find_recipes() -> list[str]:
        """Find recipes."""
        return []

    assert len(live_app(app, NoWidgets()).tools) == 2
    served = Served({"/mcp": BuiltIn(live_app(app, NoWidgets()))})()["/mcp"]
    assert [tool.name for tool in served.tools] == ["find_recipes"]
