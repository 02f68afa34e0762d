"""What an author says of a widget, what is refused and in which words, and the address of its page."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from homeport import App, Widget
from homeport.apps.loading import load_app
from homeport.apps.widgets import AddressedPage, NoWidgets, WidgetMissing, WidgetPage
from homeport.errors import AppError
from tests.apps.folders import write


@pytest.mark.parametrize("name", ["", "Recipes", "recipe list", "../secrets", "a/b", "-a", "x" * 65, "recipes.html", 3])
def test_a_widget_is_named_as_its_file(name: Any) -> None:
    with pytest.raises(TypeError, match="A widget is named as its file"):
        Widget(name)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"resources": "https://images.example.com"}, 'resources is a list of origins, like ["https://'),
        ({"resources": [None]}, "resources holds None, and an origin is text"),
        ({"connect": ["http://api.example.com"]}, "an origin begins with https:// or wss://"),
        ({"resources": ["wss://api.example.com"]}, "an origin begins with https://."),
        ({"frames": ["https://maps.example.com/embed?x=1"]}, 'write "https://maps.example.com", with nothing else'),
        ({"frames": ["https://maps.example.com/"]}, 'write "https://maps.example.com", with'),
        ({"redirects": ["https://Shop.Example.com"]}, 'write "https://shop.example.com", with'),
        ({"redirects": ["https://shop.example.com:443"]}, 'write "https://shop.example.com", with'),
        ({"redirects": ["https://shop.example.com:8443/x"]}, 'write "https://shop.example.com:8443", with'),
        ({"resources": ["https://*.example.com"]}, "name each host, without *"),
        ({"resources": ["https://a.example.com; script-src *"]}, "name each host, without *"),
        ({"resources": ["https://a.example.com; script-src 'unsafe-eval'"]}, 'write "https://a.example.com", with'),
        ({"resources": ["https://k\u00fcche.example"]}, "its xn-- form"),
        ({"resources": ["https://user@a.example.com"]}, "write"),
        ({"resources": ["https://"]}, "an origin is a scheme, a host and perhaps a port"),
        ({"resources": ["'self'"]}, "an origin begins with https://"),
        ({"domain": "recipes.example.com"}, "an origin begins with https://"),
        ({"prefers_border": "yes"}, "prefers_border is True, False or None"),
        ({"invoking": "x" * 65}, "invoking has 65 characters, and a host takes 64"),
        ({"invoked": None}, "invoked is text"),
        ({"description": "x" * 1_001}, "description has 1001 characters"),
    ],
)
def test_what_a_host_would_refuse_is_refused_in_words(given: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError) as refused:
        Widget("recipe-list", **given)
    assert str(refused.value).startswith("The widget 'recipe-list'")
    assert words in str(refused.value)


def test_origins_are_kept_as_they_are_each_once() -> None:
    widget = Widget("recipes", connect=["https://a.example.com:8443", "wss://b.example.com", "wss://b.example.com"])
    assert widget.connect == ("https://a.example.com:8443", "wss://b.example.com")


def test_an_author_reads_of_a_mistake_with_file_and_line(tmp_path: Path) -> None:
    source = 'from homeport import App, Widget\napp = App("Recipes")\nlist_ = Widget("recipes", frames=["maps"])\n'
    with pytest.raises(AppError) as refused:
        load_app(write(tmp_path / "recipes", app=source))
    assert str(refused.value).startswith("recipes/app.py, line 3: The widget 'recipes': frames holds 'maps': an origin")


def test_an_app_knows_the_widgets_that_its_tools_show() -> None:
    app, widget = App("Recipes"), Widget("recipe-list")

    @app.tool(effect="read", widget=widget)
    async def find_recipes() -> str:
        """Find recipes."""
        return ""

    @app.tool(effect="read", widget=Widget("recipe-list"))
    async def old_recipes() -> str:
        """Find old recipes."""
        return ""

    assert dict(app.widgets) == {"recipe-list": widget}
    with pytest.raises(TypeError, match="another widget named 'recipe-list'"):

        @app.tool(effect="read", widget=Widget("recipe-list", prefers_border=True))
        async def new_recipes() -> str:
            """Find new recipes."""
            return ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"widget": "recipe-list"}, 'widget is a Widget, like Widget\\("recipe-list"\\)'),
        ({"widget_access": "everybody"}, "it must be one of model\\+app, model, app"),
        ({"name": "homeport-widget"}, "'homeport-widget' is a name of Homeport's own"),
        ({"was": ["homeport-widget"]}, "'homeport-widget' is a name of Homeport's own"),
    ],
)
def test_a_tool_that_no_host_could_show_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):

        @App("Recipes").tool(effect="read", **given)
        async def find_recipes() -> str:
            """Find recipes."""
            return ""


def test_the_address_of_a_page_is_made_of_its_content() -> None:
    html = "<!doctype html><p>Recipes</p>"
    page = WidgetPage.of("recipe-list", html)
    assert page.digest == hashlib.sha256(html.encode()).hexdigest()
    assert page.uri == f"ui://widget/recipe-list-{page.digest[:12]}.html"
    assert AddressedPage.of(Widget("recipe-list"), page).uri == page.uri
    assert WidgetPage.of("recipe-list", html + " ").uri != page.uri


def test_what_is_declared_of_a_page_is_part_of_its_address() -> None:
    page = WidgetPage.of("recipe-list", "<p>Recipes</p>")
    declared = [
        {},
        {"connect": ["https://a.example.com"]},
        {"resources": ["https://a.example.com"]},
        {"domain": "https://a.b"},
    ]
    declared += [{"prefers_border": True}, {"prefers_border": False}, {"description": "Recipes"}]
    addresses = [AddressedPage.of(Widget("recipe-list", **said), page).uri for said in declared]  # type: ignore[arg-type]
    assert len(set(addresses)) == len(addresses)
    said_in_the_chat = Widget("recipe-list", invoking="Looking", invoked="Found")
    assert AddressedPage.of(said_in_the_chat, page).uri == page.uri


def test_an_app_in_memory_has_no_pages() -> None:
    with pytest.raises(WidgetMissing, match="no page for the widget 'recipe-list'"):
        NoWidgets().page("recipe-list")
