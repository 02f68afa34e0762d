"""What is said about a Privy app before people try to sign in with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from homeport.people.privy_config import METHOD_FLAGS, CustomProvider, PrivyAppConfig
from homeport.people.privy_setup import PrivySetup, allows_origin, check_setup

HOME = "https://home.example.com"
GOOD = PrivyAppConfig("app", "Recipes", ("email", "google"), (), (HOME,), None, None, False)


def check(origin: str = HOME, client_id: str | None = None, **fields: Any) -> PrivySetup:
    return check_setup(replace(GOOD, **fields), origin, client_id=client_id)


def said(setup: PrivySetup) -> str:
    return "\n".join(f"{finding.what} {finding.where} {finding.fix}" for finding in setup.findings if finding.blocking)


def reasons(setup: PrivySetup) -> dict[str, str]:
    return {method.name: method.reason for method in setup.methods if not method.offered}


def test_an_app_that_fits_has_only_the_note_about_redirects() -> None:
    setup = check()
    assert setup.ok
    assert [(method.name, method.offered) for method in setup.methods] == [("email", True), ("google", True)]
    (note,) = setup.findings
    assert f"add exactly {HOME}/authorize/privy" in note.fix
    assert "setting=advanced" in note.where


def test_without_a_way_through_another_site_there_is_nothing_to_say() -> None:
    assert check(methods=("email", "wallet")).findings == ()


def test_an_origin_that_is_missing_is_named_exactly_with_the_place_to_add_it() -> None:
    setup = check("https://other.example.com")
    assert not setup.ok
    assert "Add exactly https://other.example.com to Allowed origins" in said(setup)
    assert "https://dashboard.privy.io/apps?setting=domains&page=settings" in said(setup)


def test_the_list_of_an_app_client_is_the_one_that_counts() -> None:
    setup = check("https://other.example.com", client_id="client-1")
    assert "app client client-1" in said(setup)
    assert "setting=clients" in said(setup)


@pytest.mark.parametrize(
    ("entries", "origin", "allowed"),
    [
        ((), "https://anything.example", True),
        (("https://home.example.com",), "https://HOME.example.com", True),
        (("https://home.example.com/",), "https://home.example.com", True),
        (("home.example.com",), "https://home.example.com", True),
        (("http://home.example.com",), "https://home.example.com", False),
        (("https://home.example.com",), "https://home.example.com:8443", False),
        (("https://home.example.com",), "https://home.example.com.evil.example", False),
        (("https://*.example.com",), "https://home.example.com", True),
        (("https://*.example.com",), "https://a.b.example.com", True),
        (("https://*.example.com",), "https://example.com", False),
        (("https://*.example.com",), "https://evilexample.com", False),
        (("https://*.example.com",), "http://home.example.com", False),
        (("https://*.example.com",), "https://home.example.com:8443", False),
        (("http://localhost:3002",), "http://localhost:3002", True),
        (("http://localhost:3000",), "http://localhost:3002", False),
        (("https://(.*",), "https://x", False),
        (("",), "https://x", False),
    ],
)
def test_an_origin_is_allowed_by_an_entry_that_covers_it(entries: tuple[str, ...], origin: str, allowed: bool) -> None:
    assert allows_origin(replace(GOOD, allowed_origins=entries), origin) is allowed


def test_while_the_origin_is_not_known_nothing_is_said_about_it() -> None:
    assert check("").ok
    assert check("").findings == ()


@pytest.mark.parametrize(
    ("origin", "ok"),
    [("http://home.example.com", False), ("http://localhost:3002", True), ("http://127.0.0.1:3002", True)],
)
def test_browsers_need_https_or_this_computer(origin: str, ok: bool) -> None:
    assert check(origin, allowed_origins=()).ok is ok


def test_sessions_in_cookies_need_an_app_client_without_them() -> None:
    setup = check(custom_api_url="https://privy.example.com")
    assert "cookies of https://privy.example.com" in said(setup)
    assert "enter its id as privy_client_id" in said(setup)
    assert "in the app client client-1" in said(check(custom_api_url="https://privy.example.com", client_id="client-1"))


def test_turnstile_is_shown_and_hcaptcha_is_not() -> None:
    assert check(captcha="turnstile").ok
    setup = check(captcha="hcaptcha")
    assert "hCaptcha" in said(setup)
    assert set(reasons(setup)) == {"email", "google"}


def test_a_wallet_gets_past_a_captcha_that_cannot_be_shown() -> None:
    setup = check(captcha="hcaptcha", methods=("email", "wallet"))
    assert setup.ok
    assert list(reasons(setup)) == ["email"]


def test_an_app_without_a_way_to_sign_in_says_where_to_switch_one_on() -> None:
    assert "No way to sign in is on at Privy. Privy's dashboard, Login methods" in said(check(methods=()))


def test_an_app_with_nothing_that_works_here_names_what_there_is() -> None:
    assert "works with Homeport: Farcaster, Guest." in said(check(methods=("farcaster", "guest")))


@pytest.mark.parametrize("methods", [("email", "passkey"), ("passkey",)])
def test_a_passkey_is_offered_with_a_note_that_it_belongs_to_a_site(methods: tuple[str, ...]) -> None:
    setup = check(methods=methods)
    assert setup.ok
    assert reasons(setup) == {}
    (note,) = setup.findings
    assert not note.blocking
    assert "only where your app's passkeys were made for home.example.com or a domain above it" in note.what
    assert "Homeport's address or a domain above" in check("", methods=methods).findings[0].what


def test_a_passkey_does_not_get_past_a_captcha_that_cannot_be_shown() -> None:
    setup = check(methods=("passkey",), captcha="hcaptcha")
    assert not setup.ok
    assert list(reasons(setup)) == ["passkey"]
    assert [finding.blocking for finding in setup.findings] == [True]


def test_an_own_provider_is_offered_under_its_own_name() -> None:
    setup = check(custom_providers=(CustomProvider("custom:acme", "Acme"),))
    assert setup.methods[-1].label == "Acme"
    assert setup.methods[-1].offered
    assert setup.findings[0].what.startswith("Google, Acme:")


def test_an_allowlist_at_privy_is_worth_a_note() -> None:
    setup = check(allowlist=True)
    assert setup.ok
    assert any("allowlist" in finding.what for finding in setup.findings)


def test_what_blocks_comes_first() -> None:
    setup = check("https://other.example.com", allowlist=True)
    assert [finding.blocking for finding in setup.findings] == [True, False, False]


@pytest.mark.parametrize("name", METHOD_FLAGS.values())
def test_every_way_that_privy_knows_is_offered_or_says_why_not(name: str) -> None:
    (method,) = check(methods=(name,)).methods
    assert method.label
    assert method.offered is not bool(method.reason)


def test_what_the_app_is_called_cannot_write_into_the_findings() -> None:
    setup = check("https://other\u202e.example\n.com", client_id="a\x1b[31m", custom_api_url="https://x\u200b")
    assert not any(character in said(setup) for character in "\u202e\x1b\u200b")
