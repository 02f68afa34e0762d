"""What is read from the public configuration of a Privy app."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.people.privy_config import METHOD_FLAGS, CustomProvider, PrivyAppConfig
from tests.people.privy_side import APP
from tests.privy.apps import EmulatedApp

FIELDS = ("name", "allowed_domains", "captcha_enabled", "enabled_captcha_provider", "custom_api_url")


def parsed(**fields: Any) -> PrivyAppConfig:
    return PrivyAppConfig.parse({"id": APP, **fields}, APP)


def test_an_emulated_app_is_read_as_it_was_chosen() -> None:
    app = EmulatedApp(
        allowed_origins=["https://home.example"],
        methods={"email", "google", "passkey"},
        custom_oauth={"custom:acme": "Acme"},
        captcha="turnstile",
        allowlist={"alice@example.com"},
    )
    config = PrivyAppConfig.parse(app.configuration("pem", None), APP)
    assert config.name == "Recipes"
    assert config.methods == ("email", "google", "passkey")
    assert config.custom_providers == (CustomProvider("custom:acme", "Acme"),)
    assert config.allowed_origins == ("https://home.example",)
    assert (config.captcha, config.turnstile, config.allowlist, config.custom_api_url) == (
        "turnstile",
        True,
        True,
        None,
    )


def test_what_is_missing_counts_as_off() -> None:
    assert parsed() == PrivyAppConfig(APP, APP, (), (), (), None, None, False)


def test_a_captcha_of_unknown_kind_is_not_taken_for_none() -> None:
    assert parsed(captcha_enabled=True).captcha == "unknown"
    assert parsed(captcha_enabled=False, enabled_captcha_provider="hcaptcha").captcha is None


@pytest.mark.parametrize("document", [None, [], "x", {}, {"id": "another"}, {"id": [APP]}])
def test_what_is_not_this_app_is_refused(document: object) -> None:
    with pytest.raises(ValueError):
        PrivyAppConfig.parse(document, APP)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*FIELDS, *METHOD_FLAGS, "custom_oauth_providers", "allowlist_enabled"]), ANYTHING)
)
def test_fields_of_any_type_are_read_or_count_as_off(fields: dict[str, Any]) -> None:
    config = parsed(**fields)
    assert all(fields[flag] is True for flag, ours in METHOD_FLAGS.items() if ours in config.methods)
