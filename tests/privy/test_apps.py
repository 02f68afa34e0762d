"""The dashboard's rules for origins, and the configuration that pages and servers read."""

from __future__ import annotations

import pytest

from tests.privy.apps import EmulatedApp

KEY = "-----BEGIN PUBLIC KEY-----"


@pytest.mark.parametrize(
    "rule",
    [
        "https://home.example/",
        "https://home.example/path",
        "https://Home.example",
        "https://user@home.example",
        "http://home.example",
        "http://localhost",
        "http://127.0.0.1:3002",
        "home.example",
        "https://*.com",
        "https://*",
        "https://*-x.home.example",
        "https://a.*.home.example",
        "https://*.ngrok-free.app",
        "https://*.vercel.app",
    ],
)
def test_the_dashboard_refuses_what_is_no_origin_of_ones_own(rule: str) -> None:
    with pytest.raises(ValueError):
        EmulatedApp().allow(rule)


@pytest.mark.parametrize(
    ("rule", "origin", "admitted"),
    [
        ("https://home.example", "https://home.example", True),
        ("https://home.example", "https://home.example:444", False),
        ("https://home.example", "http://home.example", False),
        ("https://home.example", "https://a.home.example", False),
        ("http://localhost:3002", "http://localhost:3002", True),
        ("http://localhost:3002", "http://localhost:3003", False),
        ("http://localhost:3002", "http://127.0.0.1:3002", False),
        ("https://*.home.example", "https://a.home.example", True),
        ("https://*.home.example", "https://b.a.home.example", True),
        ("https://*.home.example", "https://home.example", False),
        ("https://*.home.example", "https://evil.example/.home.example", False),
        ("https://*.home.example", "https://a-home.example", False),
    ],
)
def test_an_origin_is_admitted_by_exact_rules_and_whole_labels(rule: str, origin: str, admitted: bool) -> None:
    assert EmulatedApp(allowed_origins=[rule]).admits_origin(origin, None) is admitted


def test_no_rule_admits_every_origin() -> None:
    assert EmulatedApp().admits_origin("https://anything.example", None)


def test_the_configuration_says_what_the_knobs_say() -> None:
    app = EmulatedApp(methods={"email", "github"}, captcha="turnstile", allowlist=set(), plus_emails=False)
    app.custom_oauth["custom:club"] = "The Club"
    said = app.configuration(KEY, None)
    assert (said["email_auth"], said["github_oauth"], said["google_oauth"], said["sms_auth"]) == (
        True,
        True,
        False,
        False,
    )
    assert (said["captcha_enabled"], said["enabled_captcha_provider"]) == (True, "turnstile")
    assert said["captcha_site_key"] == f"t:{app.captcha_site_key}"
    assert (said["allowlist_enabled"], said["disable_plus_emails"]) == (True, True)
    assert said["custom_oauth_providers"][0]["provider"] == "custom:club"
    assert said["verification_key"] == KEY
    assert EmulatedApp().configuration(KEY, None)["enabled_captcha_provider"] is None


def test_an_app_that_no_dashboard_could_make_is_refused() -> None:
    with pytest.raises(ValueError, match="25"):
        EmulatedApp(app_id="short")
    with pytest.raises(ValueError, match="carrier-pigeon"):
        EmulatedApp(methods={"carrier-pigeon"})
