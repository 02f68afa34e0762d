"""The system's Chromium under Playwright, started in one way for every test, and what it complains about."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from types import TracebackType

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ProxySettings, async_playwright

# Without a window of its own it opens a page in a fifth of the time; it is the same engine.
_NAMES = ("chromium-headless-shell", "chromium", "google-chrome", "chrome")
PROGRAM = next((path for name in _NAMES if (path := shutil.which(name))), None)

# Without a sandbox because tests run as root in containers; without background traffic because they have no network.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MILLISECONDS = 20_000

# tests/conftest.py skips it where there is no Chromium, and runs it on the event loop that browsers are shared on.
needs_chromium = pytest.mark.chromium


class Browsers:
    """One Playwright, and a Chromium that serves one test after another as long as they want the same flags.

    A browser is lent without profiles and comes back without any. All of it belongs to the event loop it began on.
    """

    def __init__(self) -> None:
        self._starting = async_playwright()
        self._idle: tuple[tuple[str, ...], Browser] | None = None

    async def __aenter__(self) -> Browsers:
        self._playwright = await self._starting.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._idle is not None:
            await self._idle[1].close()
        await self._starting.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def lent(self, flags: tuple[str, ...]) -> AsyncIterator[Browser]:
        browser = await self._taken(flags)
        try:
            yield browser
        finally:
            if self._idle is None and browser.is_connected():
                for context in browser.contexts:
                    await context.close()
                self._idle = (flags, browser)
            else:
                await browser.close()

    async def _taken(self, flags: tuple[str, ...]) -> Browser:
        idle, self._idle = self._idle, None
        if idle is not None:
            if idle[0] == flags and idle[1].is_connected():
                return idle[1]
            await idle[1].close()
        return await self._playwright.chromium.launch(executable_path=PROGRAM, args=[*FLAGS, *flags])


AT_HAND: ContextVar[Browsers] = ContextVar("browsers")
"""Set where tests share them."""


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """A browser without any profile, for as long as the block runs."""
    if (shared := AT_HAND.get(None)) is not None:
        async with shared.lent(flags) as browser:
            yield browser
    else:
        async with Browsers() as own, own.lent(flags) as browser:
            yield browser


@asynccontextmanager
async def chromium_window(*flags: str, proxy: ProxySettings | None = None) -> AsyncIterator[BrowserContext]:
    """A browser with one empty profile."""
    async with chromium(*flags) as browser:
        context = await browser.new_context(proxy=proxy)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        yield context


def complaints_of(page: Page, *, harmless: Sequence[str] = ()) -> list[str]:
    """A list that fills with what the browser complains about on this page: errors, refused content, failed loads."""
    found: list[str] = []

    def note(text: str) -> None:
        if not any(part in text for part in harmless):
            found.append(text)

    page.on("pageerror", lambda error: note(f"script: {error}"))
    page.on("console", lambda line: note(f"{line.type}: {line.text}") if line.type in ("error", "warning") else None)
    page.on("requestfailed", lambda request: note(f"failed: {request.url} {request.failure}"))
    return found
