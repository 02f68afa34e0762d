"""Other providers: redirect rules, PKCE, the provider's page, denial."""

from __future__ import annotations

import hashlib
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.privy.apps import AppClient, EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.keys import base64url
from tests.privy.oauth import ProviderAccount
from tests.privy.visitors import HOME, Page, page, programs, refusal

VERIFIER = "v" * 48
CHALLENGE = base64url(hashlib.sha256(VERIFIER.encode()).digest())
STATE = "s" * 48
BACK = f"{HOME}/authorize/privy"


def init(**changed: Any) -> dict[str, Any]:
    body = {"provider": "google", "redirect_to": BACK, "code_challenge": CHALLENGE, "state_code": STATE, **changed}
    return {name: value for name, value in body.items() if value is not None}


async def come_back(privy: PrivyEmulator, url: str, link: str) -> dict[str, str]:
    """Click this link on the provider's page; the answer is the query that the browser brings home."""
    async with programs(privy) as browser:
        shown = await browser.get(url)
        assert shown.status_code == 200, shown.text
        found = re.search(rf'id="{link}" href="([^"]+)"', shown.text)
        assert found
        sent_on = await browser.get(unescape(found[1]))
    assert sent_on.status_code == 302
    home, _, query = sent_on.headers["location"].partition("?")
    assert home == BACK
    return {name: values[0] for name, values in parse_qs(query).items()}


async def redirected(visitor: Page, privy: PrivyEmulator, link: str = "account-0", **changed: Any) -> dict[str, str]:
    answer = await visitor.post("/oauth/init", init(**changed))
    assert answer.status_code == 200, answer.text
    return await come_back(privy, answer.json()["url"], link)


def authenticate(back: dict[str, str], **changed: Any) -> dict[str, Any]:
    body = {
        "authorization_code": back["privy_oauth_code"],
        "state_code": back["privy_oauth_state"],
        "code_verifier": VERIFIER,
    }
    return {**body, **changed}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"redirect_to": "http://home.example/authorize/privy"}, (400, "invalid_data")),
        ({"redirect_to": f"{BACK}?request=1"}, (400, "invalid_data")),
        ({"redirect_to": f"{BACK}#top"}, (400, "invalid_data")),
        ({"redirect_to": f"{BACK}/"}, (400, "invalid_data")),
        ({"redirect_to": f"{BACK}?"}, (400, "invalid_data")),
        ({"redirect_to": "https://evil.example/authorize/privy"}, (403, "invalid_origin")),
        ({"provider": "discord"}, (403, "disallowed_login_method")),
        ({"provider": "custom:club"}, (400, "invalid_data")),
        ({"code_challenge": None}, (400, "invalid_pkce_parameters")),
        ({"code_challenge": "short"}, (400, "invalid_pkce_parameters")),
        ({"state_code": None}, (400, "invalid_pkce_parameters")),
        ({"code_challenge_method": "S256"}, (400, "invalid_data")),
    ],
)
async def test_a_beginning_that_breaks_a_rule_is_refused(changed: dict[str, Any], expected: tuple[int, str]) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy, page(privy) as visitor:
        assert refusal(await visitor.post("/oauth/init", init(**changed))) == expected


async def test_where_redirects_are_listed_only_these_will_do() -> None:
    async with PrivyEmulator(EmulatedApp(allowed_redirects=[BACK])) as privy, page(privy) as visitor:
        assert (await visitor.post("/oauth/init", init())).status_code == 200
        another = await visitor.post("/oauth/init", init(redirect_to=f"{HOME}/another"))
        assert refusal(another) == (400, "invalid_data")


async def test_captcha_is_asked_for_here_too() -> None:
    async with PrivyEmulator(EmulatedApp(captcha="turnstile")) as privy, page(privy) as visitor:
        assert refusal(await visitor.post("/oauth/init", init())) == (401, "invalid_captcha")


