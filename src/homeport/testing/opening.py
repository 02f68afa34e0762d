"""Opens a widget in a real Chromium, held by the preview's own host under ChatGPT's content policy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from homeport.apps.app import App
from homeport.apps.loading import load_app
from homeport.apps.widgets import AddressedPage
from homeport.control.preview.policy import redirect_domains, widget_policy
from homeport.mcp_server.widget_meta import page_meta
from homeport.testing.browser import chromium
from homeport.testing.chat import Chat
from homeport.testing.moments import folder_of, simulation_in, with_result
from homeport.testing.opened import Finding, OpenWidget, WidgetFault
from homeport.testing.pages import build_pages
from homeport.testing.showing import STORY, Showing, host_of
from homeport.testing.stage import PAGE, SANDBOX_ADDRESS, Stage

if TYPE_CHECKING:
    from playwright.async_api import Page, ViewportSize

FAULTS = ("error", "warning")
PATIENCE_MILLISECONDS = 10_000
WINDOW: ViewportSize = {"width": 1_000, "height": 1_000}


@asynccontextmanager
async def open_widget(app: App | Path | str, widget: str, **showing: Unpack[Showing]) -> AsyncIterator[OpenWidget]:
    """Open a widget of `app`: an App that a test has imported, or the folder it is in. `Showing` says how.

    When the block ends, whatever ChatGPT would block and whatever went wrong in the widget's script raises WidgetFault.
    Raises BrowserMissing, WidgetMissing where the widget cannot be built, NotFoundError and SimulationError.
    """
    if isinstance(app, App):
        async with _opened(app, None if "pages" in showing else folder_of(app), widget, showing) as opened:
            yield opened
        return
    folder = Path(app).resolve()
    if "call" in showing:
        async with _opened(showing["call"].app, folder, widget, showing) as opened:
            yield opened
        return
    loaded = load_app(folder)
    try:
        async with _opened(loaded.app, folder, widget, showing) as opened:
            yield opened
    finally:
        loaded.modules.drop()


@asynccontextmanager
async def _opened(app: App, folder: Path | None, widget: str, showing: Showing) -> AsyncIterator[OpenWidget]:
    chat = showing.get("call") or Chat(app)
    story = {key: value for key, value in showing.items() if key in STORY}
    simulation, tool = simulation_in(folder, app, widget, showing.get("simulation", ""), story)
    assert tool.widget is not None
    pages = showing.get("pages")
    if pages is None:
        assert folder is not None
        pages = await build_pages(folder, app)
    page = AddressedPage.of(tool.widget, pages.page(widget))
    meta = page_meta(tool.widget)
    policy = widget_policy(meta)
    host = host_of(showing)
    shown_widget = {
        "uri": page.uri,
        "html": page.page.html,
        "meta": meta,
        "policy": policy.directives,
        "sandbox": SANDBOX_ADDRESS,
        "redirects": redirect_domains(meta),
        "findings": [],
    }
    listed = next(each for each in await chat.list_tools() if each["name"] == tool.name)
    simulation = await with_result(simulation, chat)
    opening = {
        "simulation": simulation.model_dump(mode="json", by_alias=True),
        "host": host,
        "shown": {"tool": listed, "widget": shown_widget},
    }
    stage = Stage(chat, policy)
    async with _window(stage, host.get("theme", simulation.host.theme)) as window:
        await window.evaluate("opening => window.homeport.open(opening)", opening)
        opened = OpenWidget(window, stage)
        await opened.locator("body").wait_for(state="attached")
        allow = showing.get("allow", ())
        try:
            yield opened
        except AssertionError as error:
            for finding in await _faults(opened, allow):
                error.add_note(f"The widget has a finding as well: {finding}")
            raise
        if faults := await _faults(opened, allow):
            raise WidgetFault("\n".join(map(str, faults)))


@asynccontextmanager
async def _window(stage: Stage, theme: Any) -> AsyncIterator[Page]:
    async with chromium() as browser:
        page = await browser.new_page(color_scheme=theme, viewport=WINDOW)
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        await page.route("**/*", stage.answer)
        await page.goto(f"{PAGE}/")
        try:
            yield page
        finally:
            # A call may still be under way, and its answer find no page.
            await page.unroute_all(behavior="ignoreErrors")


async def _faults(opened: OpenWidget, allow: Collection[str]) -> list[Finding]:
    found = [finding for finding in await opened.findings() if finding.weight in FAULTS]
    return [finding for finding in found if not any(part in str(finding) for part in allow)]
