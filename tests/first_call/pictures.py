"""Pictures of a first call, for whoever wants to look at it: they go to HOMEPORT_TEST_SHOTS, where that is set."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page

PATIENCE = 30_000
"""Milliseconds, for what a busy machine takes long for."""


async def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("HOMEPORT_TEST_SHOTS"):
        await page.screenshot(path=Path(folder) / f"first-{name}.png", full_page=True)
