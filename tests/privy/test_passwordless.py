"""Codes by e-mail and SMS: random, once, for a while, and for five tries."""

from __future__ import annotations

import pytest

from tests.auth.outside import HandClock
from tests.privy.apps import EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.visitors import page, refusal

EMAIL = "owner@example.com"
AUTHENTICATE = "/passwordless/authenticate"


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "000001"


async def test_a_code_signs_in_once() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        first = await visitor.sign_in(privy, "Owner@Example.com")
        assert first["is_new_user"]
        assert [account["address"] for account in first["user"]["linked_accounts"]] == [EMAIL]
        again = await visitor.post(AUTHENTICATE, {"email": EMAIL, "code": privy.code_for(EMAIL)})
        assert refusal(again) == (401, "invalid_credentials")
        second = await visitor.sign_in(privy)
        assert not second["is_new_user"]
        assert second["user"]["id"] == first["user"]["id"]
        assert second["token"] != first["token"]


async def test_codes_differ_and_only_the_last_counts() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        for _ in range(8):
            await visitor.post("/passwordless/init", {"email": EMAIL})
        codes = [sent.code for sent in privy.tenant().codes.sent]
        assert len(set(codes)) > 1
        assert all(len(code) == 6 and code.isdecimal() for code in codes)
        old = next(code for code in codes if code != codes[-1])
        assert refusal(await visitor.post(AUTHENTICATE, {"email": EMAIL, "code": old})) == (401, "invalid_credentials")
        assert (await visitor.post(AUTHENTICATE, {"email": EMAIL, "code": codes[-1]})).status_code == 200


async def test_after_five_wrong_tries_the_right_code_is_too_late() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        await visitor.post("/passwordless/init", {"email": EMAIL})
        code = privy.code_for(EMAIL)
        for _ in range(5):
            answer = await visitor.post(AUTHENTICATE, {"email": EMAIL, "code": wrong(code)})
            assert refusal(answer) == (401, "invalid_credentials")
        assert refusal(await visitor.post(AUTHENTICATE, {"email": EMAIL, "code": code})) == (429, "too_many_requests")
        await visitor.sign_in(privy)


async def test_a_code_ends() -> None:
    clock = HandClock()
    async with PrivyEmulator(clock=clock) as privy, page(privy) as visitor:
        await visitor.post("/passwordless/init", {"email": EMAIL})
        clock.now += privy.app.code_ttl
        answer = await visitor.post(AUTHENTICATE, {"email": EMAIL, "code": privy.code_for(EMAIL)})
        assert refusal(answer) == (401, "invalid_credentials")


async def test_a_code_is_good_for_its_own_address_and_channel() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        await visitor.post("/passwordless/init", {"email": EMAIL})
        other = await visitor.post(AUTHENTICATE, {"email": "guest@example.com", "code": privy.code_for(EMAIL)})
        assert refusal(other) == (401, "invalid_credentials")


async def test_a_text_message_signs_in() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        assert refusal(await visitor.post("/passwordless_sms/init", {"phoneNumber": "555"})) == (400, "invalid_data")
        number = "+14155550123"
        assert (await visitor.post("/passwordless_sms/init", {"phoneNumber": number})).json() == {"success": True}
        body = {"phoneNumber": number, "code": privy.code_for(number)}
        done = await visitor.post("/passwordless_sms/authenticate", body)
        account = done.json()["user"]["linked_accounts"][0]
        assert (account["type"], account["phoneNumber"]) == ("phone", number)


@pytest.mark.parametrize(
    ("app", "email", "expected"),
    [
        (EmulatedApp(methods={"google"}), EMAIL, (403, "disallowed_login_method")),
        (EmulatedApp(plus_emails=False), "owner+1@example.com", (400, "disallowed_plus_email")),
        (EmulatedApp(allowlist={"guest@example.com"}), EMAIL, (401, "allowlist_rejected")),
        (EmulatedApp(captcha="turnstile"), EMAIL, (401, "invalid_captcha")),
    ],
)
async def test_no_code_is_sent_where_the_dashboard_forbids_it(
    app: EmulatedApp, email: str, expected: tuple[int, str]
) -> None:
    async with PrivyEmulator(app) as privy, page(privy) as visitor:
        assert refusal(await visitor.post("/passwordless/init", {"email": email})) == expected
        assert privy.tenant().codes.sent == []


@pytest.mark.parametrize("entry", [EMAIL, "example.com", "OWNER@example.com"])
async def test_the_allowlist_admits_addresses_and_domains(entry: str) -> None:
    async with PrivyEmulator(EmulatedApp(allowlist={entry})) as privy, page(privy) as visitor:
        await visitor.sign_in(privy)


async def test_nobody_new_gets_in_where_sign_up_is_off_or_not_asked_for() -> None:
    async with PrivyEmulator(EmulatedApp(sign_up=False)) as privy, page(privy) as visitor:
        privy.app.sign_up = True
        await visitor.sign_in(privy)
        privy.app.sign_up = False
        await visitor.sign_in(privy)
        for mode, expected in ((None, (403, "signup_disabled")), ("no-signup", (404, "user_does_not_exist"))):
            await visitor.post("/passwordless/init", {"email": "guest@example.com"})
            body = {"email": "guest@example.com", "code": privy.code_for("guest@example.com")}
            answer = await visitor.post(AUTHENTICATE, {**body, **({"mode": mode} if mode else {})})
            assert refusal(answer) == expected
        assert len(list(privy.users)) == 1


async def test_a_captcha_token_counts_once() -> None:
    async with PrivyEmulator(EmulatedApp(captcha="turnstile")) as privy, page(privy) as visitor:
        privy.tenant().captcha.keep("token-1", privy.app.captcha_site_key)
        body = {"email": EMAIL, "token": "token-1"}
        assert (await visitor.post("/passwordless/init", body)).status_code == 200
        assert refusal(await visitor.post("/passwordless/init", body)) == (401, "invalid_captcha")