@pytest.mark.parametrize(("provider", "host"), [("google", "accounts.google.com"), ("github", "github.com")])
async def test_an_account_at_another_provider_signs_in_once(provider: str, host: str) -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        answer = await visitor.post("/oauth/init", init(provider=provider))
        assert urlsplit(answer.json()["url"]).hostname == host
        back = await come_back(privy, answer.json()["url"], "account-1")
        assert (back["privy_oauth_provider"], back["privy_oauth_state"]) == (provider, STATE)
        signed_in = (await visitor.post("/oauth/authenticate", authenticate(back))).json()
        account = signed_in["user"]["linked_accounts"][0]
        assert (account["type"], account["email"]) == (f"{provider}_oauth", "guest@example.com")
        again = await visitor.post("/oauth/authenticate", authenticate(back))
        assert refusal(again) == (401, "invalid_credentials")


async def test_a_providers_page_offers_the_accounts_that_a_test_wants() -> None:
    app = EmulatedApp(custom_oauth={"custom:club": "The Club"})
    async with PrivyEmulator(app) as privy, page(privy) as visitor:
        privy.accounts["custom:club"] = (ProviderAccount("7", username="<octo>"),)
        back = await redirected(visitor, privy, provider="custom:club")
        signed_in = (await visitor.post("/oauth/authenticate", authenticate(back))).json()
        account = signed_in["user"]["linked_accounts"][0]
        assert (account["type"], account["subject"], account["email"]) == ("custom:club", "7", None)


async def test_denial_comes_back_as_the_code_error_which_signs_nobody_in() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        back = await redirected(visitor, privy, "deny")
        assert back["privy_oauth_code"] == "error"
        answer = await visitor.post("/oauth/authenticate", authenticate(back))
        assert refusal(answer) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"code_verifier": "w" * 48}, (400, "invalid_pkce_parameters")),
        ({"code_verifier": "short"}, (400, "invalid_pkce_parameters")),
        ({"state_code": "t" * 48}, (400, "oauth_state_mismatch")),
        ({"authorization_code": "guessed"}, (401, "invalid_credentials")),
        ({"code_type": "cooked"}, (400, "invalid_data")),
    ],
)
async def test_a_code_is_bound_to_its_verifier_and_state(changed: dict[str, Any], expected: tuple[int, str]) -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        back = await redirected(visitor, privy)
        assert refusal(await visitor.post("/oauth/authenticate", authenticate(back, **changed))) == expected
        assert len(privy.sessions) == 0


async def test_a_code_is_bound_to_its_app_client() -> None:
    async with PrivyEmulator(EmulatedApp(clients={"client-1": AppClient()})) as privy, page(privy) as visitor:
        back = await redirected(visitor, privy)
        visitor.headers["privy-client-id"] = "client-1"
        answer = await visitor.post("/oauth/authenticate", authenticate(back))
        assert refusal(answer) == (400, "oauth_state_mismatch")


async def test_a_used_or_invented_state_leads_nowhere() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor, programs(privy) as browser:
        url = (await visitor.post("/oauth/init", init())).json()["url"]
        await come_back(privy, url, "account-0")
        assert (await browser.get(url)).status_code == 400
        assert (await browser.get(url.replace("state=", "state=x"))).status_code == 400
        url = (await visitor.post("/oauth/init", init())).json()["url"]
        elsewhere = url.replace("accounts.google.com", "github.com")
        assert (await browser.get(elsewhere)).status_code == 400


async def test_accounts_with_one_email_are_one_user_only_where_the_dashboard_says_so() -> None:
    async with PrivyEmulator() as privy:
        by_code = privy.sign_in("owner@example.com")
        assert privy.sign_in(provider="google").did != by_code.did
        privy.app.merge_accounts_by_email = True
        assert privy.sign_in(provider="github").did == by_code.did


async def test_an_account_that_the_provider_does_not_know_signs_nobody_in() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor, programs(privy) as browser:
        url = (await visitor.post("/oauth/init", init())).json()["url"]
        state = parse_qs(urlsplit(url).query)["state"][0]
        answer = await browser.get("https://auth.privy.io/api/v1/oauth/callback", params={"state": state, "code": "7"})
        assert answer.status_code == 400
