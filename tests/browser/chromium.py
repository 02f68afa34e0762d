"""The system's Chromium under Playwright, started in one way for every test, and what it complains about."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")

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

needs_chromium = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine")


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """A browser for as long as the block runs."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def chromium_window(*flags: str) -> AsyncIterator[BrowserContext]:
    """A browser with one empty profile."""
    async with chromium(*flags) as browser:
        context = await browser.new_context()
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
