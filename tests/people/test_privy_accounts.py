"""Which e-mails count as verified, and what else a user's linked accounts say."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.people.privy_accounts import MOST_EMAILS, LinkedAccounts

MAIL = {"type": "email", "address": "Alice@Example.com", "lv": 1_800_000_000}
GOOGLE = {"type": "google_oauth", "email": "alice@gmail.com", "name": "Alice", "lv": 1_800_000_000}


def emails(*accounts: object) -> tuple[str, ...]:
    return LinkedAccounts.parse(list(accounts)).emails


def test_an_address_that_privy_wrote_to_comes_first_and_in_lower_case() -> None:
    assert emails(GOOGLE, MAIL) == ("alice@example.com", "alice@gmail.com")


def test_both_shapes_say_the_same() -> None:
    full = {"type": "email", "address": "alice@example.com", "verified_at": 1, "latest_verified_at": 1_800_000_000}
    assert emails(full) == emails(MAIL)


@pytest.mark.parametrize(
    "unproven", [{}, {"lv": None}, {"lv": 0}, {"lv": True}, {"lv": "1800000000"}, {"verified_at": 5}]
)
def test_an_account_without_its_verification_has_no_verified_email(unproven: dict[str, Any]) -> None:
    assert emails({"type": "email", "address": "alice@example.com", **unproven}) == ()


def test_an_imported_address_is_not_verified() -> None:
    imported = {"verified_at": 1_800_000_000, "first_verified_at": None, "latest_verified_at": None}
    assert emails({"type": "email", "address": "alice@example.com", **imported}) == ()


@pytest.mark.parametrize(
    "kind",
    ["discord_oauth", "github_oauth", "spotify_oauth", "line_oauth", "linkedin_oauth", "custom:acme", "phone", "x"],
)
def test_who_hands_out_unproven_addresses_proves_none(kind: str) -> None:
    account = {"type": kind, "email": "alice@example.com", "address": "alice@example.com", "lv": 1_800_000_000}
    assert emails(account) == ()


def test_apple_and_google_prove_an_address() -> None:
    apple = {"type": "apple_oauth", "email": "relay@privaterelay.appleid.com", "lv": 1_800_000_000}
    assert emails(apple, GOOGLE) == ("alice@gmail.com", "relay@privaterelay.appleid.com")


def test_the_same_address_twice_is_one_and_a_flood_is_cut() -> None:
    assert emails(MAIL, {**GOOGLE, "email": "alice@example.COM"}) == ("alice@example.com",)
    assert len(emails(*({**MAIL, "address": f"a{n}@example.com"} for n in range(100)))) == MOST_EMAILS


@pytest.mark.parametrize(
    "address", ["", "alice", "@example.com", "a@b" + "c" * 300, "a\u202e@example.com", 5, None, ["a@b.c"]]
)
def test_what_is_no_address_is_left_out(address: object) -> None:
    assert emails({**MAIL, "address": address}) == ()


def test_letters_that_only_look_like_ascii_stay_other_letters() -> None:
    assert emails({**MAIL, "address": "\u212aay@example.com"}) != ("kay@example.com",)


def test_a_name_is_shown_cleaned_and_proves_nothing() -> None:
    twitter = {"type": "twitter_oauth", "name": "Al\u202eice\n"}
    assert LinkedAccounts.parse([twitter]).name == "Alice"
    assert LinkedAccounts.parse([twitter, GOOGLE]).name == "Alice"
    assert LinkedAccounts.parse([{"type": "google_oauth", "name": "\u200b"}, MAIL]).name is None


@pytest.mark.parametrize(
    ("accounts", "has"), [([MAIL], False), ([{"type": "wallet"}], True), ([{"type": "smart_wallet"}], True)]
)
def test_any_wallet_is_a_wallet(accounts: list[object], has: bool) -> None:
    assert LinkedAccounts.parse(accounts).has_wallet is has


@pytest.mark.parametrize("nonsense", [None, {}, "[]", 5])
def test_only_a_list_is_a_list_of_accounts(nonsense: object) -> None:
    with pytest.raises(ValueError):
        LinkedAccounts.parse(nonsense)


def test_entries_that_are_no_accounts_are_passed_over() -> None:
    assert emails(None, 5, "x", [], {"type": ["email"]}, {"type": {}}, MAIL) == ("alice@example.com",)


PHONE = {"type": "phone", "number": "+49 151 2345 6789", "lv": 1_800_000_000}
WALLET = {"type": "wallet", "address": "0x12aB000000000000000000000000000000c0ffee", "wallet_client_type": "metamask"}
MADE_BY_PRIVY = {**WALLET, "address": "0xffff000000000000000000000000000000000000", "wallet_client_type": "privy"}


@pytest.mark.parametrize(
    ("accounts", "name"),
    [
        ([WALLET], "wallet 0x12aB…ffee"),
        ([MADE_BY_PRIVY, WALLET], "wallet 0x12aB…ffee"),
        ([MADE_BY_PRIVY], None),
        ([WALLET, PHONE], "phone …6789"),
        ([{"type": "phone", "phone_number": "+4915123456789"}], "phone …6789"),
        ([WALLET, {"type": "discord_oauth", "username": "al\u202eice"}], "@alice"),
        ([WALLET, {"type": "github_oauth", "username": "octo", "name": "Alice"}], "Alice"),
        ([WALLET, PHONE, MAIL], None),
        ([{"type": "wallet", "address": 5}, {"type": "phone"}, {"type": "telegram", "username": None}], None),
    ],
)
def test_who_has_neither_name_nor_e_mail_is_known_by_what_they_signed_in_with(
    accounts: list[object], name: str | None
) -> None:
    assert LinkedAccounts.parse(accounts).name == name
