"""Every state that the sign-in page can be in, and how a person gets there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import expect

from tests.privy.apps import ELSEWHERE_ONLY, EmulatedApp
from tests.privy.errors import Refused
from tests.privy.faults import GARBAGE, REFUSE, Fault, status
from tests.widgets.sign_in.visit import ALICE, Visit
from tests.widgets.sign_in.wallet import NAME

ELSEWHERE = "https://elsewhere.example"
HOST = "home.example"
POLICY = ("Content Security Policy", "violates the document's")


@dataclass(frozen=True, slots=True)
class State:
    come: Callable[[Visit], Awaitable[None]]
    shows: str
    """The code of the trouble, or a text, that is there when the page has come to this state."""
    app: Callable[[], EmulatedApp] = EmulatedApp
    told: dict[str, Any] = field(default_factory=dict)
    harmless: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    async def reach(self, visit: Visit) -> None:
        await self.come(visit)
        shown = visit.page.get_by_text(self.shows) if " " in self.shows else visit.trouble(self.shows)
        await expect(shown.first).to_be_visible(timeout=20_000)


async def opened(visit: Visit) -> None:
    await visit.open()


async def starting(visit: Visit) -> None:
    await visit.page.route("**/api/v1/apps/*", lambda _: None)  # An answer that never comes.
    await visit.open()


async def impossible_shown(visit: Visit) -> None:
    await visit.open()
    await visit.page.get_by_text("Not possible here").click()


async def phone_form(visit: Visit) -> None:
    await visit.open()
    await visit.click("Use a phone number instead")


async def phone_wrong(visit: Visit) -> None:
    await phone_form(visit)
    await visit.page.get_by_label("Phone number").fill("555 0100")
    await visit.click("Send me a code")


async def asked(visit: Visit) -> None:
    await visit.open()
    await visit.ask_for_code()


async def asked_with_plus(visit: Visit) -> None:
    await visit.open()
    await visit.ask_for_code("alice+home@example.com")


async def code_typed_wrong(visit: Visit) -> None:
    await asked(visit)
    await visit.page.get_by_label("Code of six digits").wait_for()
    await visit.type_code(f"{(int(visit.privy.code_for(ALICE)) + 1) % 1_000_000:06}")


async def code_typed(visit: Visit) -> None:
    await asked(visit)
    await visit.page.get_by_label("Code of six digits").wait_for()
    await visit.type_code(visit.privy.code_for(ALICE))


async def wallets(visit: Visit) -> None:
    await visit.wallet.install(visit.context)
    await no_wallets(visit)


async def no_wallets(visit: Visit) -> None:
    await visit.open()
    await visit.click("Wallet")


async def wallet_waits(visit: Visit) -> None:
    visit.wallet.silent = True
    await wallets(visit)
    await visit.click(NAME)


def wallet_says(code: int, message: str) -> Callable[[Visit], Awaitable[None]]:
    async def come(visit: Visit) -> None:
        visit.wallet.refusal = (code, message)
        await wallets(visit)
        await visit.click(NAME)

    return come


async def signed_with_another_key(visit: Visit) -> None:
    visit.wallet.false_key = True
    await wallets(visit)
    await visit.click(NAME)


async def google_denied(visit: Visit) -> None:
    await visit.open()
    await visit.click("Google")
    await visit.page.locator("#deny").click()


async def came_back_twice(visit: Visit) -> None:
    await visit.open()
    await visit.page.get_by_label("E-mail address").wait_for()
    await visit.page.goto(f"{visit.home.origin}/authorize/privy?privy_oauth_code=a&privy_oauth_state=b")


async def came_back_from_nowhere(visit: Visit) -> None:
    await visit.page.goto(f"{visit.home.origin}/authorize/privy?privy_oauth_code=a&privy_oauth_state=b")


async def leaving(visit: Visit) -> None:
    await visit.page.route("**/oauth/init", lambda _: None)
    await visit.open()
    await visit.click("Google")


async def method_gone(visit: Visit) -> None:
    await visit.open()
    await visit.page.get_by_label("E-mail address").wait_for()
    visit.privy.app.methods.remove("email")
    await visit.ask_for_code()


async def address_refused(visit: Visit) -> None:
    await visit.open()
    await visit.ask_for_code("alice@localhost")


async def refused_without_a_code(visit: Visit) -> None:
    visit.privy.down["POST /api/v1/passwordless/init"] = status(403)
    await asked(visit)


async def suspended_at_google(visit: Visit) -> None:
    refusal = Refused(403, "oauth_account_suspended", "The account is suspended")
    visit.privy.down["POST /api/v1/oauth/authenticate"] = Fault(refusal.answer())
    await visit.open()
    await visit.click("Google")
    await visit.page.locator("#account-0").click()


async def too_many(visit: Visit) -> None:
    visit.privy.down["POST /api/v1/passwordless/init"] = status(429)
    await asked(visit)


async def opened_in_a_hurry(visit: Visit) -> None:
    await visit.hurry()
    await visit.open()


async def down(visit: Visit) -> None:
    visit.privy.down["auth.privy.io"] = REFUSE
    await opened_in_a_hurry(visit)


async def garbage(visit: Visit) -> None:
    visit.privy.down["GET /api/v1/apps/*"] = GARBAGE
    await visit.open()


async def app_unknown(visit: Visit) -> None:
    cors = {"access-control-allow-origin": visit.home.origin, "access-control-allow-credentials": "true"}
    refusal = {"error": "Invalid Privy app ID", "code": "missing_or_invalid_privy_app_id"}
    await visit.page.route("**/api/v1/apps/*", lambda route: route.fulfill(status=401, json=refusal, headers=cors))
    await visit.open()


async def storage_refused(visit: Visit) -> None:
    await visit.context.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"])
             Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError") } })"""
    )
    await visit.open()


