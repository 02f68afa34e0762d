"""Each way to sign in, from ChatGPT's Connect button to a tool call, without a word of complaint from the browser."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.axe import needs_axe
from tests.browser.chromium import needs_chromium
from tests.judges.node import needs_judges
from tests.privy.apps import EmulatedApp
from tests.privy.oauth import ProviderAccount
from tests.whole.privy.looks import keeps_nobody_out
from tests.whole.privy.stage import HOME, PHONE, Stage, Visitor, click, stage
from tests.widgets.sign_in.wallet import NAME, TestWallet

pytestmark = [needs_judges, needs_chromium]

ALICE = "alice@example.com"
CAROL = "carol@example.com"
NUMBER = "+15550100199"
PRIVYS_SIDE = Path(__file__).parents[2] / "privy" / "browser_page.js"


@needs_axe
async def test_every_way_in_ends_in_a_tool_call(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.privy.accounts["google"] = (ProviderAccount("g-1", email=CAROL, name="Carol"),)
        for way in (by_email, by_phone, by_google, by_wallet, by_passkey):
            visitor = await on.visitor()
            popup = await visitor.connects()
            await popup.get_by_label("E-mail address").wait_for()
            who = await way(on, visitor, popup)
            await visitor.is_asked(popup, who)
            await visitor.allows(popup)
            visitor.no_complaints()
            await visitor.context.close()
        people = await on.engine.people()
        assert [person.email for person in people if person.email] == [ALICE, CAROL]
        assert len(people) == len(await on.engine.grants()) == 5


async def by_email(on: Stage, alice: Visitor, popup: Page) -> str:
    await keeps_nobody_out(popup, "choosing")
    await alice.sends_code(popup, ALICE)
    await keeps_nobody_out(popup, "code")
    await alice.types_code(popup, ALICE)
    await alice.is_asked(popup, ALICE)
    await keeps_nobody_out(popup, "consent")
    return ALICE


async def by_phone(on: Stage, visitor: Visitor, popup: Page) -> str:
    await popup.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await click(popup, "Use a phone number instead")
    await popup.get_by_label("Phone number").fill("+1 555 010 0199")
    await click(popup, "Send me a code")
    await popup.get_by_label("Code of six digits").wait_for()
    await visitor.types_code(popup, NUMBER)
    await popup.get_by_role("heading", name="Allow ChatGPT").wait_for()
    await keeps_nobody_out(popup, "consent-without-email")
    return account(on)


async def by_google(on: Stage, _: Visitor, popup: Page) -> str:
    await click(popup, "Google")
    await popup.locator("#account-0").click()
    return CAROL


async def by_wallet(on: Stage, visitor: Visitor, popup: Page) -> str:
    await TestWallet().install(visitor.context)
    await popup.reload()
    await click(popup, "Wallet")
    await click(popup, NAME)
    await popup.get_by_role("heading", name="Allow ChatGPT").wait_for()
    return account(on)


async def by_passkey(on: Stage, visitor: Visitor, popup: Page) -> str:
    await make_passkey(on, visitor, popup)
    await click(popup, "Passkey")
    await popup.get_by_role("heading", name="Allow ChatGPT").wait_for()
    return account(on)


async def make_passkey(on: Stage, visitor: Visitor, popup: Page) -> None:
    """Give the browser a passkey of the app's, made on the app's own site as far as this page is concerned."""
    devtools = await visitor.context.new_cdp_session(popup)
    await devtools.send("WebAuthn.enable")
    authenticator = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**authenticator, "isUserVerified": True}})
    script = f"const APP_ID = '{on.privy.app.app_id}'\n{PRIVYS_SIDE.read_text(encoding='utf-8')}"
    made = f"(async () => {{ {script}\nreturn ask('POST', '/passkeys/register', await register()) }})()"
    assert (await popup.evaluate(made))["status"] == 200


def account(on: Stage) -> str:
    """What the page calls whoever signed in last and has no e-mail."""
    return f"Privy account …{on.privy.sessions.latest.user.id[-6:]}"


async def test_a_keyboard_is_enough(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        alice = await on.visitor()
        popup = await alice.connects()
        keys = popup.keyboard
        await popup.get_by_label("E-mail address").wait_for()
        await tab_to(popup, "E-mail address")
        await keys.type(ALICE)
        await keys.press("Enter")
        await expect(popup.get_by_label("Code of six digits")).to_be_focused()
        await keys.type(on.privy.code_for(ALICE))
        await alice.is_asked(popup, ALICE)
        await tab_to(popup, "Use another account")
        await keys.press("Enter")
        await popup.get_by_label("E-mail address").wait_for()
        await tab_to(popup, "E-mail address")
        await keys.type(CAROL)
        await keys.press("Enter")
        await expect(popup.get_by_label("Code of six digits")).to_be_focused()
        await keys.type(on.privy.code_for(CAROL))
        await alice.is_asked(popup, CAROL)
        await tab_to(popup, "Allow")
        await keys.press("Enter")
        await alice.judge.ask("callback", url=await alice.callback())
        await alice.judge.ask("call", tool="get-items")
        alice.no_complaints()


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus, and see that the focus can be seen."""
    for _ in range(25):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if await focused.count() and name in (await focused.inner_text(), await label_of(page)):
            assert await focused.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"Tab never comes to {name}")


async def label_of(page: Page) -> str:
    """The label of the field that has the focus."""
    return str(await page.evaluate("document.activeElement.labels?.[0]?.innerText ?? ''"))


async def test_with_a_captcha_before_each_way(tmp_path: Path) -> None:
    app = EmulatedApp(allowed_origins=[HOME], captcha="turnstile")
    async with stage(tmp_path, app=app) as on:
        on.privy.accounts["google"] = (ProviderAccount("g-1", email=CAROL),)
        for way in (with_code, by_google):
            visitor = await on.visitor()
            popup = await visitor.connects()
            await visitor.is_asked(popup, await way(on, visitor, popup))
            await visitor.allows(popup)
            # The widget is taken away as soon as it has given its token.
            visitor.no_complaints("challenges.cloudflare.com")


async def with_code(_: Stage, alice: Visitor, popup: Page) -> str:
    await alice.signs_in(popup, ALICE)
    return ALICE
