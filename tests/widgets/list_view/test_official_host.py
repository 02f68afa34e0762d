"""The official host library of MCP Apps judges our bridge: its schemas validate each message of the list view."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.async_api import Route, expect

from homeport import bundles
from tests.browser.chromium import chromium_window, complaints_of, needs_chromium
from tests.judges.node import needs_judges
from tests.npm import run_node
from tests.widgets.kit.scene import CHAT, POLICY, SANDBOX, WIDGET
from tests.widgets.list_view.items import ITEMS, Server

pytestmark = [needs_chromium, needs_judges]

HERE = Path(__file__).parent
PAGE = f"""<!doctype html><html lang="en"><title>Chat</title>
<iframe title="Widget" sandbox="{SANDBOX}" data-address="{WIDGET}" style="width: 100%"></iframe>
<script type="module" src="official_host.js"></script></html>"""


@cache
def official_host() -> str:
    done = run_node("node", str(HERE / "bundle_official_host.mjs"), cwd=HERE)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def serve(route: Route) -> None:
    if route.request.url.startswith(WIDGET):
        headers = {"Content-Security-Policy": POLICY}
        await route.fulfill(body=bundles.page("list-view"), content_type="text/html", headers=headers)
    elif route.request.url.endswith("official_host.js"):
        await route.fulfill(body=official_host(), content_type="text/javascript")
    else:
        await route.fulfill(body=PAGE, content_type="text/html")


async def test_it_initializes_shows_the_result_and_calls_a_tool_on_a_click() -> None:
    server = Server(ITEMS)
    async with chromium_window() as window:
        page = await window.new_page()
        # For a moment the frame is empty, and of the chat's own origin.
        complaints = complaints_of(page, harmless=("can escape its sandboxing",))
        await page.expose_function("callTool", lambda _, arguments: server.act(arguments))
        await page.route("**", serve)
        await page.goto(CHAT)
        await page.wait_for_function("window.chat?.app")
        app = await page.evaluate("chat.app")
        assert app["info"] == {"name": "Items", "version": "1"}
        assert "fullscreen" in app["capabilities"]["availableDisplayModes"]

        await page.evaluate("bridge.sendToolInput({arguments: {filter: ''}})")
        await page.evaluate("result => bridge.sendToolResult(result)", await server.get({}))
        widget = page.frame_locator("iframe")
        await expect(widget.get_by_role("row")).to_have_count(6)
        await expect(widget.locator(":root")).to_have_css("color-scheme", "dark")
        await page.wait_for_function("chat.heights.at(-1) > 300")

        await widget.get_by_role("button", name="complete Write a tool").click()
        await expect(widget.get_by_role("button", name="reopen Write a tool")).to_have_attribute("aria-busy", "false")
        assert await page.evaluate("chat.calls") == [["perform-item-action", {"item_id": "tool", "action": "complete"}]]
        await widget.get_by_text("Invite somebody").click()
        await page.wait_for_function("chat.contexts.length === 1")
        await widget.get_by_role("button", name="Full screen").click()
        await expect(widget.get_by_role("row")).to_have_count(7)

        assert await page.evaluate("bridge.teardownResource({})") == {}
        assert (complaints, await page.evaluate("chat.errors")) == ([], [])