async def captcha_fails(visit: Visit) -> None:
    visit.privy.captcha_passes = False
    await asked(visit)


async def captcha_away(visit: Visit) -> None:
    visit.privy.down["challenges.cloudflare.com"] = REFUSE
    await asked(visit)


async def captcha_waits(visit: Visit) -> None:
    """The check does not end, as when it wants a click."""
    await visit.page.route(re.compile(r"challenges\.cloudflare\.com/(?!turnstile/v0/api\.js)"), lambda _: None)
    await asked(visit)


async def unencrypted(visit: Visit) -> None:
    visit.home.origin = f"http://{HOST}"
    await visit.open()


async def with_authenticator(visit: Visit) -> None:
    devtools = await visit.context.new_cdp_session(visit.page)
    await devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "isUserVerified": True}})


async def no_passkey(visit: Visit) -> None:
    await with_authenticator(visit)
    await passkey_clicked(visit)


async def passkey_of_another_app(visit: Visit) -> None:
    """Made at this address, but not for Privy."""
    await with_authenticator(visit)
    await visit.open()
    await visit.page.evaluate(
        """() => navigator.credentials.create({ publicKey: {
          challenge: new Uint8Array(32), rp: { name: "Another" },
          pubKeyCredParams: [{ alg: -7, type: "public-key" }, { alg: -257, type: "public-key" }],
          user: { id: new Uint8Array(16), name: "alice", displayName: "Alice" },
          authenticatorSelection: { residentKey: "required" } } }).then(() => null)"""
    )
    await visit.click("Passkey")


async def passkey_clicked(visit: Visit) -> None:
    await visit.open()
    await visit.click("Passkey")


async def passkey_refused_by_the_browser(visit: Visit) -> None:
    await visit.context.add_init_script(
        """if ("credentials" in navigator)
             navigator.credentials.get = () => Promise.reject(new DOMException("Not here.", "SecurityError"))"""
    )
    await passkey_clicked(visit)


async def passkeys_refused_by_privy(visit: Visit) -> None:
    visit.privy.down["POST /api/v1/passkeys/authenticate/init"] = status(403)
    await impossible_shown(visit)


def homeport_says(answer: int, code: str, message: str, hint: str) -> Callable[[Visit], Awaitable[None]]:
    async def come(visit: Visit) -> None:
        visit.home.answers = [(answer, {"code": code, "message": message, "hint": hint})]
        await code_typed(visit)

    return come


async def homeport_is_away(visit: Visit) -> None:
    visit.home.answers = [(502, "<h1>Bad gateway</h1>")]
    await code_typed(visit)


def app(**knobs: Any) -> Callable[[], EmulatedApp]:
    return lambda: EmulatedApp(**knobs)


EVERY_METHOD = {
    "email", "sms", "wallet", "passkey", "google", "discord", "twitter", "github", "spotify", "instagram", "tiktok",
    "linkedin", "apple", "line", "twitch", "telegram",
}  # fmt: skip

