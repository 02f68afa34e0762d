"""How a page looks and whom it keeps out: both colour schemes, popup and phone."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.async_api import Page

from tests.browser.axe import violations
from tests.whole.privy.stage import PHONE, POPUP

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def keeps_nobody_out(page: Page, name: str, folder: Path) -> None:
    """axe-core finds nothing and nothing is too wide. Screenshots go to `folder`, for people to look at."""
    found = []
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {violation}" for violation in await violations(page)]
        await page.screenshot(path=folder / f"e2e-{name}-{scheme}.png", full_page=True)
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    if overflow := await page.evaluate(_OVERFLOW):
        found.append(f"phone: {overflow} pixels too wide")
    await page.screenshot(path=folder / f"e2e-{name}-phone.png", full_page=True)
    await page.set_viewport_size(POPUP)  # type: ignore[arg-type]
    await page.emulate_media(color_scheme="light")
    assert found == [], (name, found)
