"""What a person can do on the sign-in page when something is in the way, with a keyboard alone as well."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.chromium import needs_chromium
from tests.privy.apps import EmulatedApp
from tests.widgets.sign_in.states import (
    ELSEWHERE,
    homeport_says,
    no_wallets,
    storage_refused,
    wallet_says,
    wallet_waits,
)
from tests.widgets.sign_in.visit import ALICE, Visit, visiting
from tests.widgets.sign_in.wallet import NAME

pytestmark = needs_chromium

IN_ANOTHER_APP = "Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


async def tab_to(visit: Visit, role: str, name: str) -> None:
    """Press Tab until this has the focus, and see that the focus can be seen."""
    target = visit.page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _ in range(20):
        await visit.page.keyboard.press("Tab")
        if await target.evaluate("element => element === document.activeElement"):
            assert await target.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"Tab never comes to {name}")


async def test_a_keyboard_is_enough() -> None:
    async with visiting() as visit:
        await visit.open()
        await visit.page.get_by_label("E-mail address").wait_for()
        await tab_to(visit, "textbox", "E-mail address")
        await visit.page.keyboard.type(ALICE)
        await visit.page.keyboard.press("Enter")
        await expect(visit.page.get_by_label("Code of six digits")).to_be_focused()
        await visit.page.keyboard.type(visit.privy.code_for(ALICE))
        await visit.arrived()


async def test_every_way_is_in_reach_of_the_keyboard_and_none_loses_the_focus() -> None:
    async with visiting() as visit:
        await visit.open()
        await visit.page.get_by_label("E-mail address").wait_for()
        await visit.page.get_by_role("button", name="Passkey").wait_for()
        for name in ("Send me a code", "Use a phone number instead", "Google", "GitHub", "Passkey"):
            await tab_to(visit, "button", name)
        await visit.page.keyboard.press("Shift+Tab")
        await visit.page.keyboard.press("Enter")  # The wallets.
        await expect(visit.trouble("no_wallet")).to_be_visible()
        await expect(visit.page.get_by_role("region", name="Sign in")).to_be_focused()


async def test_a_phone_offers_the_code_and_digits_to_type_it() -> None:
    async with visiting() as visit:
        await visit.open()
        await visit.ask_for_code()
        code = visit.page.get_by_label("Code of six digits")
        await expect(code).to_have_attribute("autocomplete", "one-time-code")
        await expect(code).to_have_attribute("inputmode", "numeric")


async def test_a_new_code_can_be_had_after_half_a_minute() -> None:
    async with visiting() as visit:
        await visit.page.clock.install()
        await visit.open()
        await visit.ask_for_code()
        at_rest = visit.page.get_by_role("button", name="Send a new code in 30 s")
        await expect(at_rest).to_be_disabled()
        for _ in range(30):
            await visit.page.clock.run_for(1_000)
        await tab_to(visit, "button", "Send a new code")
        await visit.page.keyboard.press("Enter")
        await visit.privy.saw("POST /api/v1/passwordless/init", times=2)
        # Who pressed it is still there, and pressing it once more does nothing.
        await expect(at_rest).to_be_disabled()
        await expect(at_rest).to_be_focused()
        await visit.page.keyboard.press("Enter")
        await visit.page.clock.run_for(1_000)
        await expect(visit.page.get_by_role("button", name="Send a new code in 29 s")).to_be_focused()
        assert len(visit.privy.asked("POST /api/v1/passwordless/init")) == 2
        await visit.type_code(visit.privy.code_for(ALICE))
        await visit.arrived()


async def test_another_address_can_be_typed() -> None:
    async with visiting() as visit:
        await visit.open()
        await visit.ask_for_code("alcie@example.com")
        await visit.click("Use another address")
        await visit.fill_in(ALICE)


@pytest.mark.parametrize(
    ("code", "button"),
    [("blocked", "Use another account"), ("token_refused", "Sign in again"), ("token_expired", "Sign in again")],
)
async def test_after_a_refusal_of_the_account_another_can_be_used(code: str, button: str) -> None:
    async with visiting(EmulatedApp(token_ttl=50)) as visit:  # Nearly over, so that no clock need be wrong.
        await homeport_says(403, code, "No.", "Not you.")(visit)
        await expect(visit.trouble(code)).to_be_visible()
        await expect(visit.page.get_by_role("button", name="Try again")).to_have_count(0)
        await visit.click(button)
        await visit.privy.saw("POST /api/v1/sessions/logout")
        await visit.fill_in("bob@example.com")
        assert len(visit.home.posts) == 2


async def test_a_request_that_is_over_leaves_nothing_to_do_here() -> None:
    async with visiting() as visit:
        await homeport_says(410, "request_over", "Over.", "Begin again.")(visit)
        await expect(visit.trouble("request_over")).to_be_visible()
        await expect(visit.page.get_by_text("You can close this window.")).to_be_visible()
        await expect(visit.page.get_by_role("button")).to_have_count(0)
        await expect(visit.page.get_by_text("You decide on the next page")).to_be_hidden()


async def test_where_homeports_clock_is_ahead_the_same_sign_in_is_tried_again() -> None:
    async with visiting() as visit:
        await homeport_says(401, "token_expired", "This sign-in has expired.", "Sign in again.")(visit)
        await expect(visit.trouble("clock_wrong")).to_contain_text(
            "The clock of the computer that runs Homeport is ahead"
        )
        await visit.click("Try again")
        await visit.arrived()
        assert visit.home.posts[0] == visit.home.posts[1]


async def test_homeports_slow_clock_is_told_from_that_of_this_device() -> None:
    async with visiting() as visit:
        await visit.page.clock.install(time="2026-01-01T00:00:00Z")
        await homeport_says(401, "clock_wrong", "The clock is wrong.", "Set it.")(visit)
        await expect(visit.trouble("clock_wrong")).to_contain_text("The clock of this device is slow as well")


async def test_the_origin_to_allow_can_be_copied() -> None:
    async with visiting(EmulatedApp(allowed_origins=[ELSEWHERE], readable_refusals=True)) as visit:
        await visit.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=visit.home.origin)
        await visit.open()
        await visit.click("Copy")
        await expect(visit.page.get_by_role("status")).to_have_text("Copied")
        assert await visit.page.evaluate("navigator.clipboard.readText()") == visit.home.origin


async def test_the_page_works_after_the_origin_was_allowed() -> None:
    async with visiting(EmulatedApp(allowed_origins=[ELSEWHERE], readable_refusals=True)) as visit:
        await visit.open()
        await expect(visit.trouble("origin_refused")).to_be_visible()
        visit.privy.app.allow(visit.home.origin)
        await visit.click("Try again")
        await visit.fill_in(ALICE)


async def test_without_storage_email_works_and_redirects_are_named_with_the_reason() -> None:
    async with visiting() as visit:
        await storage_refused(visit)
        await expect(visit.trouble("storage_refused")).to_be_visible()
        await visit.page.get_by_text("Not possible here").click()
        await expect(visit.page.get_by_text("Google: this browser would forget the way back")).to_be_visible()
        await expect(visit.page.get_by_role("button", name="Google")).to_have_count(0)
        await visit.fill_in(ALICE)


async def test_google_is_not_offered_inside_another_app() -> None:
    async with visiting() as visit:
        devtools = await visit.context.new_cdp_session(visit.page)
        await devtools.send("Emulation.setUserAgentOverride", {"userAgent": IN_ANOTHER_APP})
        await visit.open()
        await visit.page.get_by_text("Not possible here").click()
        await expect(visit.page.get_by_text("Google: Google wants a browser")).to_be_visible()


async def test_a_wallet_that_never_answers_can_be_left_and_its_late_answer_does_not_count() -> None:
    async with visiting() as visit:
        await wallet_waits(visit)
        await visit.click("Choose another way")
        visit.wallet.answer()
        await visit.fill_in(ALICE)
        assert len(visit.home.posts) == 1


async def test_a_wallet_whose_window_was_closed_can_be_asked_again() -> None:
    async with visiting() as visit:
        await wallet_says(4001, "User rejected the request.")(visit)
        await expect(visit.trouble("wallet_refused")).to_contain_text("or closed its window")
        visit.wallet.refusal = None
        await visit.click("Wallet")
        await visit.click(NAME)
        await visit.arrived()


async def test_without_a_wallet_there_is_a_way_back() -> None:
    async with visiting() as visit:
        await no_wallets(visit)
        await visit.click("Choose another way")
        await visit.fill_in(ALICE)


async def test_a_reload_on_the_way_back_from_google_begins_again() -> None:
    async with visiting(keep_session=False) as visit:
        visit.home.answers = [(503, {"code": "privy_unreachable", "message": "Away.", "hint": ""})]
        await visit.open()
        await visit.click("Google")
        await visit.page.locator("#account-0").click()
        await expect(visit.trouble("privy_unreachable")).to_be_visible()
        await visit.page.reload()
        await visit.fill_in(ALICE)
