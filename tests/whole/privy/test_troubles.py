"""What stands in the way of a sign-in, what the page says about it, and that the person gets through afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.axe import needs_axe
from tests.browser.chromium import needs_chromium
from tests.judges.node import needs_judges
from tests.privy.apps import EmulatedApp
from tests.privy.faults import REFUSE, status
from tests.whole.privy.looks import keeps_nobody_out
from tests.whole.privy.stage import HOME, REFUSED, Visitor, click, stage, trouble
from tests.widgets.sign_in.visit import SHORT_PAUSES

pytestmark = [needs_judges, needs_chromium]

ALICE = "alice@example.com"
JWKS = "GET /api/v1/apps/*/jwks.json"
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError") } })"""


async def test_an_origin_that_the_app_does_not_allow_is_named_to_be_copied(tmp_path: Path) -> None:
    async with stage(tmp_path, app=EmulatedApp(allowed_origins=["https://elsewhere.example"])) as on:
        alice = await on.visitor()
        await alice.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=HOME)
        await alice.context.add_init_script(SHORT_PAUSES)
        popup = await alice.connects()
        await expect(trouble(popup, "origin_refused").locator("code")).to_have_text(HOME, timeout=20_000)
        await click(popup, "Copy")
        await expect(popup.get_by_role("status").filter(has_text="Copied")).to_be_visible()
        assert await popup.evaluate("navigator.clipboard.readText()") == HOME
        on.privy.app.allow(HOME)
        await click(popup, "Try again")
        await alice.signs_in(popup, ALICE)
        await alice.allows(popup)
        alice.no_complaints(*REFUSED)


async def test_what_the_app_or_the_person_does_not_want_can_be_done_another_way(tmp_path: Path) -> None:
    async with stage(tmp_path, app=EmulatedApp(allowed_origins=[HOME], code_ttl=60), method="none") as on:
        alice = await on.visitor()
        popup = await alice.connects()
        await click(popup, "Google")
        await popup.locator("#deny").click()
        await expect(trouble(popup, "denied")).to_contain_text("Google")
        assert popup.url == f"{HOME}/authorize/privy"
        on.privy.app.methods.remove("sms")
        await click(popup, "Use a phone number instead")
        await popup.get_by_label("Phone number").fill("+15550100199")
        await click(popup, "Send me a code")
        await expect(trouble(popup, "method_disabled")).to_be_visible()
        await click(popup, "Use an e-mail address instead")
        await alice.sends_code(popup, ALICE)
        wrong = f"{(int(on.privy.code_for(ALICE)) + 1) % 1_000_000:06}"
        await popup.get_by_label("Code of six digits").fill(wrong)
        await expect(trouble(popup, "code_wrong")).to_be_visible()
        on.passes(61)
        await alice.types_code(popup, ALICE)
        await expect(popup.get_by_label("Code of six digits")).to_have_value("")
        await expect(trouble(popup, "code_wrong")).to_be_visible()
        on.privy.app.sign_up = False
        await click(popup, "Use another address")
        await alice.sends_code(popup, ALICE)
        await alice.types_code(popup, ALICE)
        await expect(trouble(popup, "sign_up_closed")).to_be_visible()
        on.privy.app.sign_up = True
        await popup.close()

        # Begun again in ChatGPT after the popup was closed.
        popup = await alice.connects()
        await alice.signs_in(popup, ALICE)
        await alice.allows(popup)
        alice.no_complaints(*REFUSED)


