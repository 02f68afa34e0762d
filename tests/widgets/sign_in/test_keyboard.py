"""Signing in with nothing but Tab and Enter, by ways that leave the page or open a list of their own."""

from __future__ import annotations

from playwright.async_api import Locator

from tests.browser.chromium import needs_chromium
from tests.browser.keyboard import tab_to
from tests.widgets.sign_in.visit import Visit, visiting
from tests.widgets.sign_in.wallet import NAME

pytestmark = needs_chromium


async def press(visit: Visit, name: str) -> None:
    """Come to the button with Tab and press Enter."""
    await enter(visit, visit.page.get_by_role("button", name=name, exact=True))


async def enter(visit: Visit, target: Locator) -> None:
    await target.wait_for()
    await tab_to(visit.page, target)
    await visit.page.keyboard.press("Enter")


async def test_with_a_wallet() -> None:
    async with visiting() as visit:
        await visit.wallet.install(visit.context)
        await visit.open()
        await press(visit, "Wallet")
        await press(visit, NAME)
        await visit.arrived()


async def test_with_google_after_a_no_there() -> None:
    async with visiting() as visit:
        await visit.open()
        await press(visit, "Google")
        await enter(visit, visit.page.locator("#deny"))
        await visit.trouble("denied").wait_for()
        await press(visit, "Google")
        await enter(visit, visit.page.locator("#account-0"))
        await visit.arrived()
