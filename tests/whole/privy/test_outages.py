"""Privy away at one step of a sign-in with a wallet, a phone or a passkey, or when a session is to be renewed.

What else there is, by e-mail and Google, is in test_troubles.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.chromium import needs_chromium
from tests.judges.node import needs_judges
from tests.privy.faults import REFUSE
from tests.whole.privy.stage import REFUSED, Stage, Visitor, click, stage, trouble
from tests.whole.privy.test_ways_in import make_passkey
from tests.widgets.sign_in.visit import SHORT_PAUSES
from tests.widgets.sign_in.wallet import NAME, TestWallet

pytestmark = [needs_judges, needs_chromium]

ALICE = "alice@example.com"
NUMBER = "+15550100199"


async def test_at_any_step_it_costs_the_person_one_more_try(tmp_path: Path) -> None:
    async with stage(tmp_path, method="none") as on:
        visitor = await on.visitor()
        await visitor.context.add_init_script(SHORT_PAUSES)
        await TestWallet().install(visitor.context)
        for way in (by_wallet, by_phone, by_passkey):
            popup = await visitor.connects()
            await popup.get_by_label("E-mail address").wait_for()
            await way(on, visitor, popup)
            await popup.get_by_role("heading", name="Allow ChatGPT").wait_for()
            await popup.evaluate("localStorage.clear()")
            await visitor.allows(popup)
        await coming_back(on, visitor)
        visitor.no_complaints(*REFUSED)


@asynccontextmanager
async def away(on: Stage, popup: Page, endpoint: str) -> AsyncIterator[None]:
    """Privy is away at this endpoint while the block runs and until the page says so."""
    on.privy.down[endpoint] = REFUSE
    yield
    await expect(trouble(popup, "privy_unreachable")).to_be_visible(timeout=20_000)
    assert {seen.status for seen in on.privy.asked(endpoint)} == {None}
    on.privy.down.clear()


async def by_wallet(on: Stage, _: Visitor, popup: Page) -> None:
    for step in ("init", "authenticate"):
        async with away(on, popup, f"POST /api/v1/siwe/{step}"):
            await click(popup, "Wallet")
            await click(popup, NAME)
    await click(popup, "Wallet")
    await click(popup, NAME)


async def by_phone(on: Stage, visitor: Visitor, popup: Page) -> None:
    await click(popup, "Use a phone number instead")
    number = popup.get_by_label("Phone number")
    await number.fill(NUMBER)
    async with away(on, popup, "POST /api/v1/passwordless_sms/init"):
        await click(popup, "Send me a code")
    await expect(number).to_have_value(NUMBER)
    await click(popup, "Send me a code")
    await popup.get_by_label("Code of six digits").wait_for()
    async with away(on, popup, "POST /api/v1/passwordless_sms/authenticate"):
        await visitor.types_code(popup, NUMBER)
    await visitor.types_code(popup, NUMBER)


async def by_passkey(on: Stage, visitor: Visitor, popup: Page) -> None:
    await make_passkey(on, visitor, popup)
    # Whose passkeys the app's are, the page has asked before it shows this.
    await popup.get_by_role("button", name="Passkey").wait_for()
    on.privy.requests.clear()
    for step in ("authenticate/init", "authenticate"):
        async with away(on, popup, f"POST /api/v1/passkeys/{step}"):
            await click(popup, "Passkey")
    await click(popup, "Passkey")


async def coming_back(on: Stage, visitor: Visitor) -> None:
    """Somebody whose session is still there, though its token is not."""
    on.privy.app.token_ttl = 20  # The SDK renews what has less than 30 s left.
    popup = await visitor.connects()
    await visitor.signs_in(popup, ALICE)
    await visitor.allows(popup)
    on.privy.down["POST /api/v1/sessions"] = REFUSE
    popup = await visitor.connects()
    async with away(on, popup, "POST /api/v1/sessions"):
        pass
    await click(popup, "Try again")
    await visitor.is_asked(popup, ALICE)
    await visitor.allows(popup)