async def test_a_browser_that_keeps_nothing_gets_in_by_email(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        alice = await on.visitor()
        await alice.context.add_init_script(f"if (location.origin === '{HOME}') {{ {NO_STORAGE} }}")
        popup = await alice.connects()
        await expect(trouble(popup, "storage_refused")).to_be_visible()
        await alice.signs_in(popup, ALICE)
        await alice.allows(popup)
        alice.no_complaints()


async def test_privy_out_of_reach_at_any_step_costs_the_person_one_more_try(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        steps = (loading, sending, verifying, leaving, coming_back)
        moments = asyncio.Barrier(len(steps) + 1)
        visitors = [await on.visitor() for _ in steps]
        async with asyncio.TaskGroup() as group:
            for number, (step, visitor) in enumerate(zip(steps, visitors, strict=True)):
                group.create_task(step(visitor, f"person-{number}@example.com", moments))
            await moments.wait()
            # All but Privy's part of the way back from Google.
            on.privy.down.update(dict.fromkeys(("GET /api/v1/apps/*", "POST /*", "OPTIONS /*"), REFUSE))
            await moments.wait()
            await moments.wait()
            on.privy.down.clear()
            await moments.wait()
        for visitor in visitors:
            visitor.no_complaints(*REFUSED)


# Each comes to its step, meets the outage there, and gets through after it.


async def loading(visitor: Visitor, email: str, moments: asyncio.Barrier) -> None:
    await moments.wait()
    await moments.wait()
    popup = await visitor.connects()
    await unreachable(popup, moments)
    await click(popup, "Try again")
    await visitor.signs_in(popup, email)
    await visitor.allows(popup)


async def sending(visitor: Visitor, email: str, moments: asyncio.Barrier) -> None:
    popup = await visitor.connects()
    field = popup.get_by_label("E-mail address")
    await field.fill(email)
    await moments.wait()
    await moments.wait()
    await click(popup, "Send me a code")
    await unreachable(popup, moments)
    await expect(field).to_have_value(email)
    await visitor.signs_in(popup, email)
    await visitor.allows(popup)


async def verifying(visitor: Visitor, email: str, moments: asyncio.Barrier) -> None:
    popup = await visitor.connects()
    await visitor.sends_code(popup, email)
    await moments.wait()
    await moments.wait()
    await visitor.types_code(popup, email)
    await unreachable(popup, moments)
    await visitor.types_code(popup, email)
    await visitor.is_asked(popup, email)
    await visitor.allows(popup)


async def leaving(visitor: Visitor, _: str, moments: asyncio.Barrier) -> None:
    popup = await visitor.connects()
    await popup.get_by_role("button", name="Google").wait_for()
    await moments.wait()
    await moments.wait()
    await click(popup, "Google")
    await unreachable(popup, moments)
    await click(popup, "Google")
    await popup.locator("#account-0").click()
    await visitor.is_asked(popup, "owner@example.com")
    await visitor.allows(popup)


async def coming_back(visitor: Visitor, email: str, moments: asyncio.Barrier) -> None:
    popup = await visitor.connects()
    await click(popup, "Google")
    account = popup.locator("#account-1")
    await account.wait_for()
    await moments.wait()
    await moments.wait()
    await account.click()
    await unreachable(popup, moments)
    await click(popup, "Try again")
    await visitor.signs_in(popup, email)
    await visitor.allows(popup)


async def unreachable(popup: Page, moments: asyncio.Barrier) -> None:
    """The page says that Privy is away; afterwards it no longer is."""
    await expect(trouble(popup, "privy_unreachable")).to_be_visible(timeout=20_000)
    await moments.wait()
    await moments.wait()


async def test_an_outage_behind_a_proxy_is_not_taken_for_a_refused_origin(tmp_path: Path) -> None:
    """Error pages of the network before Privy carry no CORS headers, so a page cannot read them either."""
    async with stage(tmp_path) as on:
        alice = await on.visitor()
        await alice.context.add_init_script(SHORT_PAUSES)
        popup = await alice.connects()
        await popup.get_by_label("E-mail address").fill(ALICE)
        on.privy.down["POST /api/v1/passwordless/init"] = status(502, readable=False)
        await click(popup, "Send me a code")
        await expect(popup.get_by_role("alert")).to_have_attribute("data-code", "privy_unreachable", timeout=20_000)


@needs_axe
async def test_what_homeport_cannot_check_is_said_and_tried_again_with_the_same_tokens(tmp_path: Path) -> None:
    async with stage(tmp_path, method="none") as on:
        alice = await on.visitor()

        # Privy signs with a new key, which Homeport cannot fetch; then it can.
        on.privy.rotate_keys()
        on.privy.down[JWKS] = REFUSE
        on.passes(61)
        popup = await alice.connects()
        await alice.sends_code(popup, ALICE)
        await alice.types_code(popup, ALICE)
        await expect(trouble(popup, "privy_unreachable")).to_contain_text("Homeport could not reach Privy")
        await keeps_nobody_out(popup, "privy-unreachable-from-homeport")
        del on.privy.down[JWKS]
        on.passes(61)
        await click(popup, "Try again")
        await alice.is_asked(popup, ALICE)
        await alice.allows(popup)

        # Known keys serve while Privy is away, for a week; not for ever.
        on.privy.down[JWKS] = REFUSE
        on.passes(6 * 86_400)
        popup = await alice.connects()
        # The browser's own clock stayed behind, and its session is over.
        await expect(trouble(popup, "clock_wrong")).to_be_visible()
        await click(popup, "Use another account")
        await alice.signs_in(popup, ALICE)
        await alice.allows(popup)
        on.passes(2 * 86_400)
        popup = await alice.connects()
        await expect(trouble(popup, "privy_unreachable")).to_be_visible()
        await click(popup, "Use another account")
        await alice.sends_code(popup, ALICE)
        await alice.types_code(popup, ALICE)
        await expect(trouble(popup, "privy_unreachable")).to_be_visible()
        del on.privy.down[JWKS]
        on.passes(61)
        await click(popup, "Try again")
        await alice.is_asked(popup, ALICE)
        await alice.allows(popup)
        # The session that ran out at Privy cannot be ended there.
        alice.no_complaints(*REFUSED, "Error destroying session")


@needs_axe
async def test_a_wrong_clock_of_homeports_computer_is_named(tmp_path: Path) -> None:
    async with stage(tmp_path, method="none") as on:
        alice = await on.visitor()
        on.watch.ahead = -200
        popup = await alice.connects()
        await alice.sends_code(popup, ALICE)
        await alice.types_code(popup, ALICE)
        await expect(trouble(popup, "clock_wrong")).to_contain_text("The clock of the computer that runs Homeport")
        await keeps_nobody_out(popup, "clock-wrong")
        on.watch.ahead = 0
        await click(popup, "Try again")
        await alice.is_asked(popup, ALICE)
        await alice.allows(popup)

        # Fast by two hours: what Privy has just signed looks as if it were over.
        on.watch.ahead = 7200
        popup = await alice.connects()
        await expect(trouble(popup, "clock_wrong")).to_contain_text("runs Homeport is ahead")
        await keeps_nobody_out(popup, "clock-ahead")
        on.watch.ahead = 0
        await click(popup, "Try again")
        await alice.is_asked(popup, ALICE)
        await alice.allows(popup)
        alice.no_complaints(*REFUSED)


@needs_axe
async def test_a_request_that_ended_meanwhile_is_begun_again_in_chatgpt(tmp_path: Path) -> None:
    async with stage(tmp_path, app=EmulatedApp(allowed_origins=[HOME], code_ttl=3600), method="none") as on:
        alice = await on.visitor()
        popup = await alice.connects()
        await alice.sends_code(popup, ALICE)
        on.passes(601)
        await alice.types_code(popup, ALICE)
        await expect(trouble(popup, "request_over")).to_be_visible()
        await expect(popup.get_by_text("You can close this window.")).to_be_visible()
        await popup.close()

        popup = await alice.connects()
        await alice.is_asked(popup, ALICE)
        on.passes(601)
        await click(popup, "Allow")
        await popup.get_by_role("heading", name="This page is over").wait_for()
        await keeps_nobody_out(popup, "error")
        await popup.close()

        popup = await alice.connects()
        await alice.is_asked(popup, ALICE)
        await alice.allows(popup)

        # A way back that began in no tab of this browser.
        lost = await alice.context.new_page()
        await lost.goto(f"{HOME}/authorize/privy?privy_oauth_code=a&privy_oauth_state=b&privy_oauth_provider=google")
        await expect(trouble(lost, "request_lost")).to_be_visible()
        assert lost.url == f"{HOME}/authorize/privy"
        alice.no_complaints(*REFUSED)
