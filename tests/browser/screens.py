"""Whether a page fits a screen, and pictures of it for people who ask for them: no test compares pictures."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page

FOLDER = "TESTS_SCREENSHOTS"
"""The environment variable with the folder that pictures go to; without it none are taken."""

_OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def too_wide(page: Page, width: int, height: int) -> int:
    """The pixels by which the page is wider than a screen of this size, which it has from now on."""
    await page.set_viewport_size({"width": width, "height": height})
    await page.wait_for_function("width => innerWidth === width", arg=width)
    return int(await page.evaluate(_OVERFLOW))


async def picture(page: Page, name: str) -> None:
    """A picture of the whole page, if anybody wants it."""
    if folder := os.environ.get(FOLDER):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
