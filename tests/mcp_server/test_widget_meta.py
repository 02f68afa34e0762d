"""What is said of widgets on the wire, in MCP Apps' words and in ChatGPT's."""

from __future__ import annotations

from typing import Any

import pytest

from homeport import App, Widget
from homeport.apps.tools import ToolDefinition
from homeport.mcp_server.listing import list_tools
from homeport.mcp_server.widget_meta import page_meta, tool_meta

URI = "ui://widget/recipe-list-0123456789ab.html"


def tool(**given: Any) -> ToolDefinition:
    app = App("Recipes")

    @app.tool(effect="read", **given)
    async def find_recipes() -> str:
        """Find recipes."""
        return ""

    return app.tools["find_recipes"]


def test_a_page_that_names_nothing_may_reach_nothing_and_that_is_said() -> None:
    assert page_meta(Widget("recipe-list")) == {
        "ui": {"csp": {"connectDomains": [], "resourceDomains": []}},
        "openai/widgetCSP": {"connect_domains": [], "resource_domains": []},
    }


def test_all_that_is_declared_of_a_page_is_said_twice() -> None:
    widget = Widget(
        "recipe-list",
        connect=["https://api.example.com"],
        resources=["https://images.example.com"],
        frames=["https://maps.example.com"],
        redirects=["https://shop.example.com"],
        domain="https://recipes.example.com",
        prefers_border=False,
        description="Shows recipes.",
    )
    assert page_meta(widget) == {
        "ui": {
            "csp": {
                "connectDomains": ["https://api.example.com"],
                "resourceDomains": ["https://images.example.com"],
                "frameDomains": ["https://maps.example.com"],
            },
            "domain": "https://recipes.example.com",
            "prefersBorder": False,
        },
        "openai/widgetCSP": {
            "connect_domains": ["https://api.example.com"],
            "resource_domains": ["https://images.example.com"],
            "frame_domains": ["https://maps.example.com"],
            "redirect_domains": ["https://shop.example.com"],
        },
        "openai/widgetDomain": "https://recipes.example.com",
        "openai/widgetPrefersBorder": False,
        "openai/widgetDescription": "Shows recipes.",
    }


def test_a_tool_names_its_widget_and_what_the_chat_says_meanwhile() -> None:
    widget = Widget("recipe-list", invoking="Looking for recipes", invoked="Here they are")
    assert tool_meta(tool(widget=widget), {"recipe-list": URI}) == {
        "ui": {"resourceUri": URI, "visibility": ["model", "app"]},
        "openai/outputTemplate": URI,
        "openai/widgetAccessible": True,
        "openai/toolInvocation/invoking": "Looking for recipes",
        "openai/toolInvocation/invoked": "Here they are",
    }


@pytest.mark.parametrize(
    ("access", "visibility", "accessible"),
    [("model+app", ["model", "app"], True), ("model", ["model"], False), ("app", ["app"], True)],
)
def test_who_may_call_a_tool_is_said_with_and_without_a_widget(
    access: str, visibility: list[str], accessible: bool
) -> None:
    for given, addresses in (({}, {}), ({"widget": Widget("recipe-list")}, {"recipe-list": URI})):
        meta = tool_meta(tool(widget_access=access, **given), addresses)
        assert meta["ui"]["visibility"] == visibility
        assert meta["openai/widgetAccessible"] is accessible


def test_a_tool_without_a_widget_is_untouched_and_so_is_one_whose_widget_has_no_address() -> None:
    assert tool_meta(tool(), {"recipe-list": URI}) == {}
    assert tool_meta(tool(widget=Widget("recipe-list")), {}) == {}


def test_another_address_is_another_list() -> None:
    app = App("Recipes")

    @app.tool(effect="read", widget=Widget("recipe-list"))
    async def find_recipes() -> str:
        """Find recipes."""
        return ""

    digests = {list_tools(app, {"recipe-list": uri}).digest for uri in (URI, URI.replace("0", "1"))}
    assert len(digests | {list_tools(app).digest}) == 3
