"""The Chromium in which widgets are opened: the one that Playwright has installed, or the system's."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from homeport.errors import BrowserMissing

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
FLAGS = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser for as long as the block runs. Raises BrowserMissing, which says what to install."""
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise BrowserMissing(
            "Widgets are opened by Playwright, which is not installed.",
            hint='Install Homeport with its extra: uv add --dev "homeport[testing]".',
        ) from None
    async with async_playwright() as playwright:
        browser = await _launch(playwright)
        try:
            yield browser
        finally:
            await browser.close()


async def _launch(playwright: Playwright) -> Browser:
    installed = playwright.chromium.executable_path
    program = installed if os.path.exists(installed) else next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None and sys.platform in ("darwin", "win32"):
        return await _launch_channel(playwright)
    if program is None:
        raise _missing()
    return await playwright.chromium.launch(executable_path=program, args=_flags())


async def _launch_channel(playwright: Playwright) -> Browser:
    """Where programs are in no PATH: Playwright knows where Chrome and Edge live."""
    from playwright.async_api import Error

    for channel in ("chrome", "msedge"):
        try:
            return await playwright.chromium.launch(channel=channel, args=_flags())
        except Error:
            continue
    raise _missing()


def _missing() -> BrowserMissing:
    return BrowserMissing(
        "There is no Chromium to open widgets in.", hint="Install one: uv run playwright install chromium"
    )


def _flags() -> list[str]:
    # Chromium refuses its own sandbox to root, who is the user in most containers.
    root = getattr(os, "geteuid", lambda: 1)() == 0
    return [*FLAGS, *(("--no-sandbox",) if root else ())]
