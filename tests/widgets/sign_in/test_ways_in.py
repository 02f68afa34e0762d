"""Signing in on the page, each way to its end, in a real Chromium against the emulated Privy."""

from __future__ import annotations

import asyncio

import jwt
import pytest
from playwright.async_api import expect

from tests.browser.chromium import needs_chromium
from tests.privy.apps import AppClient, EmulatedApp
from tests.privy.faults import status
from tests.privy.oauth import ProviderAccount
from tests.widgets.sign_in.visit import ALICE, NUMBER, Visit, visiting
from tests.widgets.sign_in.wallet import NAME

pytestmark = needs_chromium

PRIVY = "https://auth.privy.io/"


async def person_of(visit: Visit) -> str:
    """Whose tokens the server was given last; they are as Privy signs them."""
    tokens = await visit.home.tokens()
    claims = jwt.decode(tokens["token"], options={"verify_signature": False})
    assert claims["aud"] == visit.privy.app.app_id
    return str(claims["sub"])


def requests_to_privy(visit: Visit) -> list[str]:
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url) if request.url.startswith(PRIVY) else None)
    return asked


async def test_with_a_code_sent_by_email() -> None:
    async with visiting() as visit:
        await visit.sign_in()
        assert await person_of(visit) == visit.privy.sign_in(ALICE).did
        assert set(visit.home.posts[0]) == {"token", "identity_token"}


async def test_without_identity_tokens_only_the_app_token_is_handed_over() -> None:
    async with visiting(EmulatedApp(identity_tokens=False)) as visit:
        await visit.sign_in()
        assert set(await visit.home.tokens()) == {"token"}


async def test_with_a_code_sent_to_a_phone_whose_number_is_written_for_people() -> None:
    async with visiting() as visit:
        await visit.open()
        await visit.click("Use a phone number instead")
        await visit.page.get_by_label("Phone number").fill("001 (555) 010-0199")
        await visit.page.keyboard.press("Enter")
        await visit.page.get_by_label("Code of six digits").wait_for()
        await visit.type_code(visit.privy.code_for(NUMBER))
        await visit.arrived()


async def test_a_pasted_code_may_have_spaces_and_a_wrong_one_can_be_followed_by_a_right_one() -> None:
    async with visiting() as visit:
        await visit.open()
        await visit.ask_for_code()
        await visit.page.get_by_label("Code of six digits").wait_for()
        code = visit.privy.code_for(ALICE)
        await visit.type_code(f"{(int(code) + 1) % 1_000_000:06}")
        await expect(visit.trouble("code_wrong")).to_be_visible()
        await expect(visit.page.get_by_label("Code of six digits")).to_be_focused()
        await visit.type_code(f" {code[:3]} {code[3:]} ")
        await visit.arrived()


async def test_with_google_by_a_redirect_that_leaves_nothing_in_the_address() -> None:
    async with visiting() as visit:
        visit.privy.accounts["google"] = (ProviderAccount("g-1", email=ALICE),)
        visit.home.answers = [(503, {"code": "privy_unreachable", "message": "Privy is away.", "hint": "Try again."})]
        await visit.open()
        await visit.click("Google")
        await visit.page.locator("#account-0").click()
        await expect(visit.trouble("privy_unreachable")).to_contain_text("Privy is away.")
        assert visit.page.url == f"{visit.home.origin}/authorize/privy"
        await visit.click("Try again")
        await visit.arrived()
        assert visit.home.posts[0] == visit.home.posts[1]


async def test_with_a_provider_of_the_apps_own() -> None:
    app = EmulatedApp(methods={"email"}, custom_oauth={"custom:club": "The Club"})
    async with visiting(app) as visit:
        await visit.open()
        await visit.click("The Club")
        await visit.page.locator("#account-0").click()
        await visit.arrived()


