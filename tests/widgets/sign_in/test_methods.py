"""Which ways to sign in the page shows: those that are on in the app and work here, and the others with the reason."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from homeport.people.privy_config import PrivyAppConfig
from homeport.people.privy_setup import check_setup
from tests.browser.chromium import needs_chromium
from tests.privy.apps import ELSEWHERE_ONLY, OAUTH_PROVIDERS, EmulatedApp
from tests.privy.faults import REFUSE, status
from tests.privy.oauth import provider_host
from tests.widgets.sign_in.states import EVERY_METHOD
from tests.widgets.sign_in.visit import Visit, visiting

pytestmark = needs_chromium

CLUB = "custom:club"
LABELS = {
    "google": "Google", "apple": "Apple", "github": "GitHub", "discord": "Discord", "twitter": "X (Twitter)",
    "linkedin": "LinkedIn", "spotify": "Spotify", "instagram": "Instagram", "tiktok": "TikTok", "line": "LINE",
    "twitch": "Twitch", "telegram": "Telegram", CLUB: "The Club", "wallet": "Wallet", "passkey": "Passkey",
}  # fmt: skip
IN_WORDS = {"email": "E-mail", "sms": "Phone", "solana-wallet": "Solana wallet", "farcaster": "Farcaster",
            "telegram-bot": "Telegram (bot)", "guest": "Guest", "custom-jwt": "Own tokens of the app"}  # fmt: skip
PASSKEY_INIT = "POST /api/v1/passkeys/authenticate/init"
READY = ".ways, form.ask, [role=alert]"


async def shown(visit: Visit) -> list[str]:
    """The ways to sign in that can be taken, in their order, once the page knows all of them."""
    ready = visit.page.locator(READY).first
    if "passkey" in visit.privy.app.methods and visit.privy.app.captcha == "off":
        asked = len(visit.privy.asked(PASSKEY_INIT))
        await visit.open()
        await visit.privy.saw(PASSKEY_INIT, times=asked + 1)
        passkey = visit.page.get_by_role("button", name="Passkey", exact=True)
        await expect(passkey.or_(visit.page.get_by_text("Not possible here")).first).to_be_visible()
    else:
        await visit.open()
    await expect(ready).to_be_visible()
    forms = [("email", "E-mail address"), ("sms", "Phone number")]
    ways = [name for name, label in forms if await visit.page.get_by_label(label).count()]
    for name, label in forms:
        switch = re.compile(f"Use an? {label} instead", re.IGNORECASE)
        ways += [name] * await visit.page.get_by_role("button", name=switch).count()
    return ways + await visit.page.locator(".ways button").all_inner_texts()


async def reasons(visit: Visit) -> list[str]:
    """What the page says is not possible on it."""
    lines = await visit.page.locator("details li").all_text_contents()
    if await (stopped := visit.trouble("no_methods").locator("strong")).count():
        lines = (await stopped.inner_text()).split(".")[1:]
    return [line.strip().partition(": ")[0] for line in lines if ": " in line]


async def test_each_provider_is_the_only_way_where_the_app_has_only_it_and_leads_to_it() -> None:
    async with visiting() as visit:
        for provider in (*OAUTH_PROVIDERS, CLUB):
            app = visit.privy.app
            app.methods, app.custom_oauth = {provider} - {CLUB}, {CLUB: "The Club"} if provider == CLUB else {}
            assert await shown(visit) == [LABELS[provider]]
            await visit.click(LABELS[provider])
            await visit.page.wait_for_url(f"https://{provider_host(provider)}/**", wait_until="commit")
            body = visit.privy.asked("POST /api/v1/oauth/init")[-1].request.body
            assert f'"provider":"{provider}"' in body.decode()


@pytest.mark.parametrize(
    ("methods", "custom", "ways"),
    [
        ({"sms", "wallet", "apple", "telegram"}, {}, ["sms", "Apple", "Telegram", "Wallet"]),
        (EVERY_METHOD, {CLUB: "The Club"}, ["email", "sms", *LABELS.values()]),
        ({"email"}, {}, ["email"]),
        ({"wallet", "passkey"}, {}, ["Wallet", "Passkey"]),
        ({"passkey"}, {}, ["Passkey"]),
    ],
    ids=["some", "all", "e-mail", "wallet and passkey", "passkey"],
)
async def test_an_apps_ways_are_those_that_are_on_in_it_and_no_others(
    methods: set[str], custom: dict[str, str], ways: list[str]
) -> None:
    async with visiting(EmulatedApp(methods=set(methods), custom_oauth=custom)) as visit:
        assert await shown(visit) == ways
        assert await reasons(visit) == []


@pytest.mark.parametrize(
    ("methods", "captcha"),
    [
        ({"email", "google", "passkey", *ELSEWHERE_ONLY}, "off"),
        ({"passkey"}, "off"),
        ({"farcaster", "guest"}, "off"),
        (EVERY_METHOD, "turnstile"),
        (EVERY_METHOD, "hcaptcha"),
        ({"email", "passkey"}, "hcaptcha"),
        (set(), "off"),
    ],
    ids=["much", "passkey", "nothing here", "turnstile", "hcaptcha", "hcaptcha without wallet", "nothing"],
)
async def test_the_check_of_the_app_and_the_page_say_the_same(methods: set[str], captcha: str) -> None:
    app = EmulatedApp(methods=set(methods), captcha=captcha)  # type: ignore[arg-type]
    async with visiting(app, knows_captcha=True) as visit:
        on_page = await shown(visit)
        config = PrivyAppConfig.parse(app.configuration("", None), app.app_id)
        setup = check_setup(config, visit.home.origin)
        called = {**LABELS, **IN_WORDS, "email": "email", "sms": "sms"}
        assert on_page == [called[method.name] for method in setup.methods if method.offered]
        called = {**LABELS, **IN_WORDS}
        assert sorted(await reasons(visit)) == sorted(called[m.name] for m in setup.methods if not m.offered)
        assert setup.ok is bool(on_page)
        await expect(visit.trouble("no_methods")).to_have_count(0 if setup.ok else 1)


async def test_a_passkey_is_shown_only_after_privy_said_that_it_works_here() -> None:
    async with visiting(EmulatedApp(methods={"email", "passkey"})) as visit:
        held = []
        await visit.page.route("**/passkeys/authenticate/init", lambda route: held.append(route))
        async with visit.page.expect_request("**/passkeys/authenticate/init"):
            await visit.open()
        await expect(visit.page.get_by_label("E-mail address")).to_be_visible()
        passkey = visit.page.get_by_role("button", name="Passkey")
        await expect(passkey).to_have_count(0)
        await held[0].continue_()
        await expect(passkey).to_be_visible()


@pytest.mark.parametrize("fault", [REFUSE, status(429)], ids=["away", "too many"])
async def test_a_passkey_of_which_privy_says_nothing_just_now_can_be_tried(fault: object) -> None:
    async with visiting(EmulatedApp(methods={"passkey"})) as visit:
        visit.privy.down[PASSKEY_INIT] = fault  # type: ignore[assignment]
        await visit.hurry()
        await visit.open()
        await expect(visit.page.get_by_role("button", name="Passkey")).to_be_visible(timeout=20_000)
