"""The dashboard in a real Chromium, over a real Engine behind the real control listener, with real clients outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from homeport import App
from homeport.control.client import RemoteEngine
from homeport.control.instance import acquire, find_running
from homeport.control.listener import ControlListener
from homeport.network import Network
from tests.auth.door import NOTHING, ChatApp, Door, code_on, open_door
from tests.auth.outside import HandClock
from tests.browser.chromium import chromium_window, complaints_of

Walk = Callable[[], Awaitable[str]]
"""The browser goes back to its client; the authorization code that the client gets."""


def garden_app() -> App:
    """One tool of each effect."""
    app = App("Garden")

    @app.tool(effect="read")
    async def look(bed: str = "all") -> str:
        """Look at a bed of the garden."""
        return f"{bed}: roses"

    @app.tool(effect="write")
    async def plant(name: str) -> str:
        """Plant something in the garden."""
        return f"planted {name}"

    @app.tool(effect="destroy")
    async def dig_up(name: str) -> str:
        """Dig something up, for good."""
        return f"dug up {name}"

    return app


@dataclass
class Dashboard:
    """The page, the Homeport behind it, and whether it was asked to end."""

    page: Page
    door: Door
    data_dir: Path
    quit: asyncio.Event

    async def turn_to(self, name: str, *, title: str = "") -> Locator:
        """Choose a page in the menu; its content."""
        await self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        await expect(self.page.get_by_role("heading", level=1, name=title or name, exact=True)).to_be_visible()
        return self.page.get_by_role("main")

    def section(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name, exact=True)

    async def confirm(self, answer: str) -> None:
        await self.page.get_by_role("dialog").get_by_role("button", name=answer, exact=True).click()

    async def ask_to_be_let_in(self, name: str = "Strict", *, public: bool = False) -> Waiting:
        """A client sends a browser here, which shows a code."""
        app = await self.door.register(name=name, public=public)
        browser = self.door.browser(public=public)
        page = await browser.open(app.link())
        return Waiting(self.door, app, code_on(page), lambda: self.door.walk_back(app, browser, page))

    def toml(self) -> str:
        file = self.data_dir / "homeport.toml"
        return file.read_text(encoding="utf-8") if file.exists() else ""


class Waiting:
    """A client whose person reads a code, and what it has once it was let in."""

    def __init__(self, door: Door, app: ChatApp, code: str, walk_back: Walk) -> None:
        self.door = door
        self.app = app
        self.code = code
        self._walk_back = walk_back

    async def access(self) -> str:
        """An access token, the way every client gets it."""
        answer = await self.app.exchange(await self._walk_back())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@asynccontextmanager
async def dashboard(
    folder: Path,
    *,
    page: str = "",
    app: App | None = None,
    public: bool = False,
    options: Mapping[str, str] = NOTHING,
    environ: Mapping[str, str] = NOTHING,
    network: Network | None = None,
) -> AsyncIterator[Dashboard]:
    """Ends with an error where the browser complained about the page, or it asked another host for something."""
    quit = asyncio.Event()
    clock = HandClock(time.time())
    async with (
        open_door(
            folder,
            app=app or garden_app(),
            clock=clock,
            public=public,
            options=options,
            environ=environ,
            network=network,
        ) as door,
        chromium_window() as window,
    ):
        instance = acquire(door.folder)
        control = ControlListener(door.engine, instance, quit=quit.set, events=door.engine.events)
        try:
            await control.start(0, may_move=False)
            running = find_running(door.folder)
            shown = await window.new_page()
            # What Homeport refuses is part of some tests; what the content policy refuses never is.
            complaints = complaints_of(shown, harmless=("Failed to load resource", "failed: "))
            foreign: list[str] = []
            own = f"http://127.0.0.1:{running.port}/"
            window.on("request", lambda request: None if request.url.startswith(own) else foreign.append(request.url))
            code = await RemoteEngine(running).session_code()
            await shown.goto(f"{own}#code={code}&page={page}")
            await expect(shown.get_by_role("navigation")).to_be_attached()
            yield Dashboard(shown, door, door.folder, quit)
            assert complaints == []
            assert foreign == []
        finally:
            await control.stop()
            instance.release()
