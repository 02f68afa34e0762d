"""The development address of a widget and the tool that it asks. The document itself: tests/widgets/live."""

from __future__ import annotations

import pytest

from homeport import App, NotFound, Person, ToolError, Widget
from homeport.apps.live_widgets import live_app, live_document, live_uri
from homeport.apps.results import Context
from homeport.apps.widgets import WidgetPage
from tests.apps.pages import PagesInMemory


def recipes() -> App:
    app = App("Recipes", instructions="Find recipes.")

    @app.tool(effect="read", widget=Widget("recipe-list"), was=["recipes"])
    async def find_recipes() -> str:
        """Find recipes."""
        return "soup"

    return app


async def ask(app: App, **arguments: object) -> dict[str, object]:
    tool = app.find("homeport-widget")
    assert tool is not None
    return (await tool.call(arguments, person=Person("p"), context=Context())).data


def test_the_app_keeps_all_it_has_and_gets_one_tool_that_no_model_sees() -> None:
    app = recipes()
    more = live_app(app, PagesInMemory())
    assert list(more.tools) == ["find_recipes", "homeport-widget"]
    assert more.find("recipes") is app.find("find_recipes")
    assert (more.name, more.instructions, dict(more.widgets)) == (app.name, app.instructions, dict(app.widgets))
    assert more.tools["homeport-widget"].access == "app"
    assert more.tools["homeport-widget"].effect == "read"
    assert list(app.tools) == ["find_recipes"]


def test_an_app_without_widgets_stays_as_it_is() -> None:
    app = App("Plain")
    assert live_app(app, PagesInMemory()) is app


async def test_the_tool_gives_the_newest_page_unless_it_is_known() -> None:
    pages = PagesInMemory(recipe_list="<p>First</p>")
    app = live_app(recipes(), pages)
    first = WidgetPage.of("recipe-list", "<p>First</p>")
    assert await ask(app, name="recipe-list") == {"digest": first.digest, "html": "<p>First</p>"}
    assert await ask(app, name="recipe-list", known=first.digest) == {"digest": first.digest, "html": None}
    pages.put("recipe-list", "<p>Second</p>")
    assert (await ask(app, name="recipe-list", known=first.digest))["html"] == "<p>Second</p>"


async def test_the_tool_says_what_is_missing_and_gives_nothing_but_this_apps_widgets() -> None:
    app = live_app(recipes(), PagesInMemory(other="<p>Not of this app</p>"))
    with pytest.raises(NotFound, match=r"There is no widgets/recipe-list\.html\. Write it\."):
        await ask(app, name="recipe-list")
    with pytest.raises(ToolError, match="no such widget"):
        await ask(app, name="other")


def test_the_document_is_always_the_same_and_knows_only_its_name() -> None:
    assert live_uri("recipe-list") == "ui://widget/recipe-list-live.html"
    document = live_document("recipe-list")
    assert document == live_document("recipe-list")
    assert document.replace("recipe-list", "other") == live_document("other")
    assert len(document) < 7_000
