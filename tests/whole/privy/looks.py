"""How a page looks and whom it keeps out: both colour schemes, popup and phone."""

from __future__ import annotations

from typing import Literal

from playwright.async_api import Page

from tests.browser.axe import violations
from tests.browser.keyboard import out_of_reach
from tests.browser.screens import picture, too_wide
from tests.whole.privy.stage import PHONE, POPUP

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def keeps_nobody_out(page: Page, name: str) -> None:
    """axe-core finds nothing, nothing is too wide, and Tab comes to every control. `name` is that of the pictures."""
    found = []
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {violation}" for violation in await violations(page)]
        await picture(page, f"e2e-{name}-{scheme}")
    if overflow := await too_wide(page, **PHONE):
        found.append(f"phone: {overflow} pixels too wide")
    await picture(page, f"e2e-{name}-phone")
    await page.set_viewport_size(POPUP)  # type: ignore[arg-type]
    await page.emulate_media(color_scheme="light")
    found += await out_of_reach(page)
    assert found == [], (name, found)
