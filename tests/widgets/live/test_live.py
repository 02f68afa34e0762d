"""The development address of a widget in a chat: whenever it is shown it is the newest page, under ChatGPT's policy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import expect

from homeport.apps.live_widgets import live_document
from tests.browser.chromium import needs_chromium
from tests.widgets.kit.built import WIDGETS, built, probe
from tests.widgets.kit.scene import Bridges, Chat, chat_with, result

pytestmark = needs_chromium

RECIPES = {"result": [{"id": "1", "title": "Soup"}]}
ITEM = {"id": "a", "title": "Carrot soup", "description": "", "tags": ["dinner"], "state": "open"}

# Everything a page written by hand may rely on: order, global names, events, handlers in attributes.
BY_HAND = """<!doctype html>
<html lang="de" class="mine">
<head><meta charset="utf-8"><title>By hand</title><style>p { color: rgb(1, 2, 3) }</style>
<script type="module">steps.push("module " + document.title)</script>
<script>const steps = ["first"]; var step = 1</script>
<script>
  steps.push("second " + step);
  document.addEventListener("DOMContentLoaded", () => steps.push("ready"));
  window.onload = () => { steps.push("load"); document.getElementById("steps").textContent = steps.join(", ") };
</script></head>
<body><p id="steps">nothing ran</p><button onclick="this.textContent = 'clicked'">click</button>
<script>steps.push("body " + document.querySelectorAll("button").length)</script></body></html>"""


class Author:
    """Somebody who edits the page of a widget, and the tool that gives it away."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.asked: list[dict[str, Any]] = []

    async def newest(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(arguments)
        return result({"digest": "0", "html": self.html})

    @property
    def tools(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]:
        return {"homeport-widget": self.newest}


async def once_more(chat: Chat) -> None:
    """The one thing that a strict host sees of it."""
    faults = await chat.page.evaluate("host.faults.splice(0)")
    assert faults == ["ui/initialize while initialized"]


@pytest.mark.parametrize("bridges", ["openai", "both"])
async def test_an_edit_is_there_the_next_time_the_widget_is_shown(bridges: Bridges) -> None:
    author = Author("<!doctype html><title>1</title><p>First</p>")
    async with chat_with(live_document("recipe-list"), bridges, tools=author.tools) as chat:
        await expect(chat.widget.get_by_text("First")).to_be_visible()
        author.html = "<!doctype html><title>2</title><p>Second</p>"
        await chat.reload()
        await expect(chat.widget.get_by_text("Second")).to_be_visible()
        assert author.asked == [{"name": "recipe-list"}] * 2
        # In ChatGPT the host is asked by window.openai: of MCP Apps it sees the page itself only.
        assert await chat.log() == []


async def test_over_mcp_apps_it_is_there_too_and_the_host_sees_two_documents_begin() -> None:
    author = Author(probe())
    async with chat_with(live_document("recipe-list"), "apps", tools=author.tools) as chat:
        begun = await chat.sent("ui/initialize", times=2)
        assert begun[0]["appInfo"]["name"] == "recipe-list"
        assert begun[1]["appInfo"]["name"] != "recipe-list"
        await chat.sent("ui/notifications/initialized", times=2)
        await chat.show_result(result(RECIPES, "1 recipe"))
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()
        await once_more(chat)


async def test_what_the_host_told_before_the_page_was_there_reaches_the_page() -> None:
    author = Author(probe())
    opened = asyncio.Event()

    async def told_first(arguments: dict[str, Any]) -> dict[str, Any]:
        await opened.wait()
        await chat.send("ui/notifications/tool-input", arguments={"words": "s"})
        await chat.send("ui/notifications/tool-result", **result(RECIPES, "1 recipe"))
        return await author.newest(arguments)

    async with chat_with(live_document("recipe-list"), "apps", tools={"homeport-widget": told_first}) as chat:
        opened.set()
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()
        await once_more(chat)


@pytest.mark.parametrize("bridges", ["apps", "openai", "both"])
async def test_the_built_in_widget_works_there_as_at_its_own_address(bridges: Bridges) -> None:
    author = Author(built(WIDGETS / "src" / "list-view"))

    async def done(arguments: dict[str, Any]) -> dict[str, Any]:
        return result({**ITEM, "state": "done"})

    tools = {**author.tools, "perform-item-action": done}
    async with chat_with(live_document("list-view"), bridges, tools=tools) as chat:
        if bridges == "apps":
            await chat.sent("ui/notifications/initialized", times=2)
        elif bridges == "both":
            await chat.sent("ui/notifications/initialized")
        await chat.show_result(result({"items": [ITEM]}))
        await expect(chat.widget.get_by_text("Carrot soup")).to_be_visible()
        await chat.context(theme="dark")
        await expect(chat.widget.locator(":root")).to_have_css("color-scheme", "dark")
        if bridges == "apps":
            await once_more(chat)


@pytest.mark.parametrize("bridges", ["apps", "openai"])
async def test_a_page_written_by_hand_runs_as_if_it_had_been_loaded(bridges: Bridges) -> None:
    async with chat_with(live_document("recipe-list"), bridges, tools=Author(BY_HAND).tools) as chat:
        steps = "first, second 1, body 1, module By hand, ready, load"
        await expect(chat.widget.get_by_text(steps)).to_be_visible()
        await expect(chat.widget.get_by_text(steps)).to_have_css("color", "rgb(1, 2, 3)")
        await chat.widget.get_by_role("button").click()
        await expect(chat.widget.get_by_role("button", name="clicked")).to_be_visible()
        root = chat.widget.locator(":root")
        await expect(root).to_have_attribute("lang", "de")
        await expect(root).to_have_class("mine")
        assert await chat.frame.evaluate("document.compatMode") == "CSS1Compat"
        assert await chat.frame.evaluate("document.querySelectorAll('[data-shell], [role=status]').length") == 0


async def test_the_listeners_that_the_host_put_into_the_window_stay() -> None:
    html = live_document("recipe-list").replace(
        "<head>", "<head><script>addEventListener('message', () => { window.heard = true })</script>", 1
    )
    async with chat_with(html, "openai", tools=Author("<!doctype html><p>Shown</p>").tools) as chat:
        await expect(chat.widget.get_by_text("Shown")).to_be_visible()
        await chat.send("ui/notifications/host-context-changed", theme="dark")
        await chat.frame.wait_for_function("window.heard")


@pytest.mark.parametrize("bridges", ["apps", "openai"])
async def test_what_went_wrong_is_said_in_words(bridges: Bridges) -> None:
    async def missing(arguments: dict[str, Any]) -> dict[str, Any]:
        return {
            "isError": True,
            "content": [{"type": "text", "text": "not_found: <b>There</b> is no recipe-list.tsx."}],
        }

    async with chat_with(live_document("recipe-list"), bridges, tools={"homeport-widget": missing}) as chat:
        await expect(chat.widget.get_by_role("status")).to_contain_text("<b>There</b> is no recipe-list.tsx.")
