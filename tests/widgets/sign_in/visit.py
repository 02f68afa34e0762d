"""One person's browser at the sign-in page: the page, the emulated Privy behind it, and the server that records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext, Locator, Page

from tests.browser.chromium import chromium_window, complaints_of
from tests.judges.tls import Place
from tests.privy.apps import EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.widgets.sign_in.home import Home, running_home
from tests.widgets.sign_in.wallet import TestWallet

ALICE = "alice@example.com"
NUMBER = "+15550100199"
# The SDK tries three times more, after one, two and four seconds.
SHORT_PAUSES = """const real = setTimeout
window.setTimeout = (run, ms = 0, ...more) => real(run, ms >= 900 && ms <= 10_000 ? ms / 20 : ms, ...more)"""
# What a test makes Privy refuse is no fault of the page; what the page's policy refuses always is.
NO_FAULT = ("Failed to load resource", "failed: ")


@dataclass
class Visit:
    page: Page
    home: Home
    privy: PrivyEmulator
    wallet: TestWallet
    complaints: list[str]

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    async def open(self) -> None:
        await self.page.goto(self.home.url)

    async def hurry(self) -> None:
        """The pauses between tries become short. What the page gives a slow network stays as long as it is."""
        await self.context.add_init_script(SHORT_PAUSES)

    async def click(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def ask_for_code(self, to: str = ALICE) -> None:
        """Have a code sent to an e-mail address."""
        await self.page.get_by_label("E-mail address").fill(to)
        await self.click("Send me a code")

    async def type_code(self, code: str) -> None:
        await self.page.get_by_label("Code of six digits").fill(code)

    async def sign_in(self, email: str = ALICE) -> None:
        await self.open()
        await self.fill_in(email)

    async def fill_in(self, email: str) -> None:
        """Go all the way with an e-mail address on the page that is open."""
        await self.ask_for_code(email)
        await self.page.get_by_label("Code of six digits").wait_for()
        await self.type_code(self.privy.code_for(email))
        await self.arrived()

    async def arrived(self) -> None:
        await self.page.wait_for_url("**?signed-in")

    def trouble(self, code: str) -> Locator:
        return self.page.locator(f"[role=alert][data-code={code}]")

    async def another_tab(self) -> Visit:
        page = await self.context.new_page()
        return Visit(page, self.home, self.privy, self.wallet, complaints_of(page, harmless=NO_FAULT))


@asynccontextmanager
async def visiting(
    *apps: EmulatedApp, places: Sequence[str] = (), harmless: Sequence[str] = (), **told: Any
) -> AsyncIterator[Visit]:
    """A fresh profile; the test fails on what it complained about. `places` are http hosts that lead to the page."""
    async with AsyncExitStack() as open_:
        privy = await open_.enter_async_context(PrivyEmulator(*apps))
        home = await open_.enter_async_context(running_home(privy.app.app_id, **told))
        if places:
            port = int(home.origin.rpartition(":")[2])
            window = chromium_window(*privy.chromium_args(*(Place(host, port, "") for host in places)))
        else:
            flag, proxy = privy.chromium_profile()
            window = chromium_window(flag, proxy=proxy)
        context = await open_.enter_async_context(window)
        page = await context.new_page()
        found = complaints_of(page, harmless=(*NO_FAULT, *harmless))
        yield Visit(page, home, privy, TestWallet(), found)
        assert found == [], found