STATES: dict[str, State] = {
    "starting": State(starting, "This takes longer"),
    "choosing": State(opened, "Send me a code"),
    "choosing-among-all": State(
        opened, "Send me a code", app(methods=EVERY_METHOD, custom_oauth={"custom:club": "The Club of Long Names " * 3})
    ),
    "only-wallet": State(opened, "for Recipes", app(methods={"wallet"})),
    "only-email": State(opened, "Send me a code", app(methods={"email"})),
    "not-possible": State(impossible_shown, "needs hCaptcha", app(captcha="hcaptcha")),
    "not-possible-anywhere-but-there": State(
        impossible_shown, "Ethereum wallets only", app(methods={"email", *ELSEWHERE_ONLY})
    ),
    "phone": State(phone_form, "with country code"),
    "phone-invalid": State(phone_wrong, "phone_invalid"),
    "code": State(asked, "We sent a code"),
    "code-wrong": State(code_typed_wrong, "code_wrong"),
    "captcha": State(captcha_waits, "Sending a code", app(captcha="turnstile"), {"knows_captcha": True}),
    "captcha-refused": State(captcha_fails, "captcha_refused", app(captcha="turnstile"), {"knows_captcha": True}),
    "captcha-unloaded": State(captcha_away, "captcha_unloaded", app(captcha="turnstile"), {"knows_captcha": True}),
    "captcha-blocked": State(asked, "captcha_blocked", app(captcha="turnstile"), harmless=POLICY),
    "wallets": State(wallets, NAME),
    "no-wallet": State(no_wallets, "no_wallet"),
    "wallet-waits": State(wallet_waits, f"Answer in {NAME}"),
    "wallet-refused": State(wallet_says(4001, "User rejected the request."), "wallet_refused"),
    "wallet-busy": State(wallet_says(-32002, "Already processing eth_requestAccounts."), "wallet_busy"),
    "wallet-failed": State(wallet_says(4900, "The provider is disconnected."), "wallet_failed"),
    "signature-refused": State(signed_with_another_key, "signature_refused"),
    "passkey-refused": State(no_passkey, "passkey_refused"),
    "passkey-unknown": State(passkey_of_another_app, "passkey_unknown"),
    "passkey-elsewhere": State(impossible_shown, "made for other.example", app(passkey_domain="other.example")),
    "passkey-elsewhere-with-captcha": State(
        passkey_clicked,
        "passkey_elsewhere",
        app(passkey_domain="other.example", captcha="turnstile"),
        {"knows_captcha": True},
    ),
    "passkey-refused-by-browser": State(passkey_refused_by_the_browser, "passkey_elsewhere"),
    "passkey-refused-by-app": State(passkeys_refused_by_privy, "Privy allows none here"),
    "only-passkey-elsewhere": State(
        opened, "Passkey: made for other.example", app(methods={"passkey"}, passkey_domain="other.example")
    ),
    "going": State(leaving, "Going to Google"),
    "denied": State(google_denied, "denied"),
    "redirect-mismatch": State(came_back_twice, "redirect_mismatch"),
    "request-lost": State(came_back_from_nowhere, "request_lost"),
    "origin-refused": State(
        opened_in_a_hurry, "origin_refused", app(allowed_origins=[ELSEWHERE]), harmless=("CORS policy",)
    ),
    "origin-refused-readably": State(
        opened, "origin_refused", app(allowed_origins=[ELSEWHERE], readable_refusals=True)
    ),
    "app-unknown": State(app_unknown, "app_unknown"),
    "client-unknown": State(opened, "client_unknown", told={"client_id": "nobody"}),
    "cookie-mode": State(opened, "cookie_mode", app(custom_api_url="https://privy.elsewhere.example"), harmless=POLICY),
    "method-disabled": State(method_gone, "method_disabled"),
    "no-methods": State(opened, "no_methods", app(methods=set())),
    "allowlist": State(asked, "allowlist", app(allowlist={"bob@example.com"})),
    "sign-up-closed": State(code_typed, "sign_up_closed", app(sign_up=False)),
    "plus-address": State(asked_with_plus, "plus_address", app(plus_emails=False)),
    "address-invalid": State(address_refused, "address_invalid"),
    "privy-failed": State(refused_without_a_code, "privy_failed"),
    "account-suspended": State(suspended_at_google, "account_suspended"),
    "too-many-tries": State(too_many, "too_many_tries"),
    "privy-unreachable": State(down, "privy_unreachable"),
    "privy-garbage": State(garbage, "privy_unreachable"),
    "policy-blocked": State(opened_in_a_hurry, "policy_blocked", told={"privy": ELSEWHERE}, harmless=POLICY),
    "storage-refused": State(storage_refused, "storage_refused"),
    "insecure-context": State(unencrypted, "insecure_context", places=(HOST,)),
    "token-refused": State(
        homeport_says(401, "token_refused", "Privy’s token was not accepted.", "Sign in again."), "token_refused"
    ),
    "token-expired": State(
        homeport_says(401, "token_expired", "This sign-in has expired.", "Sign in again."),
        "token_expired",
        app(token_ttl=50),
    ),
    "clock-ahead": State(
        homeport_says(401, "token_expired", "This sign-in has expired.", "Sign in again."), "clock_wrong"
    ),
    "clock-wrong": State(
        homeport_says(401, "clock_wrong", "The clock of Homeport’s computer is wrong.", "Set it."), "clock_wrong"
    ),
    "privy-unreachable-there": State(
        homeport_says(503, "privy_unreachable", "Homeport cannot reach Privy.", "Try again in a minute."),
        "privy_unreachable",
    ),
    "not-admitted": State(
        homeport_says(403, "not_admitted", f"{ALICE} may not enter here.", "Ask the owner to invite you."),
        "not_admitted",
    ),
    "blocked": State(homeport_says(403, "blocked", "You were blocked here.", "Ask the owner."), "blocked"),
    "request-over": State(
        homeport_says(410, "request_over", "This request is over.", "Go back to ChatGPT and connect again."),
        "request_over",
    ),
    "not-your-browser": State(
        homeport_says(403, "not_your_browser", "This request began in another browser.", "Begin again there."),
        "not_your_browser",
    ),
    "unreachable": State(homeport_is_away, "unreachable"),
}
