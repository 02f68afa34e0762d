"""When two e-mail addresses are one, and what is none."""

from __future__ import annotations

import pytest

from homeport.errors import EmailError
from homeport.people.emails import domain_of, normal, parse


@pytest.mark.parametrize("typed", ["alice@example.com", " Alice@Example.COM ", "ALICE@example.com\n"])
def test_an_address_is_the_same_in_any_case(typed: str) -> None:
    assert parse(typed) == "alice@example.com"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "alice",
        "alice@",
        "@example.com",
        "alice@example",
        "alice@example.com, bob@example.com",
        "Alice <alice@example.com>",
        "mailto:alice@example.com",
        "alice @example.com",
        "alice@exam ple.com",
        "alice@example.com@example.org",
        "alice@*.example.com",
        "alice@example..com",
        "alice@.example.com",
        "alice\u200b@example.com",
        "\u202ealice@example.com",
        "alice@example.com\x00",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_not_one_address_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(EmailError, match="is not an e-mail address") as caught:
        parse(typed)
    assert "alice@example.com" in caught.value.hint


def test_letters_that_only_look_like_ascii_stay_what_they_are() -> None:
    assert normal("alice@\u212aitchen.example") != "alice@kitchen.example"
    assert normal("al\u0130ce@example.com") != "alice@example.com"
    assert parse("Ünal@Bücher.example") == "Ünal@bücher.example"


def test_the_domain_is_what_stands_after_the_last_at() -> None:
    assert domain_of("example.com@evil.example") == "evil.example"
    assert domain_of('"alice@evil.example"@example.com') == "example.com"


@pytest.mark.parametrize("foreign", ["", "alice", "@example.com", "alice@", "a\nb@example.com", "a\u202e@example.com"])
def test_what_a_provider_calls_an_address_may_be_none(foreign: str) -> None:
    assert normal(foreign) is None
