"""Tokens and keys: good ones verify against the published keys, bad ones are bad in the way they say."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from tests.privy.emulator import PrivyEmulator


def verified(privy: PrivyEmulator, token: str) -> dict[str, Any]:
    """What a careful server makes of a token: the rules of Homeport's security contract, written once more."""
    header = jwt.get_unverified_header(token)
    if (header.get("alg"), header.get("typ")) != ("ES256", "JWT") or "crit" in header:
        raise jwt.InvalidTokenError("header")
    keys = {key["kid"]: jwt.PyJWK(key) for key in privy.tenant().keys.jwks()["keys"]}
    if header.get("kid") not in keys:
        raise jwt.InvalidTokenError("unknown key")
    required: Any = {"require": ["exp", "iat", "sub", "sid", "iss", "aud"], "strict_aud": True}
    claims: dict[str, Any] = jwt.decode(
        token, keys[header["kid"]], algorithms=["ES256"], audience=privy.app.app_id, issuer="privy.io", options=required
    )
    if not isinstance(claims["sid"], str) or not claims["sub"].startswith("did:privy:c"):
        raise jwt.InvalidTokenError("subject or session")
    if not isinstance(claims["exp"], int) or not isinstance(claims["iat"], int):
        raise jwt.InvalidTokenError("times")  # PyJWT takes digits in quotes for a number
    if {"att", "linked_accounts"} & set(claims):
        raise jwt.InvalidTokenError("another kind of token")
    return claims


async def test_good_tokens_verify_and_every_bad_one_is_refused() -> None:
    async with PrivyEmulator() as privy:
        person = privy.sign_in("owner@example.com")
        assert verified(privy, person.token)["sub"] == person.did
        assert verified(privy, privy.mint.app_token(person.did, sid="mine"))["sid"] == "mine"
        for name, bad in privy.mint.bad_app_tokens(person.did).items():
            try:
                verified(privy, bad)
            except jwt.InvalidTokenError:
                continue
            pytest.fail(f"taken: a token {name}")


async def test_an_identity_token_tells_of_all_accounts_in_one_string() -> None:
    async with PrivyEmulator() as privy:
        privy.app.merge_accounts_by_email = True
        did = privy.sign_in("owner@example.com").did
        privy.sign_in(provider="google")
        privy.sign_in(provider="github")
        claims = jwt.decode(privy.mint.identity_token(did), options={"verify_signature": False})
        accounts = json.loads(claims["linked_accounts"])
        assert [account["type"] for account in accounts] == ["email", "google_oauth", "github_oauth"]
        assert accounts[1]["email"] == "owner@example.com"
        assert "email" not in accounts[2]
        assert all(account["lv"] for account in accounts)
        with pytest.raises(LookupError):
            privy.mint.identity_token("did:privy:nobody")


async def test_after_a_rotation_the_old_key_is_gone_unless_it_is_kept() -> None:
    async with PrivyEmulator() as privy:
        before = privy.sign_in("owner@example.com")
        privy.rotate_keys(keep_old=True)
        assert verified(privy, before.token)
        between = privy.sign_in("owner@example.com")
        privy.rotate_keys()
        for old in (before.token, between.token):
            with pytest.raises(jwt.InvalidTokenError, match="unknown key"):
                verified(privy, old)
        assert verified(privy, privy.sign_in("owner@example.com").token)
