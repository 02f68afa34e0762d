"""A widget in each moment that the preview knows: that it says where its call is, comes to its result from there, and
keeps nobody out, in either theme. Time goes as the test says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, get_args

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from homeport.control.preview.simulations import State
from homeport.testing import OpenWidget
from tests.browser.axe import violations
from tests.browser.chromium import chromium
from tests.browser.screens import picture

Profile = Literal["chatgpt", "mcp-apps"]

STATES: tuple[State, ...] = get_args(State)
PROFILES: tuple[Profile, ...] = get_args(Profile)
STEP_MILLISECONDS = 1_000
MOST_STEPS = 20


class _Clocked:
    """The tests' own Chromium, with pages whose clock the test can put forward."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    async def new_page(self, **options: Any) -> Page:
        page = await self._browser.new_page(**options)
        await page.clock.install()
        return page


@asynccontextmanager
async def _chromium() -> AsyncIterator[_Clocked]:
    async with chromium() as browser:
        yield _Clocked(browser)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """`open_widget` takes the browser that the tests share."""
    monkeypatch.setattr("homeport.testing.opening.chromium", _chromium)


async def play(widget: OpenWidget, state: State, *, name: str, waits: str, shows: str) -> None:
    """`waits` is what it says while it waits for a result, `shows` is something of the result."""
    words = {
        "result": shows,
        "pending": waits,
        "streaming": waits,
        "slow": "This takes longer than usual…",
        "cancelled": "Stopped before there was a result.",
        "failed": "The oven is off.",
        "reloaded": "This takes longer than usual…",
    }
    await shown_in_time(widget, widget.get_by_text(words[state]).first)
    await keeps_nobody_out(widget, name=f"{name}-{state}")
    result = widget.get_by_text(shows).first
    if state == "slow":
        await shown_in_time(widget, result)
    elif state in ("cancelled", "failed", "reloaded"):
        await widget.get_by_role("button", name="Try again" if state == "failed" else "Load again").click()
    if state not in ("pending", "streaming"):
        await expect(result).to_be_visible()
    assert await widget.findings() == []


async def keeps_nobody_out(widget: OpenWidget, *, name: str) -> None:
    for theme in ("light", "dark"):
        await widget.change(theme=theme)
        await expect(widget.locator("html")).to_have_css("color-scheme", theme)
        assert await violations(widget.page.frames[-1]) == []
        await picture(widget.page, f"{name}-{theme}")


async def fits(widget: OpenWidget, *, name: str) -> None:
    """On a phone, and there in full screen, where something of the phone's own covers its lower edge."""
    await widget.change(device="phone")
    await expect(widget.locator("body")).to_have_css("padding-bottom", "46px")
    document = widget.page.frames[-1]
    for mode in ("inline", "fullscreen"):
        await widget.change(display_mode=mode)
        await expect(widget.locator("html")).to_have_attribute("data-display-mode", mode)
        assert await document.evaluate("() => document.documentElement.scrollWidth <= innerWidth && innerWidth === 390")
        assert await violations(document) == []
        await picture(widget.page, f"{name}-phone-{mode}")


async def shown_in_time(widget: OpenWidget, locator: Locator) -> None:
    """Let time pass until it is there."""
    for _ in range(MOST_STEPS):
        if await locator.is_visible():
            return
        await widget.page.clock.fast_forward(STEP_MILLISECONDS)
    await expect(locator).to_be_visible()