async def test_after_a_no_at_google_there_is_another_way() -> None:
    async with visiting() as visit:
        await visit.open()
        await visit.click("Google")
        await visit.page.locator("#deny").click()
        await expect(visit.trouble("denied")).to_contain_text("Google")
        await visit.fill_in(ALICE)


@pytest.mark.parametrize("announced", [True, False], ids=["EIP-6963", "window.ethereum"])
async def test_with_a_wallet_in_the_browser(announced: bool) -> None:
    async with visiting() as visit:
        await visit.wallet.install(visit.context, announced=announced)
        await visit.open()
        await visit.click("Wallet")
        await visit.click(NAME if announced else "Browser wallet")
        await visit.arrived()
        user = visit.privy.users.owner_of("wallet", visit.wallet.address.lower()) or visit.privy.users.owner_of(
            "wallet", visit.wallet.address
        )
        assert user is not None
        assert await person_of(visit) == user.id
        assert visit.wallet.asked == ["eth_requestAccounts", "eth_chainId", "personal_sign"]


async def test_with_a_passkey_made_at_this_address() -> None:
    async with visiting() as visit:
        devtools = await visit.context.new_cdp_session(visit.page)
        await devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        await visit.open()
        await expect(visit.page.get_by_role("button", name="Passkey")).to_be_visible()
        person = await visit.page.evaluate(_SIGN_UP_WITH_A_PASSKEY, visit.privy.app.app_id)
        await visit.click("Passkey")
        await visit.arrived()
        assert await person_of(visit) == person


# As the app's own site does it, with the SDK of the same version.
_SIGN_UP_WITH_A_PASSKEY = """async appId => {
  const headers = { "content-type": "application/json", "privy-app-id": appId, "privy-client": "js-sdk-core:0.76.2" }
  const post = async (path, body) => (await fetch(`https://auth.privy.io/api/v1/passkeys/register${path}`,
    { method: "POST", headers, body: JSON.stringify(body) })).json()
  const bytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0))
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
  const relying_party = location.origin
  const { options } = await post("/init", { relying_party })
  const { id, rawId, type, response } = await navigator.credentials.create({ publicKey: {
    challenge: bytes(options.challenge), rp: options.rp, pubKeyCredParams: options.pub_key_cred_params,
    user: { id: bytes(options.user.id), name: options.user.name, displayName: options.user.display_name },
    authenticatorSelection: { residentKey: "required" } } })
  const made = { client_data_json: text(response.clientDataJSON), attestation_object: text(response.attestationObject) }
  const signed = { type, id, raw_id: text(rawId), client_extension_results: {}, response: made }
  return (await post("", { relying_party, authenticator_response: signed })).user.id
}"""


@pytest.mark.parametrize("way", ["email", "google", "wallet"])
async def test_with_turnstile_before_each_way(way: str) -> None:
    async with visiting(EmulatedApp(captcha="turnstile"), knows_captcha=True) as visit:
        await visit.wallet.install(visit.context)
        if way == "email":
            await visit.sign_in()
        elif way == "google":
            await visit.open()
            await visit.click("Google")
            await visit.page.locator("#account-0").click()
        else:
            await visit.open()
            await visit.click("Wallet")
            await visit.click(NAME)
        await visit.arrived()


async def test_through_an_app_client() -> None:
    async with visiting(EmulatedApp(allowed_origins=["https://elsewhere.example"])) as visit:
        visit.privy.app.clients["client-1"] = AppClient()
        visit.home.client_id = "client-1"
        await visit.sign_in()


async def test_somebody_who_was_here_before_goes_on_without_a_click_and_without_asking_privy() -> None:
    async with visiting() as visit:
        await visit.sign_in()
        asked = requests_to_privy(visit)
        await visit.open()
        await visit.arrived()
        assert visit.home.posts[0] == visit.home.posts[1]
        assert asked == []


