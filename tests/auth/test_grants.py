"""Codes, grants and refresh tokens as tables: every rule of their lives, without any I/O."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

import pytest

from homeport.auth.grants import (
    CODE_SECONDS,
    GRACE_SECONDS,
    REFRESH_SECONDS,
    Code,
    CodeVerdict,
    Grant,
    RefreshToken,
    RefreshVerdict,
    challenge_holds,
    derive_code,
    derive_successor,
    digest,
    judge_code,
    judge_refresh,
)

NOW = 1_800_000_000


def code(**changes: object) -> Code:
    fields: dict[str, object] = {
        "grant_id": "gr_1",
        "client_id": "client",
        "redirect_uri": "https://client.example/cb",
        "redirect_uri_given": True,
        "code_challenge": "c",
        "issuer": "https://home.example",
        "resource": "https://home.example/mcp",
        "expires_at": NOW + CODE_SECONDS,
        "consumed_at": None,
        "exchanged": False,
    }
    return Code(**{**fields, **changes})  # type: ignore[arg-type]


def grant(**changes: object) -> Grant:
    fields: dict[str, object] = {
        "grant_id": "gr_1",
        "client_id": "client",
        "person_id": "per_1",
        "issuer": "https://home.example",
        "resource": "https://home.example/mcp",
        "scope": "read",
        "auth_method": "none",
        "redirect_uri": "https://client.example/cb",
        "nonce": None,
        "created_at": NOW,
        "last_used_at": NOW,
        "expires_at": NOW + REFRESH_SECONDS,
        "revoked_at": None,
    }
    return Grant(**{**fields, **changes})  # type: ignore[arg-type]


def test_the_figures_are_60_s_for_a_code_120_s_of_grace_and_90_days_for_refresh() -> None:
    assert (CODE_SECONDS, GRACE_SECONDS, REFRESH_SECONDS) == (60, 120, 90 * 86_400)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("late", [0, 59, 60, 3600])
@pytest.mark.parametrize("bindings_hold", [True, False])
def test_a_code_is_exchanged_only_first_within_60_s_with_everything_right(
    first: bool, late: int, bindings_hold: bool
) -> None:
    verdict = judge_code(code(), first=first, bindings_hold=bindings_hold, now=NOW + late)
    assert (verdict is CodeVerdict.EXCHANGE) is (first and late < 60 and bindings_hold)


def test_a_repeat_of_everything_right_within_60_s_is_refused_and_the_tokens_stay() -> None:
    assert judge_code(code(), first=False, bindings_hold=True, now=NOW + 59) is CodeVerdict.REFUSE


@pytest.mark.parametrize(("late", "bindings_hold"), [(59, False), (60, True), (60, False)])
def test_any_other_repeat_of_a_code_revokes_the_grant(late: int, bindings_hold: bool) -> None:
    verdict = judge_code(code(), first=False, bindings_hold=bindings_hold, now=NOW + late)
    assert verdict is CodeVerdict.REFUSE_AND_REVOKE


def test_the_newest_refresh_token_rotates_for_90_days() -> None:
    newest = RefreshToken("gr_1", 3, issued_at=NOW, rotated_at=None)
    assert judge_refresh(newest, newest_generation=3, now=NOW + REFRESH_SECONDS - 1) is RefreshVerdict.ROTATE
    assert judge_refresh(newest, newest_generation=3, now=NOW + REFRESH_SECONDS) is RefreshVerdict.EXPIRED


def test_the_one_before_it_repeats_for_120_s_and_is_a_replay_after() -> None:
    before = RefreshToken("gr_1", 2, issued_at=NOW - 5000, rotated_at=NOW)
    assert judge_refresh(before, newest_generation=3, now=NOW + 119) is RefreshVerdict.REPEAT
    assert judge_refresh(before, newest_generation=3, now=NOW + 120) is RefreshVerdict.REPLAY


def test_the_grace_covers_the_newest_but_one_only() -> None:
    older = RefreshToken("gr_1", 1, issued_at=NOW, rotated_at=NOW)
    assert judge_refresh(older, newest_generation=3, now=NOW) is RefreshVerdict.REPLAY


def test_the_successor_is_the_hmac_of_the_presented_token_under_the_vault_key() -> None:
    expected = urlsafe_b64encode(hmac.new(b"key", b"refresh|token", hashlib.sha256).digest()).rstrip(b"=").decode()
    assert derive_successor(b"key", "token") == expected
    assert derive_successor(b"other", "token") != expected
    # A code and a refresh token can never be taken for one another.
    assert derive_code(b"key", "token") != expected


def test_what_is_stored_of_a_secret_is_its_sha_256() -> None:
    assert digest("secret") == urlsafe_b64encode(hashlib.sha256(b"secret").digest()).rstrip(b"=").decode()


def test_pkce_s256_is_the_example_of_rfc_7636_and_nothing_near_it() -> None:
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert challenge_holds(challenge, verifier)
    for wrong in (verifier[:-1], verifier + "x", verifier.lower(), verifier + " ", "", "x" * 129, "ü" * 43, "\ud800"):
        assert not challenge_holds(challenge, wrong)


def test_a_verifier_shorter_than_43_or_longer_than_128_is_none() -> None:
    for length, fine in ((42, False), (43, True), (128, True), (129, False)):
        assert challenge_holds(digest("v" * length), "v" * length) is fine


def test_a_grant_lives_from_the_exchange_to_its_end_or_revocation() -> None:
    assert grant().lives(NOW)
    assert not grant(auth_method=None).lives(NOW)
    assert not grant(revoked_at=NOW).lives(NOW)
    assert not grant().lives(NOW + REFRESH_SECONDS)


def test_lists_say_what_state_a_grant_is_in() -> None:
    states = [
        grant(),
        grant(auth_method=None),
        grant(revoked_at=NOW),
        grant(expires_at=NOW),
        grant(expires_at=NOW, revoked_at=NOW),
    ]
    assert [one.state(NOW) for one in states] == ["live", "signing in", "revoked", "expired", "revoked"]
