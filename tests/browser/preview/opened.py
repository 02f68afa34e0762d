"""The preview in a real Chromium, with one widget of a test's own in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import FrameLocator, Locator, Page, ViewportSize, expect

from homeport import App, Widget
from tests.browser.chromium import chromium_window
from tests.control.preview.scene import Previewed, notes_app, previewed

EVIL = "https://evil.example.com"


def widget(script: str, body: str = "<p id=out>nothing yet</p>") -> str:
    """A widget in plain HTML, which speaks MCP Apps by hand: `host(method, params)` asks, `say(text)` shows."""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title></head><body>{body}<script>
      const say = (text) => (document.querySelector("#out").textContent = String(text));
      const tell = (method, params = {{}}) => parent.postMessage({{ jsonrpc: "2.0", method, params }}, "*");
      let last = 0;
      const waiting = new Map();
      const heard = [];
      const host = (method, params = {{}}) => new Promise((done, failed) => {{
        waiting.set(++last, [done, failed]);
        parent.postMessage({{ jsonrpc: "2.0", id: last, method, params }}, "*");
      }});
      addEventListener("message", ({{ data }}) => {{
        if (data?.method) heard.push(data);
        if (data?.method && data.id !== undefined)
          parent.postMessage({{ jsonrpc: "2.0", id: data.id, result: {{}} }}, "*");
        const asked = waiting.get(data?.id);
        if (!asked || data.method) return;
        waiting.delete(data.id);
        if (data.error) asked[1](new Error(data.error.message)); else asked[0](data.result);
      }});
      const begin = async () => {{
        const appInfo = {{ name: "test", version: "1" }};
        const asked = {{ appInfo, appCapabilities: {{}}, protocolVersion: "2026-01-26" }};
        const answer = await host("ui/initialize", asked);
        tell("ui/notifications/initialized");
        return answer;
      }};
      {script}
    </script></body></html>"""


@dataclass
class Opened:
    """The page, the widget inside it, and what the browser asked other hosts for."""

    page: Page
    scene: Previewed
    foreign: list[str]
    errors: list[str]

    @property
    def widget(self) -> FrameLocator:
        return self.page.frame_locator(".stage iframe").frame_locator("iframe")

    @property
    def out(self) -> Locator:
        return self.widget.locator("#out")

    async def tab(self, name: str) -> Locator:
        await self.page.get_by_role("tab", name=name).click()
        tabs = {"Findings": "What the widget did", "Messages": "What the widget did", "Chat": "What the widget did"}
        return self.page.get_by_label(tabs.get(name, "What the widget is told"), exact=True).get_by_role("tabpanel")

    @asynccontextmanager
    async def anew(self) -> AsyncIterator[None]:
        """What is done in the block opens the widget anew. It ends once the new one has begun.

        Nobody looks into a frame while it goes: Playwright then says that the page was closed, and looks no further.
        """
        await self.tab("Messages")
        begun = self.page.locator(".messages .name").get_by_text("ui/initialize", exact=True)
        before = await begun.count()
        yield
        await expect(begun).to_have_count(before + 1)

    async def finds(self, *words: str) -> None:
        """A finding has all these words."""
        found = (await self.tab("Findings")).get_by_role("listitem")
        for word in words:
            found = found.filter(has_text=word)
        await expect(found.first).to_be_visible()

    async def works(self) -> None:
        """The page itself answers, and is still the page."""
        dark = self.page.get_by_role("radio", name="Dark")
        await dark.check(timeout=3_000)
        await self.page.get_by_role("radio", name="Light").check(timeout=3_000)
        assert self.page.url.startswith(self.scene.page)


@asynccontextmanager
async def opened(
    folder: Path,
    html: str,
    *,
    app: App | None = None,
    view: Widget | None = None,
    simulation: str = "",
    viewport: ViewportSize | None = None,
) -> AsyncIterator[Opened]:
    """Ends with an error where the page itself had one, or anything was asked of another host."""
    async with previewed(folder, {"note-view": html}, app=app or notes_app(view)) as scene, chromium_window() as window:
        page = await window.new_page()
        await page.set_viewport_size(viewport or ViewportSize(width=1300, height=850))
        foreign: list[str] = []
        errors: list[str] = []
        own = (f"http://127.0.0.1:{scene.port}/", f"http://localhost:{scene.port}/", "data:", "blob:", "about:")
        window.on("request", lambda request: None if request.url.startswith(own) else foreign.append(request.url))
        # The browser announces also what its content policy then keeps from being sent.
        window.on("requestfailed", lambda one: foreign.remove(one.url) if one.failure == "csp" else None)
        page.on("pageerror", lambda error: errors.append(str(error)) if "preview" in (error.stack or "") else None)
        await page.goto(scene.link(simulation))
        await expect(page.locator(".stage iframe")).to_be_attached()
        shown = Opened(page, scene, foreign, errors)
        yield shown
        assert foreign == []
        assert errors == []
