"""The emulator in a real browser: CORS, the provider's page, Turnstile under a strict policy, and passkeys."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.chromium import chromium_window, needs_chromium
from tests.judges.tls import Authority, read_request
from tests.privy.apps import EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.visitors import HOME

pytestmark = needs_chromium

POLICY = (
    "default-src 'none'; script-src 'self' https://challenges.cloudflare.com; connect-src https://auth.privy.io; "
    "frame-src https://challenges.cloudflare.com"
)
SCRIPT = Path(__file__).with_name("browser_page.js").read_text(encoding="utf-8")
BODY = {"email": "owner@example.com"}


@asynccontextmanager
async def page_at_home(privy: PrivyEmulator, tmp_path: Path, *, extra: str = "") -> AsyncIterator[Page]:
    """A page of HOME with Privy's endpoints at hand; `extra` is more of its script."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            kind, body = (
                "text/html",
                "<!doctype html><title>Home</title><script src=/page.js></script><div id=place></div>",
            )
            if request.target == "/page.js":
                kind, body = "text/javascript", f"const APP_ID = '{privy.app.app_id}'\n{SCRIPT}\n{extra}"
            head = [
                "HTTP/1.1 200 OK",
                f"content-type: {kind}; charset=utf-8",
                f"content-length: {len(body.encode())}",
                f"content-security-policy: {POLICY}",
            ]
            writer.write("\r\n".join([*head, "", body]).encode())
            await writer.drain()

    async with (
        Authority(tmp_path).place("home.example", answer) as home,
        chromium_window(*privy.chromium_args(home)) as window,
    ):
        page = await window.new_page()
        await page.goto(HOME)
        yield page


async def ask(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = await page.evaluate("([...asked]) => ask(...asked)", [method, path, body])
    return answer


async def test_an_allowed_page_reads_answers_and_a_refused_one_only_learns_that_fetching_failed(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy, page_at_home(privy, tmp_path) as page:
        assert (await ask(page, "GET", f"/apps/{privy.app.app_id}"))["body"]["name"] == "Recipes"
        assert await ask(page, "POST", "/passwordless/init", BODY) == {"status": 200, "body": {"success": True}}
        privy.app.allowed_origins[:] = ["https://other.example"]
        assert await ask(page, "POST", "/passwordless/init", BODY) == {"failed": "TypeError: Failed to fetch"}
        privy.app.readable_refusals = True
        assert (await ask(page, "POST", "/passwordless/init", BODY))["body"]["code"] == "invalid_origin"


async def test_the_providers_page_leads_back_home(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy, page_at_home(privy, tmp_path) as page:
        init = {"provider": "google", "redirect_to": f"{HOME}/back", "code_challenge": "c" * 43, "state_code": "s" * 48}
        url = (await ask(page, "POST", "/oauth/init", init))["body"]["url"]
        await page.goto(url)
        assert page.url.startswith("https://accounts.google.com/")
        await page.locator("#account-1").click()
        await page.wait_for_url(f"{HOME}/back?privy_oauth_state=*")
        url = (await ask(page, "POST", "/oauth/init", init))["body"]["url"]
        await page.goto(url)
        await page.locator("#deny").click()
        await page.wait_for_url("**privy_oauth_code=error")


TURNSTILE = """
const script = document.createElement('script')
script.src = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit'
script.onload = () => turnstile.render('#place', {
  sitekey: SITE_KEY,
  callback: token => document.title = `token ${token}`,
  'error-callback': code => document.title = `error ${code}`,
})
addEventListener('DOMContentLoaded', () => document.head.append(script))
"""


async def test_turnstile_gives_a_token_that_privy_takes_once(tmp_path: Path) -> None:
    app = EmulatedApp(captcha="turnstile")
    script = TURNSTILE.replace("SITE_KEY", f"'{app.captcha_site_key}'")
    async with PrivyEmulator(app) as privy, page_at_home(privy, tmp_path, extra=script) as page:
        await expect(page).to_have_title(re.compile(r"^token 0\..{20}"))
        body = {**BODY, "token": (await page.title()).removeprefix("token ")}
        assert (await ask(page, "POST", "/passwordless/init", body))["status"] == 200
        assert (await ask(page, "POST", "/passwordless/init", body))["body"]["code"] == "invalid_captcha"
        privy.captcha_passes = False
        await page.reload()
        await expect(page).to_have_title("error 300010")
        app.captcha_site_key = "0xANOTHER"
        await page.reload()
        await expect(page).to_have_title("error 400020")


async def test_a_passkey_signs_up_and_in_and_is_really_verified(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy, page_at_home(privy, tmp_path) as page:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        authenticator = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})

        registration = await page.evaluate("register()")
        signed_up = await ask(page, "POST", "/passkeys/register", registration)
        assert signed_up["body"]["user"]["linked_accounts"][0]["type"] == "passkey", signed_up
        again = await ask(page, "POST", "/passkeys/register", registration)
        assert again["body"]["code"] == "invalid_credentials"

        assertion = await page.evaluate("authenticate()")
        signed_in = await ask(page, "POST", "/passkeys/authenticate", assertion)
        assert signed_in["body"]["user"]["id"] == signed_up["body"]["user"]["id"]
        assert not signed_in["body"]["is_new_user"]
        again = await ask(page, "POST", "/passkeys/authenticate", assertion)
        assert again["body"]["code"] == "invalid_credentials"

        forged = await page.evaluate("authenticate()")
        response = forged["authenticator_response"]["response"]
        response["signature"] = registration["authenticator_response"]["response"]["client_data_json"]
        refused = await ask(page, "POST", "/passkeys/authenticate", forged)
        assert (refused["status"], refused["body"]["code"]) == (401, "invalid_credentials")

        elsewhere = {"relying_party": "https://other.example"}
        refused = await ask(page, "POST", "/passkeys/authenticate/init", elsewhere)
        assert (refused["status"], refused["body"]["code"]) == (403, "invalid_origin")
        mistaken = {**await page.evaluate("authenticate()"), "challenge": "another"}
        refused = await ask(page, "POST", "/passkeys/authenticate", mistaken)
        assert (refused["status"], refused["body"]["code"]) == (401, "invalid_credentials")

        privy.tenant().passkeys.clear()
        unknown = await ask(page, "POST", "/passkeys/authenticate", await page.evaluate("authenticate()"))
        assert unknown["body"]["code"] == "passkey_not_registered"