async def test_a_session_that_ran_out_is_renewed_in_two_tabs_at_once_and_ends_in_neither() -> None:
    async with visiting(EmulatedApp(token_ttl=20)) as visit:  # The SDK renews what has less than 30 s left.
        await visit.sign_in()
        tabs = [visit, await visit.another_tab()]
        await asyncio.gather(*(tab.open() for tab in tabs))
        await asyncio.gather(*(tab.arrived() for tab in tabs))
        assert len(visit.home.posts) == 3


async def test_a_session_that_privy_ended_is_forgotten_and_the_ways_are_shown() -> None:
    async with visiting(EmulatedApp(token_ttl=20)) as visit:
        await visit.sign_in()
        visit.privy.sessions.revoke_user(await person_of(visit))
        await visit.open()
        await expect(visit.page.get_by_label("E-mail address")).to_be_visible()
        assert len(visit.home.posts) == 1


@pytest.mark.parametrize("answer", [429, 408])
async def test_a_session_that_privy_cannot_renew_just_now_is_kept_for_the_next_try(answer: int) -> None:
    async with visiting(EmulatedApp(token_ttl=20)) as visit:
        await visit.hurry()
        await visit.sign_in()
        visit.privy.down["POST /api/v1/sessions"] = status(answer)
        await visit.open()
        await expect(visit.page.get_by_role("alert")).to_be_visible()
        visit.privy.down.clear()
        await visit.click("Try again")
        await visit.arrived()
        assert len(visit.home.posts) == 2


async def test_a_session_of_another_privy_app_is_not_handed_over() -> None:
    another = EmulatedApp(app_id="cm0another0emulator000001")
    async with visiting(EmulatedApp(), another) as visit:
        await visit.sign_in()
        visit.home.app_id = another.app_id
        await visit.open()
        await expect(visit.page.get_by_label("E-mail address")).to_be_visible()
        assert len(visit.home.posts) == 1


async def test_who_asked_for_another_account_is_asked_again() -> None:
    async with visiting() as visit:
        await visit.sign_in()
        visit.home.switching = True
        await visit.open()
        await visit.privy.saw("POST /api/v1/sessions/logout")
        await visit.fill_in("bob@example.com")
        assert await person_of(visit) == visit.privy.sign_in("bob@example.com").did


async def test_where_the_server_keeps_the_session_it_gets_all_tokens_and_the_browser_keeps_none() -> None:
    async with visiting() as visit:
        await visit.sign_in()
        assert "privy:token" in await visit.page.evaluate("Object.keys(localStorage)")
        visit.home.keep_session = False
        await visit.open()
        await expect(visit.page.get_by_label("E-mail address")).to_be_visible()
        await visit.sign_in()
        tokens = await visit.home.tokens()
        assert set(tokens) == {"token", "identity_token", "refresh_token", "privy_access_token"}
        assert await visit.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == [
            "homeport.request"
        ]
        assert visit.privy.asked("POST /api/v1/sessions/logout") == []


async def test_where_the_server_keeps_the_session_a_redirect_works_as_well() -> None:
    async with visiting(keep_session=False) as visit:
        await visit.open()
        await visit.click("Google")
        await visit.page.locator("#account-0").click()
        await visit.arrived()
        assert {"refresh_token", "privy_access_token"} <= set(await visit.home.tokens())
        assert await visit.page.evaluate("Object.keys(localStorage)") == []


async def test_two_tabs_on_their_way_through_google_do_not_disturb_each_other() -> None:
    async with visiting(keep_session=False) as visit:
        other = await visit.another_tab()
        for tab in (visit, other):
            await tab.open()
            await tab.click("Google")
            await tab.page.locator("#account-0").wait_for()
        await visit.page.locator("#account-0").click()
        await visit.arrived()
        first = await person_of(visit)
        await other.page.locator("#account-1").click()
        await other.arrived()
        assert await person_of(visit) != first


async def test_no_cookie_is_written() -> None:
    async with visiting() as visit:
        await visit.sign_in()
        assert await visit.context.cookies() == []
